package daemon

import (
	"sync"
	"time"

	"imgwatchd/internal/job"
)

// The shortest and the longest time for which a gate stays closed.
const (
	minHold = time.Second
	maxHold = 10 * time.Second
)

// A gate holds back the intake of a folder while the machine cannot work on it: a
// full disk, an output that is gone. A job that is held closes it. After a while,
// which doubles each time, the gate lets one job through to try; when that ends
// well the gate opens, else it stays closed. The zero gate is open.
//
// Times are passed in; only the channel of room waits for the clock.
type gate struct {
	mu    sync.Mutex
	hold  time.Duration // 0: open
	until time.Time
	trial job.Key       // the job that was let through; zero: none
	moved chan struct{} // closed when the trial ends; nil unless closed
}

// admit reports whether a job of the folder may be queued.
func (g *gate) admit(k job.Key, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.hold == 0 || g.trial == k:
		return true
	case g.trial == job.Key{} && !now.Before(g.until):
		g.trial = k
		return true
	default:
		return false
	}
}

// lets reports whether a job that was queued may be worked on.
func (g *gate) lets(k job.Key) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hold == 0 || g.trial == k
}

// settle notes how a job ended. It returns for how long the gate is closed now,
// and whether this job opened it. Only a trial opens the gate or keeps it closed;
// one that says nothing of the machine leaves the way free for the next.
func (g *gate) settle(k job.Key, health health, now time.Time) (hold time.Duration, opened bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	trial := g.hold > 0 && g.trial == k
	if trial {
		close(g.moved)
		g.moved = nil
	}
	switch {
	case trial && health == well:
		g.hold, g.trial = 0, job.Key{}
	case trial && health == sick:
		g.shut(min(2*g.hold, maxHold), now)
	case trial:
		g.shut(g.hold, now.Add(-g.hold))
	case g.hold == 0 && health == sick:
		g.shut(minHold, now)
	}
	return g.hold, trial && health == well
}

// health is what the end of a job says about the machine.
type health int

const (
	unclear health = iota
	well
	sick
)

// healthOf returns what an outcome says about the machine. Only a job that was
// published proves that publishing works.
func healthOf(o job.Outcome) health {
	switch {
	case o.State == job.Held || o.Left != nil:
		return sick
	case o.State == job.Done:
		return well
	default:
		return unclear
	}
}

func (g *gate) shut(hold time.Duration, now time.Time) {
	g.hold, g.until, g.trial, g.moved = hold, now.Add(hold), job.Key{}, make(chan struct{})
}

// room returns a channel that is closed once admit may say yes again, and nil when
// the gate is open.
func (g *gate) room(now time.Time) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.hold == 0:
		return nil
	case g.trial != job.Key{}:
		return g.moved
	}
	passed := make(chan struct{})
	time.AfterFunc(g.until.Sub(now), func() { close(passed) })
	return passed
}
