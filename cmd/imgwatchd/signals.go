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
		var last time.Time
		for ends := []func(){endIntake, endWork, endProcess}; len(ends) > 0; {
			select {
			case <-signals:
			case <-released:
				return
			}
			if time.Since(last) < echo {
				continue
			}
			last = time.Now()
			ends[0]()
			ends = ends[1:]
		}
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

// endProcess ends the program as if nobody caught signals.
func endProcess() {
	signal.Reset(syscall.SIGTERM)
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGTERM) // there is nobody left to tell
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
