package meter

import (
	"sync/atomic"
	"time"

	"imgwatchd/internal/job"
)

// Counts says how jobs ended.
type Counts struct {
	Done, Failed, Skipped int64
	Held                  int64 // attempts given up for a fault of the machine, to be made again
}

// ended returns how many files need nothing more.
func (c Counts) ended() int64 { return c.Done + c.Failed + c.Skipped }

// A tally counts how jobs ended. The zero tally has counted none.
type tally struct {
	done, failed, skipped, held atomic.Int64
	trail                       trail // of how many ended; guarded by the meter
}

func (t *tally) count(s job.State) {
	switch s {
	case job.Done:
		t.done.Add(1)
	case job.Failed:
		t.failed.Add(1)
	case job.Skipped:
		t.skipped.Add(1)
	case job.Held:
		t.held.Add(1)
	}
}

func (t *tally) counts() Counts {
	return Counts{Done: t.done.Load(), Failed: t.failed.Load(), Skipped: t.skipped.Load(), Held: t.held.Load()}
}

// A trail knows what a count was in the last minute, by samples, about one a second.
type trail struct {
	points [61]point // a ring
	next   int
}

type point struct {
	at    time.Time // zero: none yet
	count int64
}

func (t *trail) add(now time.Time, count int64) {
	t.points[t.next] = point{now, count}
	t.next = (t.next + 1) % len(t.points)
}

// rate returns by how much a count that is now at count grew in a second, since the
// earliest sample of the last minute.
func (t *trail) rate(now time.Time, count int64) float64 {
	for i := range t.points {
		p := t.points[(t.next+i)%len(t.points)]
		age := now.Sub(p.at)
		if p.at.IsZero() || age > time.Minute+time.Second/2 {
			continue
		}
		return float64(count-p.count) / max(age, time.Second).Seconds()
	}
	return 0
}
