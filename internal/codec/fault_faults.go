//go:build faults

package codec

import (
	"fmt"
	"image"
)

// The format fault stands for files that are too much for a decoder. None are known of the
// decoders here, so there is a decoder that does on demand what must never happen. It
// exists only in binaries that are built with the tag faults, for test/faults.
//
// A file reads "IWFAULT deed 640x480" and a newline.
const fault Format = "fault"

func init() {
	readable = append(readable, signature{"IWFAULT ", string(fault)})
	containers[fault] = container{faultHeader, faultDecode, noMetadata}
}

// deeds are what the decoder can do. None of them comes to an end.
var deeds = map[string]func(){
	"panic": func() { panic("a decoder panics") },
	"aside": func() {
		go panic("a decoder panics in a goroutine of its own")
		select {}
	},
	"wait": func() { select {} },
	"spin": func() {
		for n := 0; n >= 0; n = (n + 1) % 1000 {
		}
	},
	"explode": func() {
		for all := [][]byte{}; ; {
			block := make([]byte, 16<<20)
			for i := 0; i < len(block); i += 4096 {
				block[i] = 1
			}
			all = append(all, block)
		}
	},
}

func readFault(s *source) (deed string, h Header, err error) {
	line, err := s.from(0)
	if err == nil {
		_, err = fmt.Sscanf(string(line), "IWFAULT %s %dx%d\n", &deed, &h.Width, &h.Height)
	}
	return deed, h, err
}

func faultHeader(s *source, lim Limits) (Header, error) {
	deed, h, err := readFault(s)
	if err != nil {
		return h, malformed("fault: %w", err)
	}
	if deed == "header" {
		panic("the reader of a header panics")
	}
	h.Frames, h.DecodeMemory = 1, 4*int64(h.Width)*int64(h.Height)
	return h, lim.checkSize(int64(h.Width), int64(h.Height))
}

func faultDecode(s *source, h Header) (image.Image, error) {
	deed, _, err := readFault(s)
	if do := deeds[deed]; err == nil && do != nil {
		do()
	}
	return image.NewGray(image.Rect(0, 0, h.Width, h.Height)), err
}
