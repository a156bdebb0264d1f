package daemon

import (
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/watcher"
)

// An intake is the way of a folder's files into the queue.
type intake struct {
	watcher *watcher.Watcher
	recipe  string // the hash of all that decides what becomes of a source
	gate    gate
}

// add queues a job, as long as the folder is well.
func (in *intake) add(q *queue.Queue, j job.Job) bool {
	if !in.gate.admit(j.Key(), time.Now()) {
		return false
	}
	if !q.Add(j) {
		in.gate.settle(j.Key(), unclear, time.Now())
		return false
	}
	return true
}

// room returns a channel that is closed once add may succeed again.
func (in *intake) room(q *queue.Queue) <-chan struct{} {
	if closed := in.gate.room(time.Now()); closed != nil {
		return closed
	}
	return q.Room()
}

// finished sees to it that a job is looked at again if that is called for, and
// that what a closed gate turned away is found once it opens.
func (in *intake) finished(o job.Outcome, now time.Time) {
	hold, opened := in.gate.settle(o.Job.Key(), healthOf(o), now)
	switch {
	case opened:
		in.watcher.Rescan()
	case o.State == job.Changed:
		in.watcher.Revisit(o.Job.Path, o.Again)
	case healthOf(o) == sick:
		in.watcher.Revisit(o.Job.Path, hold)
	}
}
