package atomicfile

import (
	"errors"
	"time"
)

// A round is the files that are committed together.
type round struct {
	entries []*entry      // guarded by the Group's mu while it gathers, then the leader's
	full    chan struct{} // closed when it has as many as it needs
	done    chan struct{} // closed when all entries have their answers
}

func newRound() *round {
	return &round{full: make(chan struct{}), done: make(chan struct{})}
}

// gather waits until the round is full, but no longer than atMost.
func (r *round) gather(atMost time.Duration) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.full:
	}
}

// commit takes all files through one step before any goes through the next. What
// fails at a step goes no further.
func (r *round) commit() {
	defer close(r.done)
	begun := pass(r.entries, func(e *entry) error { return e.temp.startWriteBack() })
	synced := pass(begun, func(e *entry) error { return e.temp.sync() })
	named := pass(synced, func(e *entry) error { return e.temp.rename(e.base, e.replace) })
	answers := make(map[identity]error)
	for _, e := range named {
		answer, known := answers[e.dir]
		if !known {
			answer = e.temp.dir.sync()
			answers[e.dir] = answer
		}
		e.err = answer
	}
}

// pass takes a step with each of the entries and returns those that succeeded.
func pass(entries []*entry, step func(*entry) error) []*entry {
	passed := make([]*entry, 0, len(entries))
	for _, e := range entries {
		if err := step(e); err != nil {
			e.err = err
		} else {
			passed = append(passed, e)
		}
	}
	return passed
}

// An entry is one file in a round.
type entry struct {
	temp    *temp
	base    string // its final name, in dir
	replace Replace
	dir     identity
	err     error // the answer, once the round is done
}

// errUnanswered stands in an entry until its answer does: should a leader panic, those
// who followed have not published.
var errUnanswered = errors.New("the commit was given up")
