package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// untilSignals returns two contexts. The first SIGTERM or SIGINT ends intake:
// nothing new is taken up. The second ends work as well: what is in work is given
// up. A third ends the program the hard way. More signals may be named that count
// like these. The caller calls release when it no longer waits for signals.
func untilSignals(more ...os.Signal) (intake, work context.Context, release func()) {
	intake, endIntake := context.WithCancel(context.Background())
	work, endWork := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	for _, s := range append(more, syscall.SIGTERM, syscall.SIGINT) {
		if !signal.Ignored(s) { // as by nohup
			signal.Notify(signals, s)
		}
	}
	released := make(chan struct{})
	go func() {
		for _, end := range []context.CancelFunc{endIntake, endWork} {
			select {
			case <-signals:
				end()
			case <-released:
				return
			}
			ignore(signals, echo)
		}
		signal.Stop(signals)
	}()
	return intake, work, func() {
		signal.Stop(signals)
		close(released)
		endIntake()
		endWork()
	}
}

// echo is how long a second signal counts as the same wish: a terminal and the
// program that started us both pass it on.
const echo = 200 * time.Millisecond

// ignore drops what comes within d.
func ignore(signals <-chan os.Signal, d time.Duration) {
	for over := time.After(d); ; {
		select {
		case <-signals:
		case <-over:
			return
		}
	}
}

// onHangup calls do for every SIGHUP until stop is called.
func onHangup(do func()) (stop func()) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		for range hangups {
			do()
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
	}
}
