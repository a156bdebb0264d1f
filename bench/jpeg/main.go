// Command jpeg decodes or encodes pictures one after the other, so that a codec can be
// measured alone.
//
//	jpeg decode imgwatchd SCALE DIR            the JPEG files of DIR at 1/SCALE: 1, 2, 4 or 8
//	jpeg decode go 1 DIR                       the same with image/jpeg
//	jpeg encode imgwatchd QUALITY DIR TARGET   the binary PPM files of DIR, as 4:2:0 JPEGs
//	jpeg encode go QUALITY DIR TARGET          the same with image/jpeg
//
// It exits with 1 when a file fails or is not decoded to its size, and with 2 when it
// is called wrongly.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

func main() {
	work, files, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "jpeg:", err)
		os.Exit(2)
	}
	for _, file := range files {
		if err := work(file); err != nil {
			fmt.Fprintf(os.Stderr, "jpeg: %s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

// parse returns what to do with each file, and the files.
func parse(args []string) (work func(file string) error, files []string, err error) {
	if len(args) < 4 {
		return nil, nil, fmt.Errorf("%d arguments; see the comment of this command", len(args))
	}
	number, err := strconv.Atoi(args[2])
	if err != nil {
		return nil, nil, err
	}
	switch what := args[0] + " " + args[1]; {
	case what == "decode imgwatchd" && len(args) == 4:
		work = decodeImgwatchd(number)
	case what == "decode go" && len(args) == 4 && number == 1:
		work = decodeGo
	case what == "encode imgwatchd" && len(args) == 5:
		work = encodeImgwatchd(number, args[4])
	case what == "encode go" && len(args) == 5:
		work = encodeGo(number, args[4])
	default:
		return nil, nil, fmt.Errorf("%q is none of its ways; see the comment of this command", args)
	}
	files, err = filepath.Glob(filepath.Join(args[3], "*"))
	return work, files, err
}
