package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// together publishes a file under each name, with the name as its content, at the
// same time and in one round, and returns the errors. It runs in a bubble of
// synctest, whose clock stands still while anyone works: nobody comes too late.
func together(t *testing.T, g *Group, root *os.Root, o Options, names ...string) []error {
	t.Helper()
	defer g.Close()
	diskOf(t, g, root).begun = time.Now() // so that the next round waits for the pace
	errs := make([]error, len(names))
	var writers sync.WaitGroup
	for i, name := range names {
		writers.Go(func() {
			runtime.LockOSThread() // strace counts the calls of each thread
			errs[i] = g.Write(root, name, []byte(name), o)
		})
	}
	writers.Wait()
	return errs
}

// diskOf returns the rounds on the filesystem of root.
func diskOf(t *testing.T, g *Group, root *os.Root) *disk {
	t.Helper()
	d, err := openDir(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	id, err := d.identity()
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.disk(id.device)
}

// elapsed returns how long f waits: nothing else takes time in a bubble.
func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// An idle filesystem commits at once, and a busy one keeps the pace.
func TestPace(t *testing.T) {
	root := openRoot(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		var g Group
		write := func() {
			if err := g.Write(root, "f", nil, Options{}); err != nil {
				t.Error(err)
			}
		}
		if d := elapsed(write); d != 0 {
			t.Errorf("the first round waited for %v", d)
		}
		if d := elapsed(write); d != pace {
			t.Errorf("the one after it waited for %v, want %v", d, pace)
		}
		<-time.After(pace / 2)
		if d := elapsed(write); d != pace/2 {
			t.Errorf("the one after a short pause waited for %v, want %v", d, pace/2)
		}
		<-time.After(pace)
		if d := elapsed(write); d != 0 {
			t.Errorf("the one after a pause waited for %v", d)
		}
	})
}

// Once there is no more to come, neither the round that gathers nor any after it waits.
func TestHurry(t *testing.T) {
	root := openRoot(t, t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		g := Group{Size: 10}
		d := elapsed(func() {
			var hurry sync.WaitGroup
			hurry.Go(func() {
				synctest.Wait() // until the files have gathered
				g.Hurry()
				g.Hurry()
			})
			if err := errors.Join(together(t, &g, root, Options{}, "a", "b", "c")...); err != nil {
				t.Error(err)
			}
			hurry.Wait()
			if err := errors.Join(together(t, &g, root, Options{}, "d", "e")...); err != nil {
				t.Error(err)
			}
		})
		if d != 0 {
			t.Errorf("waited for %v", d)
		}
	})
}

// A full round does not wait for the pace.
func TestFullRound(t *testing.T) {
	root := openRoot(t, t.TempDir())
	for _, test := range []struct {
		size, files int
		want        time.Duration
	}{
		{0, 15, pace}, {0, 16, 0}, {4, 3, pace}, {4, 4, 0}, {1, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := Group{Size: test.size}
			var names []string
			for i := range test.files {
				names = append(names, fmt.Sprint(i))
			}
			d := elapsed(func() {
				if err := errors.Join(together(t, &g, root, Options{}, names...)...); err != nil {
					t.Error(err)
				}
			})
			if d != test.want {
				t.Errorf("%d files with Size %d waited for %v, want %v", test.files, test.size, d, test.want)
			}
		})
	}
}

// TestBadFilesInARound lets some files of a round fail and wants the others to
// stand.
func TestBadFilesInARound(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	put(t, dir, "taken", "stays")
	if err := os.MkdirAll(filepath.Join(dir, "folder/full"), 0o755); err != nil {
		t.Fatal(err)
	}
	names := []string{"taken", "a", "folder", "new/b", "taken/c", "d", "nul\x00", "new/e"}
	want := []error{fs.ErrExist, nil, fs.ErrExist, nil, unix.ENOTDIR, nil, fs.ErrInvalid, nil}
	synctest.Test(t, func(t *testing.T) {
		for i, err := range together(t, new(Group), root, Options{Replace: NoReplace}, names...) {
			if !errors.Is(err, want[i]) {
				t.Errorf("Write(%q) = %v, want %v", names[i], err, want[i])
			}
			if err == nil {
				wantFile(t, filepath.Join(dir, names[i]), names[i])
			} else if quoted := strconv.Quote(filepath.Join(dir, names[i])); !strings.Contains(err.Error(), quoted) {
				t.Errorf("error %q does not name %s", err, quoted)
			}
		}
	})
	wantFile(t, filepath.Join(dir, "taken"), "stays")
	wantNoTemps(t, dir)
}

