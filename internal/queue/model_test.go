package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"imgwatchd/internal/job"
)

// A model is the contract of the queue written down in the plainest way.
type model struct {
	size    int
	waiting []job.Job
	inWork  map[job.Key]*job.Job // the job to run again, or nil
}

func (m *model) add(j job.Job) bool {
	if _, ok := m.inWork[j.Key()]; ok {
		m.inWork[j.Key()] = &j
		return true
	}
	at := slices.IndexFunc(m.waiting, func(w job.Job) bool { return w.Key() == j.Key() })
	if at >= 0 {
		m.waiting[at] = j
		return true
	}
	if len(m.waiting) >= m.size {
		return false
	}
	m.waiting = append(m.waiting, j)
	return true
}

func (m *model) get() job.Job {
	j := m.waiting[0]
	m.waiting = m.waiting[1:]
	m.inWork[j.Key()] = nil
	return j
}

func (m *model) done(k job.Key) {
	again := m.inWork[k]
	delete(m.inWork, k)
	if again != nil {
		m.waiting = append(m.waiting, *again)
	}
}

func TestAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			size := 1 + random.IntN(8)
			q, m := New(size), &model{size: size, inWork: make(map[job.Key]*job.Job)}
			for step := range 2000 {
				j := sized(fmt.Sprint(random.IntN(12)), int64(step))
				switch op := random.IntN(4); {
				case op < 2:
					if got, want := q.Add(j), m.add(j); got != want {
						t.Fatalf("step %d: Add %q: %v, want %v", step, j.Path, got, want)
					}
				case op == 2 && len(m.waiting) > 0:
					if got, want := get(t, q), m.get(); got != want {
						t.Fatalf("step %d: Get: %+v, want %+v", step, got, want)
					}
				case op == 3:
					q.Done(j.Key())
					m.done(j.Key())
				}
				compare(t, q, m)
			}
		})
	}
}

func compare(t *testing.T, q *Queue, m *model) {
	t.Helper()
	if s := q.Stats(); s.Queued != len(m.waiting) || s.InWork != len(m.inWork) {
		t.Fatalf("stats %+v, want %d queued, %d in work", s, len(m.waiting), len(m.inWork))
	}
	if got, want := open(q.Room()), len(m.waiting) <= m.size/2; got != want {
		t.Fatalf("room %v, want %v with %d of %d waiting", got, want, len(m.waiting), m.size)
	}
}

// Many producers and workers at once: no job is in work twice at a time, and
// every producer's last word on a job is heard.
func TestManyAtOnce(t *testing.T) {
	const producers, workers, rounds, paths = 8, 8, 500, 10
	q := New(paths)

	var mu sync.Mutex
	inWork := make(map[job.Key]bool)
	latest := make(map[job.Key]int64)
	work := func(j job.Job) {
		mu.Lock()
		if inWork[j.Key()] {
			t.Errorf("%q is in work twice", j.Path)
		}
		inWork[j.Key()] = true
		latest[j.Key()] = j.Fingerprint.Size
		mu.Unlock()

		mu.Lock()
		inWork[j.Key()] = false
		mu.Unlock()
		q.Done(j.Key())
	}

	var working, producing sync.WaitGroup
	for range workers {
		working.Go(func() {
			for j, ok := q.Get(t.Context()); ok; j, ok = q.Get(t.Context()) {
				work(j)
			}
		})
	}
	for p := range producers {
		producing.Go(func() {
			for i := range rounds {
				if err := q.Put(t.Context(), sized(fmt.Sprint(p, "/", i%paths), int64(i))); err != nil {
					t.Errorf("Put: %v", err)
				}
			}
		})
	}
	producing.Wait()
	q.Close()
	working.Wait()

	for p := range producers {
		for i := range paths {
			k := named(fmt.Sprint(p, "/", i)).Key()
			if got, want := latest[k], int64(rounds-paths+i); got != want {
				t.Errorf("%q: last worked on as %d, want %d", k.Path, got, want)
			}
		}
	}
}
