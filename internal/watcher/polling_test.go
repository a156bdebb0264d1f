package watcher

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

func polling(w *Watcher) {
	w.opts.Mode = Poll
	w.opts.PollInterval = 20 * time.Millisecond
}

func TestPoll(t *testing.T) {
	s := play(t, polling)
	s.write("a.jpg", "a")
	s.write("new/deep/b.jpg", "b")
	s.wants("a.jpg", "new/deep/b.jpg")
	must(t, os.RemoveAll(s.path("new")))
	s.write("new/deep/c.jpg", "c")
	s.wants("new/deep/c.jpg")
	if st := s.w.State(); st.Mode != "poll" || st.Watches != 0 || st.Polled != 3 || st.Reason == "" {
		t.Errorf("state: %+v, want 3 directories polled for a reason", st)
	}
}

// Directories beyond the limit are polled, one word is said about it, and they
// are watched as soon as a scan finds that the limit is gone.
func TestWatchLimit(t *testing.T) {
	var unlimited atomic.Bool
	s := play(t, func(w *Watcher) {
		w.opts.PollInterval = 20 * time.Millisecond
		w.addNotify = func(fs *fsnotify.Watcher, p string) error {
			if strings.Contains(p, "beyond") && !unlimited.Load() {
				return unix.ENOSPC
			}
			return fs.Add(p)
		}
	})
	s.write("beyond/a.jpg", "a")
	s.write("beyond/more/b.jpg", "b")
	s.wants("beyond/a.jpg", "beyond/more/b.jpg")
	s.write("beyond/more/c.jpg", "c")
	s.wants("beyond/more/c.jpg")
	if err := next(t, "word about the limit", s.limit); !strings.Contains(err.Error(), "fs.inotify.max_user_watches") {
		t.Errorf("limit: %v, want the sysctl named", err)
	}
	if len(s.limit) != 0 {
		t.Errorf("the limit was told of %d times more", len(s.limit))
	}
	s.becomes("events+poll", func(st State) bool { return st.Mode == "events+poll" && st.OK && st.Reason != "" })

	unlimited.Store(true)
	s.w.Rescan()
	s.becomes("events", func(st State) bool { return st.Mode == "events" && st.Reason == "" })
	s.write("beyond/more/d.jpg", "d")
	s.wants("beyond/more/d.jpg")
}

// The limit that is named is the one to raise.
func TestTighterLimit(t *testing.T) {
	for _, test := range []struct{ machine, namespace, want string }{
		{"8192\n", "8192\n", "fs.inotify.max_user_watches = 8192 is too low"},
		{"8192\n", "10\n", "user.max_inotify_watches = 10 is too low"},
		{"10\n", "2147483647\n", "fs.inotify.max_user_watches = 10 is too low"},
		{"8192\n", "", "fs.inotify.max_user_watches = 8192 is too low"},
		{"", "", "fs.inotify.max_user_watches is too low"},
	} {
		proc := t.TempDir()
		for name, value := range map[string]string{"fs/inotify/max_user_watches": test.machine, "user/max_inotify_watches": test.namespace} {
			if value != "" {
				write(t, filepath.Join(proc, name), value)
			}
		}
		if got := tighter(proc, "watches"); got != test.want {
			t.Errorf("%q of the machine, %q of the namespace: %q, want %q", test.machine, test.namespace, got, test.want)
		}
	}
}

func TestInstanceLimit(t *testing.T) {
	s := play(t, func(w *Watcher) {
		w.opts.PollInterval = 20 * time.Millisecond
		w.newNotify = func() (*fsnotify.Watcher, error) { return nil, unix.EMFILE }
	})
	s.write("a.jpg", "a")
	s.wants("a.jpg")
	if err := next(t, "word about the limit", s.limit); !strings.Contains(err.Error(), "fs.inotify.max_user_instances") {
		t.Errorf("limit: %v, want the sysctl named", err)
	}
	s.becomes("poll", func(st State) bool { return st.Mode == "poll" })
}

// A directory that may not be listed is told of once and taken in as soon as it may.
func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is unreadable for root")
	}
	s := play(t, func(w *Watcher) { w.opts.PollInterval = 20 * time.Millisecond })
	must(t, os.Mkdir(s.path("closed"), 0))
	next(t, "refusal", s.refused)
	must(t, os.Chmod(s.path("closed"), 0o755))
	s.write("closed/a.jpg", "a")
	s.wants("closed/a.jpg")
}
