package watcher

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/job"
)

func TestStartUpScan(t *testing.T) {
	root := t.TempDir()
	names := []string{"a.jpg", "-dash", "new\nline", "\xff\xfe", "deep/er/b.png", string(slices.Repeat([]byte("n"), 255))}
	for _, n := range names {
		writeOld(t, filepath.Join(root, n), n)
	}
	for _, n := range []string{".hidden", "x.part", ".git/a.jpg", "@eaDir/a.jpg", "deep/__MACOSX/x/a.jpg"} {
		writeOld(t, filepath.Join(root, n), n)
	}
	s := set(t, root, nil)
	if st := s.scan(); st.Files != len(names) || st.Dirs != 3 {
		t.Errorf("scan: %+v, want %d files in 3 directories", st, len(names))
	}
	s.wants(names...)
	st := s.w.State()
	if !st.OK || st.Mode != "events" || st.Watches != 3 || st.Polled != 0 {
		t.Errorf("state: %+v, want 3 directories watched", st)
	}
	s.wantsNothingElse()
}

func TestNotRecursive(t *testing.T) {
	s := play(t, func(w *Watcher) { w.opts.Recursive = false })
	s.write("deep/a.jpg", "below")
	s.write("b.jpg", "here")
	s.wants("b.jpg")
	s.wantsNothingElse()
}

func TestSymlinkedRoot(t *testing.T) {
	link := filepath.Join(t.TempDir(), "inbox")
	must(t, os.Symlink(t.TempDir(), link))
	s := set(t, link, nil)
	s.scan()
	s.write("a/b.jpg", "through the link")
	s.wants("a/b.jpg")
}

// A tree that is moved in, and directories that are made and filled at once.
func TestNewDirectories(t *testing.T) {
	s := play(t, nil)
	outside := t.TempDir()
	writeOld(t, filepath.Join(outside, "moved/in/a.jpg"), "a")
	must(t, os.Rename(filepath.Join(outside, "moved"), s.path("moved")))
	s.wants("moved/in/a.jpg")

	var want []string
	for i := range 200 {
		p := fmt.Sprintf("%d/b/c/x.jpg", i)
		s.write(p, p)
		want = append(want, p)
	}
	s.wants(want...)
	s.write("17/b/c/later.jpg", "the new directories are watched")
	s.wants("17/b/c/later.jpg")
}

// A directory that moves within the tree is watched under its new name, whatever
// the order in which that becomes known.
func TestMovedDirectory(t *testing.T) {
	s := play(t, nil)
	name := "d0"
	s.write(name+"/sub/a.jpg", "a")
	s.wants(name + "/sub/a.jpg")
	for i := range 30 {
		to := fmt.Sprint("d", i+1)
		must(t, os.Rename(s.path(name), s.path(to)))
		if i%3 == 0 {
			s.w.Rescan() // finds the new name while the events are on their way
		}
		name = to
		s.write(name+"/sub/new.jpg", to)
		for seen := ""; seen != name+"/sub/new.jpg"; {
			seen = next(t, "job for "+name+"/sub/new.jpg", s.jobs).Path
		}
	}
}

func TestRemadeDirectory(t *testing.T) {
	s := play(t, nil)
	for i := range 20 {
		must(t, os.RemoveAll(s.path("d")))
		p := fmt.Sprintf("d/e/%d.jpg", i)
		s.write(p, p)
		s.wants(p)
	}
}

func TestRenameOver(t *testing.T) {
	s := play(t, nil)
	s.write("a.jpg", "first")
	s.wants("a.jpg")
	write(t, s.path(".a.jpg.tmp"), "second one")
	must(t, os.Rename(s.path(".a.jpg.tmp"), s.path("a.jpg")))
	s.wants("a.jpg")
	must(t, os.Link(s.path("a.jpg"), s.path("b.jpg")))
	s.wants("b.jpg")
	s.wantsNothingElse()
}

