package watcher

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMissingRoot(t *testing.T) {
	root := filepath.Join(t.TempDir(), "not", "yet")
	s := set(t, root, nil)
	s.becomes("not OK", lost)
	s.write("a.jpg", "a")
	s.becomes("OK", fine)
	s.wants("a.jpg")
}

func TestRootRemovedAndRecreated(t *testing.T) {
	s := set(t, filepath.Join(t.TempDir(), "in"), nil)
	for i := range 20 {
		p := fmt.Sprintf("d/%d.jpg", i)
		s.write(p, p)
		s.becomes("OK", fine)
		s.wants(p)
		must(t, os.RemoveAll(s.root))
		s.becomes("not OK", lost)
	}
}

// The directory under the root's path is another one from one moment to the next.
func TestRootSwapped(t *testing.T) {
	base := t.TempDir()
	s := set(t, filepath.Join(base, "in"), nil)
	for i := range 20 {
		p := fmt.Sprintf("d/%d.jpg", i)
		write(t, filepath.Join(base, "next", p), p)
		if i > 0 {
			must(t, os.Rename(s.root, filepath.Join(base, fmt.Sprint("old", i))))
		}
		must(t, os.Rename(filepath.Join(base, "next"), s.root))
		s.wants(p)
	}
}

func TestRootLinkTurned(t *testing.T) {
	base := t.TempDir()
	link := filepath.Join(base, "in")
	for _, d := range []string{"one", "two"} {
		write(t, filepath.Join(base, d, d+".jpg"), d)
	}
	must(t, os.Symlink("one", link))
	s := set(t, link, nil)
	s.wants("one.jpg")
	must(t, os.Symlink("two", link+".new"))
	must(t, os.Rename(link+".new", link))
	s.becomes("not OK", lost)
	s.wants("two.jpg")
}

func TestRootIsAFile(t *testing.T) {
	root := filepath.Join(t.TempDir(), "in")
	write(t, root, "no directory")
	s := set(t, root, nil)
	s.becomes("not OK", lost)
}

// How a folder is watched may change with every directory: that is told in the end, not
// each time. That it is not watched is told at once.
func TestStatesTold(t *testing.T) {
	var told []State
	w := New(Options{Hooks: Hooks{State: func(s State) { told = append(told, s) }}})
	began := time.Now()
	at := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	events, poll, gone := State{OK: true, Mode: "events"}, State{OK: true, Mode: "poll", Reason: "why"}, State{Reason: "gone"}
	for _, step := range []struct {
		at    int
		state State
		tells bool
		later int // 0: nothing to tell later
	}{
		{0, events, true, 0},
		{1, poll, false, 10},
		{2, events, false, 0},
		{3, State{OK: true, Mode: "events", Watches: 7}, false, 0},
		{9, poll, false, 10},
		{10, poll, true, 0},
		{11, gone, true, 0},
		{12, events, true, 0},
		{13, gone, true, 0},
	} {
		before, later := len(told), time.Time{}
		if step.later > 0 {
			later = at(step.later)
		}
		if got := w.setState(step.state, at(step.at)); got != later {
			t.Errorf("at %d: to be told at %v, want %v", step.at, got.Sub(began), later.Sub(began))
		}
		if tells := len(told) > before; tells != step.tells || w.State() != step.state {
			t.Errorf("at %d: %v, want %v; %+v", step.at, tells, step.tells, w.State())
		}
	}
}

func TestRunRefusesBadOptions(t *testing.T) {
	if err := New(Options{Root: "relative"}).Run(t.Context()); err == nil {
		t.Error("a relative root was watched")
	}
}

func TestRunEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(Options{Root: t.TempDir()}).Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}
