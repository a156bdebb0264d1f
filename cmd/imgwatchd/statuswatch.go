package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"imgwatchd/internal/web"
)

// redraw is the time between two looks at the daemon.
const redraw = time.Second

// A report is the answer to one look.
type report struct {
	status web.Status
	err    error
}

// watchStatus shows the status again and again until a signal ends it.
func (f *controlFlags) watchStatus(cmd *cobra.Command) error {
	first, err := f.status(noAnswer)
	if err != nil {
		return err
	}
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer release()
	reports := make(chan report)
	go f.look(ctx, reports)
	out := cmd.OutOrStdout()
	if f.json || !isTerminal(out) {
		return f.follow(cmd, report{status: first}, reports)
	}
	resized, release := signalled(syscall.SIGWINCH)
	defer release()
	stopped, release := signalled(syscall.SIGTSTP)
	defer release()
	s := newScreen(out)
	s.resized, s.stopped = resized, stopped
	return s.watch(ctx, report{status: first}, reports)
}

// look asks for the status again and again until ctx ends, and closes reports then.
func (f *controlFlags) look(ctx context.Context, reports chan<- report) {
	defer close(reports)
	tick := time.NewTicker(redraw)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		status, err := f.status(noAnswer)
		select {
		case reports <- report{status, err}:
		case <-ctx.Done():
			return
		}
	}
}

// follow writes one report after the other. That there is no daemon is said once.
func (f *controlFlags) follow(cmd *cobra.Command, r report, reports <-chan report) error {
	silent := false
	for ok := true; ok; r, ok = <-reports {
		switch {
		case r.err != nil && !silent:
			fmt.Fprintf(cmd.ErrOrStderr(), "imgwatchd: %v\n", r.err)
		case r.err != nil:
		case f.json:
			if err := writeStatusLine(cmd.OutOrStdout(), r.status); err != nil {
				return err
			}
		default:
			writeStatus(cmd.OutOrStdout(), r.status)
			if _, err := fmt.Fprintln(cmd.OutOrStdout()); err != nil {
				return err
			}
		}
		silent = r.err != nil
	}
	return nil
}

// watch draws report after report, and again when the terminal has another
// size, until ctx ends. A daemon that does not answer leaves its last status on the
// screen, with a word about that.
func (s *screen) watch(ctx context.Context, last report, reports <-chan report) error {
	s.enter()
	defer s.leave()
	heard := time.Now()
	late := time.NewTicker(redraw)
	defer late.Stop()
	for {
		if err := s.draw(last, time.Since(heard)); err != nil {
			return err
		}
		select {
		case r, ok := <-reports:
			if !ok {
				return nil
			}
			if heard = time.Now(); r.err == nil {
				last.status = r.status
			}
			last.err = r.err
		case <-late.C:
		case <-s.resized:
		case <-s.stopped:
			s.leave()
			stop(ctx)
			s.enter()
		case <-ctx.Done():
			return nil
		}
	}
}

// signalled returns a channel that tells of a signal until release is called.
func signalled(s os.Signal) (told <-chan os.Signal, release func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, s)
	return c, func() { signal.Stop(c) }
}

// stop stops this process until its shell has it go on. The signal takes a moment to
// come through.
func stop(ctx context.Context) {
	goesOn, release := signalled(syscall.SIGCONT)
	defer release()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGSTOP); err != nil {
		return
	}
	select {
	case <-goesOn:
	case <-ctx.Done():
	}
}
