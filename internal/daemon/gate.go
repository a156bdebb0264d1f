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
// full disk, an output that is gone. Two sources that are held one after the other
// close it; a single one may have a fault of its own. After a while, which doubles
// each time, the gate lets one job through to try; when that ends well the gate
// opens, else it stays closed. The zero gate is open.
//
// Times are passed in; only the channel of room waits for the clock.
type gate struct {
	mu      sync.Mutex
	hold    time.Duration // 0: open
	until   time.Time
	trial   job.Key       // the job that was let through; zero: none
	suspect job.Key       // the last that was held; zero: none since one ended well
	moved   chan struct{} // closed when the trial ends; nil unless closed
}

// An answer says what to do with a job that comes to a gate.
type answer int

const (
	enter  answer = iota
	wait          // come again when there is room
	passBy        // another goes first; this one is looked at again by itself
)

// admit says whether a job of the folder may be queued.
func (g *gate) admit(k job.Key, now time.Time) answer {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.hold == 0 || g.trial == k:
		return enter
	case g.trial != job.Key{} || now.Before(g.until):
		return wait
	case g.suspect == k && now.Before(g.until.Add(g.hold)):
		return passBy
	default:
		g.trial = k
		return enter
	}
}

// lets reports whether a job that was queued may be worked on.
func (g *gate) lets(k job.Key) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hold == 0 || g.trial == k
}

// settle notes how a job ended. It returns for how long the gate is closed from
// now on, and whether this job opened it. Only a trial opens the gate or keeps it
// closed; one that says nothing of the machine leaves the way free for the next.
func (g *gate) settle(k job.Key, h health, now time.Time) (hold time.Duration, opened bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	trial := g.hold > 0 && g.trial == k
	another := g.suspect != job.Key{} && g.suspect != k
	switch h {
	case well:
		g.suspect = job.Key{}
	case sick:
		g.suspect = k
	}
	if trial {
		close(g.moved)
	}
	switch {
	case trial && h == well:
		g.hold, g.trial, g.moved = 0, job.Key{}, nil
	case trial && h == sick:
		g.shut(min(2*g.hold, maxHold), now)
	case trial:
		g.shut(g.hold, now.Add(-g.hold))
	case g.hold == 0 && h == sick && another:
		g.shut(minHold, now)
	}
	return g.hold, trial && h == well
}

func (g *gate) shut(hold time.Duration, now time.Time) {
	g.hold, g.until, g.trial, g.moved = hold, now.Add(hold), job.Key{}, make(chan struct{})
}

// room returns a channel that is closed once admit may let another job in, and
// nil when it would now.
func (g *gate) room(now time.Time) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.hold > 0 && g.trial != job.Key{}:
		return g.moved
	case g.hold > 0 && now.Before(g.until):
		passed := make(chan struct{})
		time.AfterFunc(g.until.Sub(now), func() { close(passed) })
		return passed
	default:
		return nil
	}
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
