package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignals returns two contexts. The first SIGTERM or SIGINT ends intake:
// nothing new is taken up. The second ends work as well: what is in work is given
// up. The caller calls release when it no longer waits for signals.
func untilSignals() (intake, work context.Context, release func()) {
	intake, endIntake := context.WithCancel(context.Background())
	work, endWork := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	released := make(chan struct{})
	go func() {
		for _, end := range []context.CancelFunc{endIntake, endWork} {
			select {
			case <-signals:
				end()
			case <-released:
				return
			}
		}
	}()
	return intake, work, func() {
		signal.Stop(signals)
		close(released)
		endIntake()
		endWork()
	}
}