// A file that is written again and again, and one whose mode changes, is one job.
func TestManyWrites(t *testing.T) {
	s := play(t, func(w *Watcher) { w.opts.StableFor = 300 * time.Millisecond })
	f, err := os.OpenFile(s.path("a.jpg"), os.O_CREATE|os.O_WRONLY, 0o644)
	must(t, err)
	for i := range 1000 {
		_, err := fmt.Fprintln(f, i)
		must(t, err)
	}
	must(t, f.Close())
	s.wants("a.jpg")
	for i := range 100 {
		must(t, os.Chmod(s.path("a.jpg"), 0o600+os.FileMode(i%2)*0o44))
	}
	s.wantsNothingElse()
}

func TestDeletedWhileSettling(t *testing.T) {
	s := play(t, func(w *Watcher) { w.opts.StableFor = 200 * time.Millisecond })
	s.write("a.jpg", "soon gone")
	must(t, os.Remove(s.path("a.jpg")))
	s.wantsNothingElse()
}

func TestRevisit(t *testing.T) {
	s := play(t, nil)
	s.write("a.jpg", "a")
	s.wants("a.jpg")
	s.mu.Lock()
	clear(s.done)
	s.mu.Unlock()
	s.w.Revisit("a.jpg", 10*time.Millisecond)
	s.wants("a.jpg")
	s.w.Revisit("a.jpg", 0)      // done already
	s.w.Revisit("not there", 0)  // vanished
	s.w.Revisit("../outside", 0) // no path of ours
	s.wantsNothingElse()
}

func TestOverflowScansOnce(t *testing.T) {
	s := play(t, nil)
	s.write("d/a.jpg", "a")
	s.wants("d/a.jpg")
	for range 100 {
		s.w.inbox.overflow()
	}
	next(t, "overflow", s.lost)
	s.scan()
	s.write("d/b.jpg", "watched anew")
	s.wants("d/b.jpg")
	if n := len(s.lost) + len(s.scanned); n > 4 {
		t.Errorf("%d more overflows and scans for one burst", n)
	}
}

// An overflow that lasts is told of once for each scan that it leads to.
func TestOverflowToldOncePerScan(t *testing.T) {
	s := play(t, nil)
	const scans = 3
	for len(s.scanned) < scans {
		s.w.inbox.overflow()
		runtime.Gosched()
	}
	s.wantsNothingElse()
	if n := len(s.lost); n < scans || n > len(s.scanned)+2 { // one scan under way, one to come
		t.Errorf("%d overflows told of, %d scans", n, len(s.scanned))
	}
}

func TestFullQueue(t *testing.T) {
	root := t.TempDir()
	var want []string
	for i := range 600 {
		p := fmt.Sprintf("%d/%d.jpg", i%7, i)
		writeOld(t, filepath.Join(root, p), p)
		want = append(want, p)
	}
	room, asked := make(chan struct{}), make(chan struct{}, 10)
	s := set(t, root, func(w *Watcher) {
		add, taken := w.opts.Add, 0
		w.opts.Add = func(j job.Job) bool {
			if taken++; taken == 100 {
				return false
			}
			return add(j)
		}
		w.opts.Room = func() <-chan struct{} {
			asked <- struct{}{}
			return room
		}
	})
	next(t, "question for room", asked)
	s.write("new/while-full.jpg", "found by the scan that follows")
	close(room)
	s.wants(append(want, "new/while-full.jpg")...)
	if len(asked) != 0 {
		t.Errorf("asked for room %d times more than needed", len(asked))
	}
}

func TestFullQueueWithoutRoom(t *testing.T) {
	s := play(t, nil)
	s.setRoom(false)
	s.write("a.jpg", "a")
	s.w.Rescan()
	s.scan()
	s.setRoom(true)
	s.wants("a.jpg")
}

