package batch

import (
	"maps"
	"slices"
	"sync"

	"imgwatchd/internal/job"
)

// A report counts outcomes and passes them on, one at a time and in order if
// that is asked for.
type report struct {
	options Options
	stop    func()        // ends the intake
	done    func(job.Key) // tells the queue

	mu      sync.Mutex
	summary Summary
	order   map[job.Key]int     // place in the listing of the files that are not reported yet
	early   map[int]job.Outcome // outcomes whose turn has not come
	next    int                 // the place that is to be reported next
}

// listed counts a file that was found.
func (r *report) listed(j job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.options.Ordered {
		if r.order == nil {
			r.order, r.early = make(map[job.Key]int), make(map[int]job.Outcome)
		}
		r.order[j.Key()] = r.summary.Files
	}
	r.summary.Files++
	if r.options.Listed != nil {
		r.options.Listed(r.summary.Files)
	}
}

// refused reports something that was found but never became a job.
func (r *report) refused(j job.Job, state job.State, reason error) {
	r.listed(j)
	r.finished(job.Outcome{Job: j, State: state, Err: reason})
}

// finished takes the outcome of a job.
func (r *report) finished(o job.Outcome) {
	r.done(o.Job.Key())
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count(o)
	if o.State == job.Aborted {
		return
	}
	if !r.options.Ordered {
		r.options.Report(o)
		return
	}
	r.early[r.order[o.Job.Key()]] = o
	delete(r.order, o.Job.Key())
	for ; ; r.next++ {
		o, ok := r.early[r.next]
		if !ok {
			return
		}
		delete(r.early, r.next)
		r.options.Report(o)
	}
}

// count books the outcome and stops the run if one failure is to be the last.
func (r *report) count(o job.Outcome) {
	s := &r.summary
	switch o.State {
	case job.Done:
		s.Done++
	case job.Skipped:
		s.Skipped++
	case job.Aborted: // counts as not taken, see close
	default:
		s.Failed++
		if r.options.FailFast {
			r.stop()
		}
	}
	s.BytesIn += o.Source.Size
	for _, out := range o.Outputs {
		s.BytesOut += out.Size
	}
}

// close reports what still waits for files that were never taken up, and
// returns the summary.
func (r *report) close() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, place := range slices.Sorted(maps.Keys(r.early)) {
		r.options.Report(r.early[place])
	}
	s := r.summary
	s.NotTaken = s.Files - s.Done - s.Skipped - s.Failed
	return s
}
