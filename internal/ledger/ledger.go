// Package ledger remembers which sources are done, so that a scan that finds
// them again makes no new jobs.
//
// The record lives in memory, for as long as the process does: after a restart,
// sources that were kept are worked on once more, with the same result. It is a
// cache of what stands on the disk and may forget: at worst work is redone.
package ledger

import (
	"hash/maphash"
	"sync"

	"imgwatchd/internal/job"
)

// maxEntries bounds the record; an entry takes some 40 bytes.
const maxEntries = 1 << 22

// A Ledger is the record. It is safe for use by many goroutines; make one with
// New.
type Ledger struct {
	seed maphash.Seed

	mu sync.Mutex
	// settled maps the hash of a key to the hash of the fingerprint and recipe
	// for which it is settled. Both hashes of 64 bits would have to collide for
	// a file to be passed over by mistake.
	settled map[uint64]uint64
}

// New returns an empty Ledger.
func New() *Ledger {
	return &Ledger{seed: maphash.MakeSeed(), settled: make(map[uint64]uint64)}
}

// Settled reports whether nothing is left to do for the file that j names, as it
// was when it got its fingerprint, under the recipe: the hash of its folder's
// presets.
func (l *Ledger) Settled(j job.Job, recipe string) bool {
	key, value := l.key(j), l.value(j, recipe)
	l.mu.Lock()
	defer l.mu.Unlock()
	got, ok := l.settled[key]
	return ok && got == value
}

// Record notes the outcome of a job under the recipe.
func (l *Ledger) Record(o job.Outcome, recipe string) {
	key, value := l.key(o.Job), l.value(o.Job, recipe)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !settles(o) {
		delete(l.settled, key)
		return
	}
	for old := range l.settled {
		if len(l.settled) < maxEntries {
			break
		}
		delete(l.settled, old)
	}
	l.settled[key] = value
}

// settles reports whether the same file would come to the same end again. A
// permission may be granted without the file changing, so an unreadable file is
// tried again, and so is one that could not be moved or deleted.
func settles(o job.Outcome) bool {
	if o.Left != nil {
		return false
	}
	switch class := job.ClassOf(o.Err); o.State {
	case job.Done, job.Failed:
		return class != job.Unreadable
	case job.Skipped:
		return class == job.NotImage || class == job.Exists
	default:
		return false
	}
}

func (l *Ledger) key(j job.Job) uint64 {
	return maphash.Comparable(l.seed, j.Key())
}

func (l *Ledger) value(j job.Job, recipe string) uint64 {
	return maphash.Comparable(l.seed, struct {
		job.Fingerprint
		recipe string
	}{j.Fingerprint, recipe})
}