func TestCrowdedSettle(t *testing.T) {
	s := newCrowd(t)
	s.wants(s.files...)
}

// A crowd is a folder in which more files move than the watcher remembers.
type crowd struct {
	*scene
	files []string
}

func newCrowd(t *testing.T) crowd {
	root := t.TempDir()
	c := crowd{}
	for i := range 500 {
		p := fmt.Sprintf("%d/%d.jpg", i%5, i)
		write(t, filepath.Join(root, p), p)
		c.files = append(c.files, p)
	}
	c.scene = set(t, root, func(w *Watcher) {
		w.opts.Mode = Poll // all must be seen twice
		w.settleLimit = 40
	})
	return c
}

// A file that someone keeps open is not ready, however long it rests.
func TestOpenWriter(t *testing.T) {
	s := play(t, nil)
	f, err := os.Create(s.path("slow.jpg"))
	must(t, err)
	defer f.Close()
	if err := checkLease(f); err == nil {
		t.Skip("leases say nothing here")
	}
	for i := range 3 {
		_, err := fmt.Fprintln(f, i)
		must(t, err)
		other := fmt.Sprint(i, ".jpg")
		s.write(other, "passes while the slow one waits")
		s.wants(other)
	}
	must(t, f.Close())
	s.wants("slow.jpg")
}

// What is no regular file is refused once, and never opened: opening the pipe
// would block for ever.
func TestRefused(t *testing.T) {
	root := t.TempDir()
	place := func(dir string) {
		p := func(name string) string { return filepath.Join(root, dir, name) }
		must(t, os.MkdirAll(p(""), 0o755))
		must(t, os.Symlink("/etc/passwd", p("link.jpg")))
		must(t, os.Symlink("/etc", p("linked-dir")))
		must(t, os.Symlink("nowhere", p("dangling")))
		must(t, os.Symlink(".", p("loop")))
		must(t, unix.Mkfifo(p("pipe.jpg"), 0o644))
		l, err := net.Listen("unix", p("socket"))
		must(t, err)
		t.Cleanup(func() { l.Close() })
		must(t, os.Symlink("nowhere", p(".hidden-link")))
	}
	want := func(s *scene, dir string) {
		var got []string
		for range 6 {
			got = append(got, next(t, "refusal", s.refused))
		}
		slices.Sort(got)
		for i, reason := range []string{
			"dangling: is a symbolic link", "link.jpg: is a symbolic link", "linked-dir: is a symbolic link",
			"loop: is a symbolic link", "pipe.jpg: is a named pipe", "socket: is a socket",
		} {
			if !strings.HasPrefix(got[i], filepath.Join(dir, reason)) {
				t.Errorf("refused %q, want %q in %q", got[i], reason, dir)
			}
		}
	}
	place("")
	s := set(t, root, nil)
	s.scan()
	want(s, "")
	place("later")
	want(s, "later")
	s.w.Rescan()
	s.scan()
	s.wantsNothingElse()
	if len(s.refused) != 0 {
		t.Errorf("%d refusals told twice, such as %q", len(s.refused), <-s.refused)
	}
}

// A file that cannot be opened is handed over: the reader tells the reason.
func TestUnreadableFile(t *testing.T) {
	s := play(t, nil)
	must(t, os.WriteFile(s.path("secret.jpg"), []byte("x"), 0))
	s.wants("secret.jpg")
}

func TestFIFOInPlaceOfAFileDoesNotBlock(t *testing.T) {
	root := t.TempDir()
	must(t, unix.Mkfifo(filepath.Join(root, "a.jpg"), 0o644))
	r, err := os.OpenRoot(root)
	must(t, err)
	defer r.Close()
	if _, err := probeLease(r, "a.jpg"); err != nil {
		t.Errorf("probe of a pipe: %v", err)
	}
	if f, err := openDir(r, "a.jpg"); err == nil {
		f.Close()
		t.Error("a pipe was opened as a directory")
	}
}
