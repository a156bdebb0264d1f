package queue

import (
	"slices"
	"time"

	"imgwatchd/internal/job"
)

// A Place is what the queue holds of a job.
type Place struct {
	job.Key
	Since time.Time // when it was queued or, of one in work, handed out
}

// List returns the jobs in work and the first n that wait, each in the order in which
// they came there.
func (q *Queue) List(n int) (working, waiting []Place) {
	q.mu.Lock()
	working = make([]Place, 0, len(q.inWork))
	for k, w := range q.inWork {
		working = append(working, Place{k, w.since})
	}
	first := q.waiting.order[:min(max(0, n), q.waiting.len())]
	waiting = make([]Place, len(first))
	for i, it := range first {
		waiting[i] = Place{it.job.Key(), it.since}
	}
	q.mu.Unlock()
	slices.SortFunc(working, func(a, b Place) int { return a.Since.Compare(b.Since) })
	return working, waiting
}

// Count returns how many jobs of a folder wait, and how many are in work.
func (q *Queue) Count(folder string) (queued, inWork int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for k := range q.inWork {
		if k.Folder == folder {
			inWork++
		}
	}
	return q.waiting.counts[folder], inWork
}
