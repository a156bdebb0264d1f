package queue

import (
	"time"

	"imgwatchd/internal/job"
)

// A fifo keeps jobs in the order in which they came and finds them by key.
type fifo struct {
	order  []*item
	byKey  map[job.Key]*item
	counts map[string]int // by folder
}

type item struct {
	job   job.Job
	since time.Time
}

func newFIFO() fifo { return fifo{byKey: make(map[job.Key]*item), counts: make(map[string]int)} }

func (f *fifo) len() int { return len(f.order) }

// update gives a waiting job the newer fingerprint; its place stays.
func (f *fifo) update(j job.Job) bool {
	it, ok := f.byKey[j.Key()]
	if ok {
		it.job = j
	}
	return ok
}

func (f *fifo) has(k job.Key) bool {
	_, ok := f.byKey[k]
	return ok
}

// push appends j, which must not be waiting.
func (f *fifo) push(j job.Job) {
	it := &item{job: j, since: time.Now()}
	f.order = append(f.order, it)
	f.byKey[j.Key()] = it
	f.counts[j.Folder]++
}

// pop removes the oldest job; there must be one. The slice moves along its
// array, and append leaves the spent part behind when it grows.
func (f *fifo) pop() job.Job {
	it := f.order[0]
	f.order[0] = nil
	f.order = f.order[1:]
	delete(f.byKey, it.job.Key())
	if f.counts[it.job.Folder]--; f.counts[it.job.Folder] == 0 {
		delete(f.counts, it.job.Folder)
	}
	return it.job
}

func (f *fifo) oldest() time.Time {
	if len(f.order) == 0 {
		return time.Time{}
	}
	return f.order[0].since
}
