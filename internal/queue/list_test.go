package queue

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/job"
)

func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		q := New(0)
		for _, name := range []string{"a", "b", "c", "d"} {
			q.Add(job.Job{Folder: "one", Path: name})
			<-time.After(time.Second)
		}
		q.Add(job.Job{Folder: "two", Path: "a"})
		q.Add(job.Job{Folder: "one", Path: "c", Fingerprint: job.Fingerprint{Size: 1}}) // keeps its place
		for range 2 {
			q.Get(t.Context())
			<-time.After(time.Second)
		}
		q.Add(job.Job{Folder: "one", Path: "a"}) // runs again, but is not queued yet
		at := func(folder, path string, seconds int) Place {
			return Place{job.Key{Folder: folder, Path: path}, start.Add(time.Duration(seconds) * time.Second)}
		}
		inWork := []Place{at("one", "a", 4), at("one", "b", 5)}
		queued := []Place{at("one", "c", 2), at("one", "d", 3), at("two", "a", 4)}
		for n, want := range map[int][]Place{-1: {}, 0: {}, 2: queued[:2], 3: queued, 100: queued} {
			working, waiting := q.List(n)
			if !slices.Equal(working, inWork) || !slices.Equal(waiting, want) {
				t.Errorf("List(%d) = %v, %v; want %v, %v", n, working, waiting, inWork, want)
			}
		}
		for folder, want := range map[string][2]int{"one": {2, 2}, "two": {1, 0}, "three": {}} {
			if queued, inWork := q.Count(folder); [2]int{queued, inWork} != want {
				t.Errorf("Count(%q) = %d, %d; want %v", folder, queued, inWork, want)
			}
		}
		q.Done(job.Key{Folder: "one", Path: "a"})
		if queued, inWork := q.Count("one"); queued != 3 || inWork != 1 {
			t.Errorf("after Done: %d queued, %d in work", queued, inWork)
		}
	})
}
