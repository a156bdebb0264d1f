package watcher

import (
	"container/heap"
	"time"

	"imgwatchd/internal/job"
)

const (
	maxSettling = 100_000
	maxRecheck  = 5 * time.Second // between two looks at a file that someone keeps open
)

// A sighting is what one look at a file has shown.
type sighting struct {
	print   job.Fingerprint
	changed time.Time // last change of the inode; zero: the filesystem's clock is not to be trusted
}

// A verdict says what follows from a sighting.
type verdict uint8

const (
	waiting verdict = iota // look again when it is due
	ready                  // at rest for the quiet period
	full                   // not remembered: too many files are waited for
)

// A settle decides when files have come to rest. It is pure: time comes in as
// an argument, and looking at files is the caller's part. Not safe for
// concurrent use.
type settle struct {
	quiet time.Duration
	limit int
	files map[string]*settling
	byDue dueHeap
}

// A settling file has not changed since it was seen with this fingerprint.
type settling struct {
	path  string
	print job.Fingerprint // zero: not looked at yet
	due   time.Time       // next look
	step  time.Duration   // last delay of Hold
	index int             // in the heap
}

func newSettle(quiet time.Duration, limit int) *settle {
	return &settle{quiet: quiet, limit: limit, files: make(map[string]*settling)}
}

func (s *settle) Len() int { return len(s.files) }

// Observe judges a file as it looks now. A file that is ready stays known until
// Drop or Hold says what became of it.
func (s *settle) Observe(path string, seen sighting, now time.Time) verdict {
	if e, ok := s.files[path]; ok && e.print == seen.print {
		if now.Before(e.due) {
			return waiting
		}
		return ready
	}
	due := seen.since(now).Add(s.quiet)
	if !due.After(now) {
		return ready
	}
	return s.put(settling{path: path, print: seen.print, due: due})
}

// since returns the last sign of life. Every write moves the inode's change
// time, whatever a copying program does to the modification time, so an old one
// of both proves a rest that nobody has watched. Times in the future prove
// nothing. The result keeps the monotonic clock of now.
func (seen sighting) since(now time.Time) time.Time {
	if seen.changed.IsZero() {
		return now
	}
	last := time.Unix(0, seen.print.ModTime)
	if seen.changed.After(last) {
		last = seen.changed
	}
	return now.Add(-max(0, now.Sub(last)))
}

// Hold keeps a file back that someone has open: the next look comes after the
// quiet period, the ones after that in growing steps.
func (s *settle) Hold(path string, print job.Fingerprint, now time.Time) verdict {
	step := s.quiet
	if e, ok := s.files[path]; ok && e.print == print && e.step > 0 {
		step = max(s.quiet, min(2*e.step, maxRecheck))
	}
	return s.put(settling{path: path, print: print, due: now.Add(step), step: step})
}

// Visit makes a look at path due at a given time, or earlier if it is already.
func (s *settle) Visit(path string, at time.Time) verdict {
	if e, ok := s.files[path]; ok && e.due.Before(at) {
		return waiting
	}
	return s.put(settling{path: path, due: at})
}

// Drop forgets a file.
func (s *settle) Drop(path string) {
	if e, ok := s.files[path]; ok {
		heap.Remove(&s.byDue, e.index)
		delete(s.files, path)
	}
}

// Due returns a file at which it is time to look.
func (s *settle) Due(now time.Time) (path string, ok bool) {
	if len(s.byDue) == 0 || s.byDue[0].due.After(now) {
		return "", false
	}
	return s.byDue[0].path, true
}

// Next returns when the next look is due; zero: never.
func (s *settle) Next() time.Time {
	if len(s.byDue) == 0 {
		return time.Time{}
	}
	return s.byDue[0].due
}

func (s *settle) put(next settling) verdict {
	e, ok := s.files[next.path]
	if ok {
		next.index = e.index
		*e = next
		heap.Fix(&s.byDue, e.index)
		return waiting
	}
	if len(s.files) >= s.limit {
		return full
	}
	s.files[next.path] = &next
	heap.Push(&s.byDue, &next)
	return waiting
}

// A dueHeap has the file that is due first on top.
type dueHeap []*settling

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *dueHeap) Push(x any) {
	e := x.(*settling)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
