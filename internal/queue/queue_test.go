package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"imgwatchd/internal/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func named(path string) job.Job { return job.Job{Folder: "f", Path: path} }

func sized(path string, size int64) job.Job {
	return job.Job{Folder: "f", Path: path, Fingerprint: job.Fingerprint{Size: size}}
}

// get takes the next job, which must be waiting.
func get(t *testing.T, q *Queue) job.Job {
	t.Helper()
	if q.Len() == 0 {
		t.Fatal("nothing waits")
	}
	j, ok := q.Get(t.Context())
	if !ok {
		t.Fatal("Get: no job")
	}
	return j
}

func TestOldestFirst(t *testing.T) {
	q := New(0)
	for _, p := range []string{"b", "a", "c", "a"} {
		if !q.Add(named(p)) {
			t.Fatalf("Add %q: refused", p)
		}
	}
	for _, want := range []string{"b", "a", "c"} {
		if got := get(t, q); got.Path != want {
			t.Fatalf("got %q, want %q", got.Path, want)
		}
	}
	if s := q.Stats(); s.Queued != 0 || s.InWork != 3 || !s.Oldest.IsZero() {
		t.Fatalf("stats: %+v", s)
	}
}

func TestLatestFingerprintWins(t *testing.T) {
	q := New(0)
	q.Add(sized("a", 1))
	q.Add(sized("a", 2))
	if got := get(t, q); got.Fingerprint.Size != 2 {
		t.Fatalf("waiting job: size %d, want 2", got.Fingerprint.Size)
	}
	q.Add(sized("a", 3))
	q.Add(sized("a", 4))
	if n := q.Len(); n != 0 {
		t.Fatalf("%d jobs wait while the only one is in work", n)
	}
	q.Done(named("a").Key())
	if got := get(t, q); got.Fingerprint.Size != 4 {
		t.Fatalf("job run again: size %d, want 4", got.Fingerprint.Size)
	}
	q.Done(named("a").Key())
	if s := q.Stats(); s != (Stats{}) {
		t.Fatalf("stats at the end: %+v", s)
	}
}

func TestFoldersAreApart(t *testing.T) {
	q := New(0)
	q.Add(job.Job{Folder: "one", Path: "a"})
	q.Add(job.Job{Folder: "two", Path: "a"})
	if n := q.Len(); n != 2 {
		t.Fatalf("%d jobs, want 2", n)
	}
}

func TestFullQueue(t *testing.T) {
	q := New(2)
	q.Add(named("a"))
	q.Add(named("b"))
	if q.Add(named("c")) {
		t.Fatal("a full queue took a job")
	}
	if !q.Add(named("a")) {
		t.Fatal("a full queue forgot that it holds the job")
	}
	a := get(t, q)
	q.Add(a)
	q.Add(named("c"))
	q.Done(a.Key())
	if n := q.Len(); n != 3 {
		t.Fatalf("%d jobs wait, want 3: a job run again finds room even in a full queue", n)
	}
}

func TestRoom(t *testing.T) {
	for _, size := range []int{1, 2, 5, 100} {
		q := New(size)
		for i := range size {
			q.Add(named(fmt.Sprint(i)))
		}
		first, second := q.Room(), q.Room()
		for q.Len() > size/2 {
			if open(first) || open(second) {
				t.Fatalf("size %d: room with %d waiting", size, q.Len())
			}
			get(t, q)
		}
		if !open(first) || !open(second) || !open(q.Room()) {
			t.Fatalf("size %d: no room with %d waiting", size, q.Len())
		}
	}
}

// open reports whether ch is closed: whether the way is open.
func open(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func TestClosedQueueHasNoRoom(t *testing.T) {
	q := New(1)
	q.Close()
	if open(q.Room()) {
		t.Fatal("a producer that waits for room would spin")
	}
}

func TestPutWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(2)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		put := make(chan error, 5)
		for i := range 5 {
			go func() { put <- q.Put(ctx, named(fmt.Sprint(i))) }()
		}
		synctest.Wait()
		if len(put) != 2 {
			t.Fatalf("%d puts went through, want 2", len(put))
		}
		get(t, q)
		synctest.Wait()
		if len(put) != 3 {
			t.Fatalf("%d puts went through after a get, want 3", len(put))
		}
		cancel()
		synctest.Wait()
		if len(put) != 5 {
			t.Fatalf("%d puts ended after cancel, want 5", len(put))
		}
	})
}

func TestPutEndsWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(1)
		q.Add(named("a"))
		put := make(chan error, 1)
		go func() { put <- q.Put(t.Context(), named("b")) }()
		synctest.Wait()
		q.Close()
		if err := <-put; !errors.Is(err, ErrClosed) {
			t.Fatalf("Put: %v, want ErrClosed", err)
		}
		if err := q.Put(t.Context(), named("c")); !errors.Is(err, ErrClosed) {
			t.Fatalf("Put after Close: %v, want ErrClosed", err)
		}
	})
}

func TestGetEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if j, ok := q.Get(ctx); ok {
			t.Fatalf("Get: %+v from an empty queue", j)
		}
		q.Add(named("a"))
		if _, ok := q.Get(ctx); ok {
			t.Fatal("Get began work for a caller that is gone")
		}
	})
}

// A Get that ends in the moment in which a job comes leaves it to another.
func TestWakeUpIsNotLost(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			q := New(0)
			ctx, cancel := context.WithCancel(t.Context())
			got := make(chan bool, 2)
			wait := func(ctx context.Context) {
				_, ok := q.Get(ctx)
				got <- ok
			}
			go wait(ctx)
			go wait(t.Context())
			synctest.Wait()
			cancel()
			q.Add(named("a"))
			synctest.Wait()
			q.Close()
			if first, second := <-got, <-got; first == second {
				t.Fatalf("got %v twice, want the job once", first)
			}
		})
	}
}

// Close lets the jobs that wait, and those to be run again, come out; only then
// does every waiting Get end.
func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(0)
		q.Add(named("a"))
		a := get(t, q)
		q.Add(a)
		q.Add(named("b"))
		q.Close()
		if q.Add(named("c")) || q.Add(named("b")) {
			t.Fatal("a closed queue took a job")
		}

		got := make(chan string, 8)
		var workers sync.WaitGroup
		for range 4 {
			workers.Go(func() {
				for {
					j, ok := q.Get(t.Context())
					if !ok {
						return
					}
					got <- j.Path
					q.Done(j.Key())
				}
			})
		}
		synctest.Wait()
		if p := <-got; p != "b" || len(got) != 0 {
			t.Fatalf("got %q and %d more, want only b while a is in work", p, len(got))
		}
		q.Done(a.Key())
		workers.Wait()
		if p := <-got; p != "a" || len(got) != 0 {
			t.Fatalf("got %q and %d more, want a once more", p, len(got))
		}
	})
}

func TestOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(0)
		start := time.Now()
		q.Add(named("a"))
		<-time.After(time.Minute)
		q.Add(named("b"))
		q.Add(named("a"))
		if got := q.Stats().Oldest; !got.Equal(start) {
			t.Fatalf("oldest %v, want %v", got, start)
		}
		get(t, q)
		if got := q.Stats().Oldest; !got.Equal(start.Add(time.Minute)) {
			t.Fatalf("oldest %v, want %v", got, start.Add(time.Minute))
		}
	})
}

func TestResize(t *testing.T) {
	q := New(1)
	q.Add(job.Job{Path: "a"})
	if q.Add(job.Job{Path: "b"}) {
		t.Fatal("two jobs wait in a queue for one")
	}
	room := q.Room()
	q.Resize(2)
	<-room // half of it is free now
	if !q.Add(job.Job{Path: "b"}) {
		t.Error("the queue has not grown")
	}
	q.Resize(1)
	if q.Len() != 2 || q.Add(job.Job{Path: "c"}) {
		t.Errorf("%d jobs wait in a queue that has shrunk to one", q.Len())
	}
}
