package daemon

import (
	"strings"
	"sync/atomic"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/watcher"
	"imgwatchd/internal/web"
)

// An intake is the way of a folder's files into the queue.
type intake struct {
	watcher *watcher.Watcher
	recipe  *ledger.Recipe // what is to be done with its sources
	journal journal
	pauses  *pauses
	gate    gate
	begun   atomic.Bool // the watcher has said how the folder is
}

// noting returns hooks that note when the watcher first says how the folder is, and then
// call those of h.
func (in *intake) noting(h watcher.Hooks) watcher.Hooks {
	state := h.State
	h.State = func(s watcher.State) {
		in.begun.Store(true)
		state(s)
	}
	return h
}

// state returns how the folder is: its watcher and what comes after.
func (in *intake) state() web.Folder {
	s := in.watcher.State()
	f := web.Folder{
		Name: in.recipe.Folder, Path: in.recipe.Root, OK: s.OK, Reason: s.Reason, Mode: s.Mode,
		Watches: s.Watches, Polled: s.Polled, Settling: s.Settling,
	}
	if why := in.trouble(); why != "" {
		f.OK, f.Reason = false, why
	}
	if in.paused() {
		f.OK, f.Paused = false, true
		f.Reason = strings.TrimSuffix("paused; "+f.Reason, "; ")
	}
	return f
}

// trouble returns why nothing can be done for the folder, "" when it can.
func (in *intake) trouble() string {
	if s := in.watcher.State(); !s.OK {
		return s.Reason
	}
	return in.gate.closedFor()
}

func (in *intake) paused() bool { return in.pauses.of(in.recipe.Folder) != nil }

// add queues a job, as long as the folder is well and not paused.
func (in *intake) add(q *queue.Queue, j job.Job) bool {
	if in.paused() {
		return false
	}
	switch in.gate.admit(j.Key(), time.Now()) {
	case wait:
		return false
	case passBy:
		return true
	}
	if !q.Add(j) {
		in.gate.settle(j.Key(), ending{}, time.Now())
		return false
	}
	return true
}

// room returns a channel that is closed once add may succeed again.
func (in *intake) room(q *queue.Queue) <-chan struct{} {
	if resumed := in.pauses.of(in.recipe.Folder); resumed != nil {
		return resumed
	}
	if closed := in.gate.room(time.Now()); closed != nil {
		return closed
	}
	return q.Room()
}

// needless notes that a queued job was done already. If it was the trial, a scan
// brings another.
func (in *intake) needless(j job.Job, now time.Time) {
	if hold, _ := in.gate.settle(j.Key(), ending{}, now); hold > 0 {
		in.watcher.Rescan()
	}
}

// finished sees to it that a job is looked at again if that is called for. What a
// closed gate turned away, or what was dropped from the queue behind it, is found
// by a scan when the gate opens, and when it lets the next trial through.
func (in *intake) finished(o job.Outcome, now time.Time) {
	e := endingOf(o)
	was := in.gate.closedFor()
	hold, opened := in.gate.settle(o.Job.Key(), e, now)
	switch {
	case opened:
		in.journal.opened(o.Job.Folder)
		in.watcher.Rescan()
	case hold > 0:
		if was == "" {
			in.journal.closed(o.Job.Folder, e.reason)
		}
		time.AfterFunc(hold, in.watcher.Rescan)
	}
	switch {
	case o.State == job.Changed:
		in.watcher.Revisit(o.Job.Path, o.Again)
	case e.health == sick && hold == 0:
		in.watcher.Revisit(o.Job.Path, in.gate.patience(o.Job.Key()))
	case e.health == sick:
		in.watcher.Revisit(o.Job.Path, 2*hold)
	}
}
