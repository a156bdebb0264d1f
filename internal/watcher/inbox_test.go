package watcher

import (
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestInboxMerges(t *testing.T) {
	in := newInbox()
	in.touch("a", touched)
	in.touch("a", gone)
	in.touch("a", touched)
	in.touch("b", touched)
	in.visit("c", start)
	in.rescan()
	<-in.wake
	m := in.take()
	if want := map[string]presence{"a": gone, "b": touched}; !maps.Equal(m.touched, want) {
		t.Errorf("touched %v, want %v", m.touched, want)
	}
	if !m.visits["c"].Equal(start) || !m.scan || m.lost {
		t.Errorf("mail %+v", m)
	}
	if m := in.take(); m.scan || len(m.touched)+len(m.visits) != 0 {
		t.Errorf("second reading: %+v, want nothing", m)
	}
}

func TestInboxIsBounded(t *testing.T) {
	in := newInbox()
	for i := range 3 * maxMail {
		in.touch(fmt.Sprint(i), gone)
		in.visit(fmt.Sprint(i), start)
	}
	m := in.take()
	if len(m.touched) > maxMail || len(m.visits) > maxMail {
		t.Errorf("%d paths and %d visits remembered", len(m.touched), len(m.visits))
	}
	if !m.lost || !m.scan || m.overflow {
		t.Errorf("lost %v, scan %v, overflow %v, want a scan for the lost detail", m.lost, m.scan, m.overflow)
	}
	in.touch("a", touched)
	if m := in.take(); m.lost || len(m.touched) != 1 {
		t.Errorf("after reading: %+v, want one path", m)
	}
}

// Events and errors come in any order, both are read, and the loop hears of them.
func TestDrain(t *testing.T) {
	events, errs := make(chan fsnotify.Event), make(chan error)
	in, done := newInbox(), make(chan struct{})
	go func() {
		drain(events, errs, "/root", in)
		close(done)
	}()
	events <- fsnotify.Event{Name: "/root/a/b", Op: fsnotify.Create}
	events <- fsnotify.Event{Name: "/root/a", Op: fsnotify.Rename}
	events <- fsnotify.Event{Name: "/root", Op: fsnotify.Chmod}
	want := map[string]presence{"a/b": touched, "a": gone, ".": touched}
	eventually(t, in, func(m *mail) bool { return maps.Equal(m.touched, want) })

	errs <- fmt.Errorf("read: %w", fsnotify.ErrEventOverflow)
	eventually(t, in, func(m *mail) bool { return m.overflow && m.lost && len(m.touched) == 0 })
	in.take()
	errs <- errors.New("something else")
	eventually(t, in, func(m *mail) bool { return !m.overflow && m.lost })

	close(errs)
	close(events)
	<-done
}

// eventually waits until the inbox holds what ok wants.
func eventually(t *testing.T, in *inbox, ok func(*mail) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		in.mu.Lock()
		fits := ok(&in.mail)
		in.mu.Unlock()
		if fits {
			return
		}
		select {
		case <-in.wake:
		case <-deadline:
			t.Fatalf("inbox holds %+v", in.take())
		}
	}
}

func TestRelative(t *testing.T) {
	for _, c := range []struct{ root, name, want string }{
		{"/in", "/in", "."},
		{"/in", "/in/a", "a"},
		{"/in", "/in/in/a\n", "in/a\n"},
		{"/", "/a/b", "a/b"},
		{"/", "/", "."},
	} {
		if got := relative(c.root, c.name); got != c.want {
			t.Errorf("relative(%q, %q) = %q, want %q", c.root, c.name, got, c.want)
		}
	}
}

func TestRefusedOnce(t *testing.T) {
	r := newRefused()
	if !r.first("a", 1) || r.first("a", 1) {
		t.Error("want one refusal of the same path and inode")
	}
	if !r.first("a", 2) || !r.first("b", 1) {
		t.Error("another inode or path is another refusal")
	}
	for i := range maxRefused {
		r.first("many", uint64(i))
	}
	if len(r.seen) > maxRefused {
		t.Errorf("%d refusals remembered", len(r.seen))
	}
}
