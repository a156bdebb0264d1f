package daemon

import (
	"sync/atomic"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"imgwatchd/internal/queue"
)

// A pulse is the time of the last progress of the pipeline. The zero pulse has
// made none.
type pulse struct{ last atomic.Int64 } // nanoseconds since the epoch

func (p *pulse) beat(now time.Time) { p.last.Store(now.UnixNano()) }

// stuck reports whether jobs are in work and none has moved for longer than
// patience. Nothing in work, however long, is no reason to worry: a job that is
// taken up beats first.
func (p *pulse) stuck(s queue.Stats, now time.Time, patience time.Duration) bool {
	return s.InWork > 0 && now.Sub(time.Unix(0, p.last.Load())) > patience
}

// petWatchdog tells systemd that all is well, as long as it is, until ended is
// closed.
func (g *generation) petWatchdog(ended <-chan struct{}) {
	interval, err := sd.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return
	}
	tick := time.NewTicker(interval / 2)
	defer tick.Stop()
	for {
		if s := g.queue.Stats(); !g.pulse.stuck(s, time.Now(), g.patience) {
			notifyWatchdog()
		}
		select {
		case <-ended:
			return
		case <-tick.C:
		}
	}
}
