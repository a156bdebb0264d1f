package daemon

import (
	"math/rand/v2"
	"sync"
	"time"

	"imgwatchd/internal/job"
)

// The shortest and the longest time for which a gate stays closed.
const (
	minHold = time.Second
	maxHold = 8 * time.Second
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
	reason  string        // why it is closed
	wells   uint64        // how many jobs ended well
	held    map[job.Key]held
}

// A held is what the gate knows of a job that ended sick.
type held struct {
	times int    // in a row
	alone int    // of these, with others that ended well since the time before
	wells uint64 // when it was held last
}

const (
	maxTries = 5      // times that a job is held alone; then it is the file's fault
	maxHeld  = 10_000 // jobs that are known
)

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
func (g *gate) settle(k job.Key, e ending, now time.Time) (hold time.Duration, opened bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := e.health
	trial := g.hold > 0 && g.trial == k
	another := g.suspect != job.Key{} && g.suspect != k
	switch h {
	case well:
		g.suspect = job.Key{}
		g.wells++
		delete(g.held, k)
	case sick:
		g.suspect = k
		g.reason = e.reason
		g.note(k)
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

// shut closes the gate. The time is shortened at random, so that folders that fell
// sick together do not try together.
func (g *gate) shut(hold time.Duration, now time.Time) {
	g.hold, g.until, g.trial, g.moved = hold, now.Add(jittered(hold)), job.Key{}, make(chan struct{})
}

// jittered returns a duration of three quarters to the whole of d.
func jittered(d time.Duration) time.Duration { return d - rand.N(d/4+1) }

// note counts that a job was held.
func (g *gate) note(k job.Key) {
	n, known := g.held[k]
	if g.held == nil || len(g.held) >= maxHeld {
		g.held = make(map[job.Key]held)
	}
	n.times++
	if g.hold == 0 && (!known || g.wells > n.wells) {
		n.alone++
	}
	n.wells = g.wells
	g.held[k] = n
}

// lastTry reports whether a job that is held once more is at fault itself: so often was
// it held while others ended well.
func (g *gate) lastTry(k job.Key) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.held[k]
	return g.hold == 0 && n.alone >= maxTries-1 && g.wells > n.wells
}

// patience returns after what time a job that was held alone is looked at again: longer
// each time.
func (g *gate) patience(k job.Key) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return jittered(min(minHold<<min(g.held[k].times, 10), maxHold))
}

// closedFor returns why the gate is closed, "" when it is open.
func (g *gate) closedFor() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hold == 0 {
		return ""
	}
	return g.reason
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

// An ending is what the end of a job says about the machine. The zero ending says
// nothing.
type ending struct {
	health health
	reason string // why sick
}

// endingOf returns what an outcome says about the machine. Only a job that was
// published proves that publishing works.
func endingOf(o job.Outcome) ending {
	switch {
	case o.State == job.Held:
		return ending{sick, o.Err.Error()}
	case o.Left != nil:
		return ending{sick, o.Left.Error()}
	case o.State == job.Done:
		return ending{health: well}
	default:
		return ending{}
	}
}