// One of those who publish under the same name in the same round wins.
func TestNoReplaceInARound(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	synctest.Test(t, func(t *testing.T) {
		errs := together(t, new(Group), root, Options{Replace: NoReplace}, slices.Repeat([]string{"f"}, 8)...)
		lost := 0
		for _, err := range errs {
			if errors.Is(err, fs.ErrExist) {
				lost++
			} else if err != nil {
				t.Error(err)
			}
		}
		if lost != len(errs)-1 {
			t.Errorf("%d of %d lost", lost, len(errs))
		}
	})
	wantFile(t, filepath.Join(dir, "f"), "f")
	wantNoTemps(t, dir)
}

// A full disk fails those whose bytes find no room.
func TestFullDiskInARound(t *testing.T) {
	dir := mountTmpfs(t, "size=64k")
	root := openRoot(t, dir)
	var g Group
	defer g.Close()
	var small, large error
	var writers sync.WaitGroup
	writers.Go(func() { small = g.Write(root, "small", []byte("small"), Options{}) })
	writers.Go(func() { large = g.Write(root, "large", make([]byte, 1<<20), Options{}) })
	writers.Wait()
	if !errors.Is(large, unix.ENOSPC) {
		t.Errorf("the large file: %v, want %v", large, unix.ENOSPC)
	}
	if small != nil && !errors.Is(small, unix.ENOSPC) {
		t.Errorf("the small file: %v", small)
	}
	wantNoTemps(t, dir)
}

// TestOtherFilesystemGoesOn hangs one filesystem and publishes on another.
func TestOtherFilesystemGoesOn(t *testing.T) {
	here, there := openRoot(t, t.TempDir()), openRoot(t, otherFilesystem(t))
	var g Group
	defer g.Close()
	hanging := diskOf(t, &g, here)
	hanging.turn.Lock()
	answer := make(chan error, 1)
	go func() { answer <- g.Write(here, "f", nil, Options{}) }()
	if err := g.Write(there, "f", nil, Options{}); err != nil {
		t.Error(err)
	}
	if err := g.Write(here, "unsynced", nil, Options{Durability: None}); err != nil {
		t.Error(err)
	}
	select {
	case err := <-answer:
		t.Errorf("published on a filesystem that hangs: %v", err)
	default:
	}
	hanging.turn.Unlock()
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// A round whose leader panics is no success for those who followed.
func TestLeaderPanics(t *testing.T) {
	r := newRound()
	r.entries = []*entry{{err: errUnanswered}}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a file that is not there was committed")
			}
		}()
		r.commit(new(syncer))
	}()
	<-r.done
	if err := r.entries[0].err; !errors.Is(err, errUnanswered) {
		t.Errorf("the answer is %v, want %v", err, errUnanswered)
	}
}

// Many publish in many directories; each finds its file when it is told so.
func TestConcurrentRounds(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	g := Group{Size: 8}
	defer g.Close()
	var writers sync.WaitGroup
	for i := range 24 {
		writers.Go(func() {
			for j := range 12 {
				name := fmt.Sprintf("%d/%d.jpg", j%5, i*100+j)
				if err := g.Write(root, name, version(i), Options{Mode: 0o640}); err != nil {
					t.Error(err)
				}
				wantFile(t, filepath.Join(dir, name), string(version(i)))
			}
		})
	}
	writers.Wait()
	wantNoTemps(t, dir)
}
