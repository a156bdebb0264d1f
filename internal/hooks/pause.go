package hooks

import (
	"math/rand/v2"
	"time"
)

// How long a delivery that did not succeed waits for its next try: at first, and at the
// most.
const (
	firstWait   = 5 * time.Second
	longestWait = time.Hour
)

// backoff returns first, doubled for each time, up to most.
func backoff(first time.Duration, times int, most time.Duration) time.Duration {
	d := first
	for range times {
		if d *= 2; d >= most {
			return most
		}
	}
	return d
}

// jitter takes a random part of d away, up to a half, so that what failed together is
// not tried together.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/2+1) }

// A pause is what a lane makes when its hook fails, whichever event it is told: so many
// failures in a row, and it pauses, for twice as long after each try that fails. The
// zero pause is none.
type pause struct {
	failures int // in a row
	until    time.Time
}

const (
	mayFail      = 3
	firstPause   = time.Second
	longestPause = time.Minute
	longestAsked = time.Hour // that a server is heard when it asks to be left alone
)

// on reports whether the lane pauses, or tries one at a time after a pause.
func (p *pause) on() bool { return p.failures >= mayFail || !p.until.IsZero() }

// left returns how long the pause still lasts.
func (p *pause) left(now time.Time) time.Duration { return max(0, p.until.Sub(now)) }

// failed notes that a try failed, and for how long the other side asked to be left
// alone.
func (p *pause) failed(now time.Time, asked time.Duration) {
	p.failures++
	wait := min(asked, longestAsked)
	if p.failures >= mayFail {
		wait = max(wait, jitter(backoff(firstPause, p.failures-mayFail, longestPause)))
	}
	if wait > 0 {
		p.until = now.Add(wait)
	}
}
