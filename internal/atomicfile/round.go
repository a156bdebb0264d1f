package atomicfile

import (
	"cmp"
	"errors"
	"os"
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
func (r *round) commit(s *syncer) {
	defer close(r.done)
	begun := pass(r.entries, func(_ int, e *entry) error { return e.temp.startWriteBack() })
	answers := s.sync(files(begun))
	synced := pass(begun, func(i int, e *entry) error { return cmp.Or(answers[i], e.temp.file.Close()) })
	named := pass(synced, func(_ int, e *entry) error { return e.temp.rename(e.base, e.replace) })
	syncDirs(s, named)
}

// files returns the temporary files of the entries.
func files(entries []*entry) []*os.File {
	files := make([]*os.File, len(entries))
	for i, e := range entries {
		files[i] = e.temp.file
	}
	return files
}

// pass takes a step with each of the entries and returns those that succeeded.
func pass(entries []*entry, step func(int, *entry) error) []*entry {
	passed := make([]*entry, 0, len(entries))
	for i, e := range entries {
		if err := step(i, e); err != nil {
			e.err = err
		} else {
			passed = append(passed, e)
		}
	}
	return passed
}

// syncDirs syncs each directory of the entries once and answers the entries.
func syncDirs(s *syncer, entries []*entry) {
	var dirs []*os.File
	index := make(map[identity]int)
	for _, e := range entries {
		if _, known := index[e.dir]; !known {
			index[e.dir] = len(dirs)
			dirs = append(dirs, e.temp.dir.file)
		}
	}
	answers := s.sync(dirs)
	for _, e := range entries {
		e.err = unlessUnsyncable(answers[index[e.dir]])
	}
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
