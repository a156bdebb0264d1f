package watcher

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imgwatchd/internal/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is far longer than anything here takes.
const patience = 30 * time.Second

// A scene is a watcher at work on a real folder, and all that it says. It knows
// as done what it was handed, as a ledger would.
type scene struct {
	t    *testing.T
	root string
	w    *Watcher
	stop func()

	jobs    chan job.Job
	states  chan State
	scanned chan ScanStats
	refused chan string
	limit   chan error
	lost    chan struct{}

	mu    sync.Mutex
	done  map[job.Job]bool
	times map[string]int // a path was handed over
	room  bool           // jobs are taken
}

// set starts a scene in root after change has had its say about the options.
func set(t *testing.T, root string, change func(*Watcher)) *scene {
	t.Helper()
	s := &scene{
		t:       t,
		root:    root,
		jobs:    make(chan job.Job, 100_000),
		states:  make(chan State, 1000),
		scanned: make(chan ScanStats, 1000),
		refused: make(chan string, 1000),
		limit:   make(chan error, 1000),
		lost:    make(chan struct{}, 1000),
		done:    make(map[job.Job]bool),
		times:   make(map[string]int),
		room:    true,
	}
	s.w = New(Options{
		Folder:    "f",
		Root:      root,
		Recursive: true,
		StableFor: 50 * time.Millisecond,
		Add:       s.add,
		Known:     s.known,
		Hooks: Hooks{
			State:    func(st State) { s.states <- st },
			Scanned:  func(st ScanStats) { s.scanned <- st },
			Refused:  func(p string, reason error) { s.refused <- p + ": " + reason.Error() },
			Limit:    func(err error) { s.limit <- err },
			Overflow: func() { s.lost <- struct{}{} },
		},
	})
	s.w.check, s.w.retell = 20*time.Millisecond, 20*time.Millisecond
	if change != nil {
		change(s.w)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.w.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

// play starts a scene in a new folder and waits for the first scan.
func play(t *testing.T, change func(*Watcher)) *scene {
	t.Helper()
	s := set(t, t.TempDir(), change)
	s.scan()
	return s
}

func (s *scene) add(j job.Job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.room {
		return false
	}
	s.done[j] = true
	s.times[j.Path]++
	s.jobs <- j
	return true
}

func (s *scene) known(j job.Job) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[j]
}

func (s *scene) setRoom(room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.room = room
}

// next waits for the next value of a channel.
func next[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func (s *scene) scan() ScanStats {
	s.t.Helper()
	return next(s.t, "scan", s.scanned)
}

// wants waits until each path was handed over, in any order, and nothing else.
func (s *scene) wants(paths ...string) {
	s.t.Helper()
	missing := make(map[string]bool)
	for _, p := range paths {
		missing[p] = true
	}
	for len(missing) > 0 {
		j := next(s.t, fmt.Sprintf("job for %d paths such as %q", len(missing), anyOf(missing)), s.jobs)
		if !missing[j.Path] {
			s.t.Fatalf("handed over %+v, want %d others", j, len(missing))
		}
		if want := s.print(j.Path); j.Fingerprint != want {
			s.t.Fatalf("%q has the fingerprint %+v, want %+v", j.Path, j.Fingerprint, want)
		}
		delete(missing, j.Path)
	}
}

func anyOf(set map[string]bool) string {
	for p := range set {
		return p
	}
	return ""
}

// wantsNothingElse lets a file pass through all that could be on its way, and
// checks that it is alone.
func (s *scene) wantsNothingElse() {
	s.t.Helper()
	s.write("zz-last", "the last word")
	s.wants("zz-last")
}

// becomes waits for a state that fits.
func (s *scene) becomes(what string, fits func(State) bool) State {
	s.t.Helper()
	for {
		if st := next(s.t, "state that is "+what, s.states); fits(st) {
			return st
		}
	}
}

func lost(st State) bool { return !st.OK && st.Reason != "" }
func fine(st State) bool { return st.OK }

func (s *scene) path(p string) string { return filepath.Join(s.root, p) }

func (s *scene) write(p, content string) { write(s.t, s.path(p), content) }

func write(t *testing.T, p, content string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, os.WriteFile(p, []byte(content), 0o644))
}

// writeOld makes a file that has been at rest for long by its times, as far as
// a program can: the change time cannot be set.
func writeOld(t *testing.T, p, content string) {
	t.Helper()
	write(t, p, content)
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(p, old, old))
}

func (s *scene) print(p string) job.Fingerprint {
	s.t.Helper()
	fi, err := os.Lstat(s.path(p))
	must(s.t, err)
	return job.FingerprintOf(fi)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
