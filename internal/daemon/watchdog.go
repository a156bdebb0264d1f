package daemon

import (
	"fmt"
	"sync/atomic"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// A pulse is the time of the last progress of the pipeline.
type pulse struct {
	last     atomic.Int64 // nanoseconds since the epoch; 0: none yet
	patience time.Duration
}

func (p *pulse) beat() { p.last.Store(time.Now().UnixNano()) }

// since returns how long ago the last progress was, at most as long ago as start.
func (p *pulse) since(start time.Time) time.Duration {
	if last := time.Unix(0, p.last.Load()); last.After(start) {
		return time.Since(last)
	}
	return time.Since(start)
}

// petWatchdog tells systemd that all is well until ended is closed, but only
// while it is: with jobs in work, something must have moved of late.
func (g *generation) petWatchdog(ended <-chan struct{}) {
	interval, err := sd.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		<-ended
		return
	}
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	start := time.Now()
	for {
		if s := g.queue.Stats(); s.InWork == 0 || g.pulse.since(start) < g.pulse.patience {
			notifyWatchdog()
			notifyStatus(fmt.Sprintf("%d queued, %d in work", s.Queued, s.InWork))
		}
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}
