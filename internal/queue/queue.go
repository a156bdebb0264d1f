// Package queue is the bounded, de-duplicating work queue between the rooms
// that find files and the room that works on them.
//
// A source is in the queue at most once and in work at most once. A job that is
// added while it waits is merged with the waiting one; a job that is added while
// it is in work runs once more after Done. The latest fingerprint wins. Jobs
// come out oldest first.
//
// Everything is safe for concurrent use, and no lock is held while anyone waits.
// The queue lives in memory only: what it held at the end of the program must be
// found again by scanning. It starts no goroutines.
package queue

import (
	"context"
	"errors"
	"sync"
	"time"

	"imgwatchd/internal/job"
)

// DefaultSize is the number of jobs that wait in a queue that was given no size.
const DefaultSize = 100_000

// ErrClosed is returned by Put when the queue takes no more jobs.
var ErrClosed = errors.New("queue is closed")

// A Queue holds the jobs that wait and remembers those in work. Use New.
type Queue struct {
	size   int
	ready  chan struct{} // one token: there may be something for a Get
	closed chan struct{}

	mu      sync.Mutex
	waiting fifo
	inWork  map[job.Key]*work
	reruns  int           // jobs in work that run again after Done
	roomy   chan struct{} // closed when half of the queue is free; nil: nobody asked
	shut    bool
}

// A work is what is known of a job in work, and the job that takes its place once
// it is done.
type work struct {
	since  time.Time
	wanted bool // to run once more
	job    job.Job
}

// Stats describes a queue at one moment.
type Stats struct {
	Queued int       // jobs that wait
	InWork int       // jobs handed out and not yet done
	Oldest time.Time // when the job that has waited longest was queued; zero: none waits
}

// New returns a queue in which size jobs can wait; size ≤ 0 means DefaultSize.
func New(size int) *Queue {
	if size <= 0 {
		size = DefaultSize
	}
	return &Queue{
		size:    size,
		ready:   make(chan struct{}, 1),
		closed:  make(chan struct{}),
		waiting: newFIFO(),
		inWork:  make(map[job.Key]*work),
	}
}

// Resize changes how many jobs can wait; size ≤ 0 means DefaultSize. Jobs beyond
// it stay.
func (q *Queue) Resize(size int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if size <= 0 {
		size = DefaultSize
	}
	q.size = size
	q.freed()
}

// Add queues j without ever blocking. It reports whether j is in good hands: it
// waits now, waited already, or is in work and will run once more. False means
// that the queue is full or closed and that the caller must find j again later.
func (q *Queue) Add(j job.Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut || !q.accept(j) {
		return false
	}
	q.wake()
	return true
}

// accept files j under the state that its key is in.
func (q *Queue) accept(j job.Job) bool {
	if r, ok := q.inWork[j.Key()]; ok {
		if !r.wanted {
			q.reruns++
		}
		r.wanted, r.job = true, j
		return true
	}
	if q.waiting.update(j) {
		return true
	}
	if q.waiting.len() >= q.size {
		return false
	}
	q.waiting.push(j)
	return true
}

// Put queues j and waits for room if it must. It is meant for a producer that
// has nothing else to do. The error is ErrClosed or that of ctx.
func (q *Queue) Put(ctx context.Context, j job.Job) error {
	for {
		if q.Add(j) {
			return nil
		}
		select {
		case <-q.closed:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		case <-q.Room():
		}
	}
}

// Get hands out the job that has waited longest and waits for one if it must.
// The job is in work until Done. Get reports false once ctx is done, or when the
// queue is closed and neither holds a job nor will.
func (q *Queue) Get(ctx context.Context) (job.Job, bool) {
	for ctx.Err() == nil {
		if j, ok, last := q.take(); ok || last {
			return j, ok
		}
		select {
		case <-q.ready:
		case <-ctx.Done():
		}
	}
	q.pass()
	return job.Job{}, false
}

// pass hands on the token that a Get may hold that has given up.
func (q *Queue) pass() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wake()
}

// take moves the oldest job into work. last reports that no job will ever come.
func (q *Queue) take() (j job.Job, ok, last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiting.len() > 0 {
		j, ok = q.waiting.pop(), true
		q.inWork[j.Key()] = &work{since: time.Now()}
		q.freed()
	}
	last = !ok && q.finished()
	q.wake()
	return j, ok, last
}

// Done ends the work that Get began. A job that was added meanwhile is queued
// again, even when the queue is full. Done of a job not in work does nothing.
func (q *Queue) Done(k job.Key) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.inWork[k]
	if !ok {
		return
	}
	delete(q.inWork, k)
	if r.wanted {
		q.reruns--
		q.waiting.push(r.job)
	}
	q.wake()
}

// Close makes the queue refuse new jobs. Get hands out what is left, including
// the jobs in work that were added again before Close.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.shut {
		return
	}
	q.shut = true
	close(q.closed)
	q.wake()
}

// Room returns a channel that is closed as soon as at most half of the queue is
// taken; when that is so already, it comes closed. A closed queue never has room.
func (q *Queue) Room() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.roomy == nil {
		q.roomy = make(chan struct{})
	}
	room := q.roomy
	q.freed()
	return room
}

// freed tells those who asked for room when there is.
func (q *Queue) freed() {
	if q.roomy != nil && !q.shut && q.waiting.len() <= q.size/2 {
		close(q.roomy)
		q.roomy = nil
	}
}

// wake leaves the token for one Get as long as a Get would find something. The
// Get that takes it looks and calls wake in turn, so that no wake-up is lost
// however many wait.
func (q *Queue) wake() {
	if q.waiting.len() == 0 && !q.finished() {
		return
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// finished reports that the queue is closed, empty, and stays so.
func (q *Queue) finished() bool {
	return q.shut && q.waiting.len() == 0 && q.reruns == 0
}

// State returns Queued or Working for a job that waits or is in work, else "".
func (q *Queue) State(k job.Key) job.State {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch _, working := q.inWork[k]; {
	case working:
		return job.Working
	case q.waiting.has(k):
		return job.Queued
	default:
		return ""
	}
}

// Len returns the number of jobs that wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting.len()
}

// Stats returns the state of the queue at this moment.
func (q *Queue) Stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Queued: q.waiting.len(), InWork: len(q.inWork), Oldest: q.waiting.oldest()}
}
