// Pack builds imgwatchd's Debian package and RPM in bin/, from the present commit
// and for the kind of machine it runs on. The same commit gives the same bytes: every file in
// them has the time of the commit, or SOURCE_DATE_EPOCH. Needs Go and git.
//
//	go run ./packaging/pack                  bin/imgwatchd_VERSION-1_amd64.deb and bin/imgwatchd-VERSION-1.x86_64.rpm
//	go run ./packaging/pack -version 1.2.3   as that version, not as what git says
//	go run ./packaging/pack -only deb
//
// What the packages hold is listed in packaging/nfpm/nfpm.yaml; this program builds,
// writes or copies each of its files into bin/package. The manual pages are made of docs/.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string) (int, error) {
	var version, out, only string
	set := flag.NewFlagSet("pack", flag.ContinueOnError)
	set.StringVar(&version, "version", "", "version of the packages (default: what git says)")
	set.StringVar(&out, "out", "bin", "folder for the packages")
	set.StringVar(&only, "only", "", "build only this one: deb or rpm")
	if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0, nil
	} else if err != nil {
		return 2, nil
	}
	formats := []string{"deb", "rpm"}
	if only != "" {
		formats = []string{only}
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return 1, err
	}
	b, err := newBuild(ctx, version)
	if err != nil {
		return 1, err
	}
	if err := b.stage(ctx); err != nil {
		return 1, err
	}
	for _, format := range formats {
		if err := b.pack(ctx, format, out); err != nil {
			return 1, err
		}
	}
	return 0, nil
}
