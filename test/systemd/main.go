// Systemd boots a fresh Debian 12 in a container of systemd-nspawn and lives there as an
// operator would: it installs the package by the commands of the README, drops images as
// other users, reloads, kills, hangs, upgrades and removes the service, and looks at what
// comes of it. It needs root, systemd-nspawn and debootstrap, and the first time a mirror
// of Debian; the container has no network.
//
//	go run ./test/systemd             build the packages and go through every check
//	go run ./test/systemd -until drop   go no further than the check "drop"
//	go run ./test/systemd -keep       leave the container running until Ctrl-C
//	go run ./test/systemd -list       what is checked
//
// The checks build on each other, so that all of them run in their order, and the first that
// fails ends the run. Each prints one line with what was seen:
//
//	ok      drop        photo.jpg of alice: photo_thumbnail.jpg 128x96, … owner imgwatchd mode 0644
//
// The exit code is 1 when one fails. A machine that cannot do this is told from one that
// fails: the line is "SKIPPED: reason" and the exit code 0.
//
// What is kept for the next run lies in bin/systemd: the bare Debian as a tarball. The
// container, its processes, mounts and control groups are gone at the end, whatever the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"imgwatchd/test/frame"
)

// flags are the choices of the command line.
type flags struct {
	until         string
	keep, require bool
}

func main() {
	var f flags
	set := flag.NewFlagSet("systemd", flag.ContinueOnError)
	set.StringVar(&f.until, "until", "", "end after this check")
	set.BoolVar(&f.keep, "keep", false, "leave the container running until Ctrl-C")
	set.BoolVar(&f.require, "require", false, "a machine that cannot do this counts as failed")
	frame.Main(set, f.choose, f.tryAll)
}

// choose returns the checks up to the one of -until.
func (f *flags) choose([]string) ([]check, error) {
	if f.until == "" {
		return checks, nil
	}
	for i, c := range checks {
		if c.name == f.until {
			return checks[:i+1], nil
		}
	}
	return nil, fmt.Errorf("there is no check %q; -list names them", f.until)
}

// tryAll goes through the checks, where they can be made.
func (f *flags) tryAll(ctx context.Context, chosen []check) (int, error) {
	if missing := missing(); missing != "" {
		fmt.Println("SKIPPED:", missing)
		if f.require {
			return 1, nil
		}
		return 0, nil
	}
	// SIGPIPE, too: who reads no further must not make this program leave a container behind.
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP, syscall.SIGPIPE)
	defer stop()
	return f.stay(ctx, chosen)
}

// stay boots the container, goes through the checks in it and clears up.
func (f *flags) stay(ctx context.Context, chosen []check) (code int, err error) {
	p, err := prepare(ctx)
	if err != nil {
		return 1, err
	}
	defer func() {
		if gone := p.discard(); gone != nil {
			code, err = 1, errors.Join(err, gone)
		}
	}()
	if err := p.boot(ctx); err != nil {
		return 1, err
	}
	code = p.goThrough(ctx, chosen)
	if f.keep && ctx.Err() == nil {
		fmt.Fprintf(os.Stderr, "systemd: to look around: nsenter -t %d -a /bin/bash -l; Ctrl-C ends\n", p.leader)
		<-ctx.Done()
	}
	return code, nil
}
