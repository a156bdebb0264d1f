package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// openNewRing returns a ring, and skips the test where the kernel gives none.
func openNewRing(t *testing.T) *ring {
	t.Helper()
	r, err := newRing()
	if err != nil {
		t.Skipf("the kernel gives no ring: %v", err)
	}
	t.Cleanup(r.close)
	return r
}

// openMany opens n files and directories, new and in turns.
func openMany(t *testing.T, n int) []*os.File {
	t.Helper()
	dir := t.TempDir()
	files := make([]*os.File, n)
	for i := range files {
		name := put(t, dir, fmt.Sprint(i), "content")
		if i%2 == 1 {
			name = dir
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		files[i] = f
	}
	return files
}

// However many files there are, each has its answer, also when the queues go round.
func TestRingSyncsAny(t *testing.T) {
	r := openNewRing(t)
	for _, n := range []int{0, 1, 2, 5, ringSize - 1, ringSize, ringSize + 1, 3*ringSize + 7} {
		answers := r.sync(openMany(t, n))
		if len(answers) != n {
			t.Errorf("%d answers for %d files", len(answers), n)
		}
		if err := errors.Join(answers...); err != nil {
			t.Errorf("of %d files: %v", n, err)
		}
	}
}

// What cannot be synced fails alone, by name.
func TestRingTellsWhoFailed(t *testing.T) {
	r := openNewRing(t)
	files := openMany(t, 2*ringSize)
	unsyncable, other, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unsyncable.Close()
	defer other.Close()
	for _, at := range []int{0, 7, ringSize + 1} {
		files[at] = unsyncable
		for i, err := range r.sync(files) {
			if files[i] != unsyncable {
				if err != nil {
					t.Errorf("file %d: %v", i, err)
				}
				continue
			}
			var path *fs.PathError
			if !errors.Is(err, unix.EINVAL) || !errors.As(err, &path) || path.Path != unsyncable.Name() {
				t.Errorf("the pipe: %v", err)
			}
		}
	}
}

// A ring that is taken away while it is used leaves every file without an answer that it
// lasts.
func TestRingIsTakenAway(t *testing.T) {
	r := openNewRing(t)
	r.fd = ^uintptr(0)
	for i, err := range r.sync(openMany(t, 3)) {
		if err != errNotSynced {
			t.Errorf("file %d: %v, want %v", i, err, errNotSynced)
		}
	}
	if *r.requestHead != *r.requestTail {
		t.Error("requests were left in the queue")
	}
}

// A ring that the runtime cannot wait for, because the kernel watches no more files for it,
// leaves no answer that the files of the next round would be given.
func TestRingIsNotWatched(t *testing.T) {
	r := openNewRing(t)
	for range 3 {
		files := openMany(t, 5)
		var err error
		if r.raw, err = files[0].SyscallConn(); err != nil { // a file on a disk is not watched
			t.Fatal(err)
		}
		if err := errors.Join(r.sync(files)...); err != nil {
			t.Error(err)
		}
		if *r.answerHead != atomic.LoadUint32(r.answerTail) {
			t.Error("answers were left in the queue")
		}
	}
}

// Whoever asks a ring, the threads of the kernel that sync for it belong to one thread, which is
// not that of another ring.
func TestThreadsOfRings(t *testing.T) {
	rings := []*ring{openNewRing(t), openNewRing(t)}
	files := openMany(t, 2)
	before := threadsThatAsk(t)
	end := make(chan bool)
	defer close(end)
	for range 5 {
		asked := make(chan error)
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			asked <- errors.Join(append(rings[0].sync(files), rings[1].sync(files)...)...)
			<-end // until then the thread is nobody else's
		}()
		if err := <-asked; err != nil {
			t.Error(err)
		}
	}
	asking := threadsThatAsk(t)
	maps.DeleteFunc(asking, func(thread string, _ int) bool { return before[thread] > 0 })
	if len(asking) > len(rings) {
		t.Errorf("%d threads ask %d rings: %v", len(asking), len(rings), asking)
	}
	for thread, n := range asking {
		if n > ringThreads {
			t.Errorf("%d threads of the kernel sync for thread %s", n, thread)
		}
	}
}

// threadsThatAsk returns how many threads of the kernel sync for each thread of this process.
func threadsThatAsk(t *testing.T) map[string]int {
	t.Helper()
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		t.Fatal(err)
	}
	threads := make(map[string]int)
	for _, name := range names {
		comm, _ := os.ReadFile(name) // none: it has ended
		if thread, ok := strings.CutPrefix(string(comm), "iou-wrk-"); ok {
			threads[strings.TrimSpace(thread)]++
		}
	}
	return threads
}

// Of all that a thread of the kernel may say, only that it was interrupted leaves the file to
// be synced again. What was cancelled may have been by the filesystem.
func TestAnswers(t *testing.T) {
	for errno, want := range map[unix.Errno]error{
		0: nil, unix.EINTR: errNotSynced, unix.EIO: unix.EIO, unix.ECANCELED: unix.ECANCELED, unix.EAGAIN: unix.EAGAIN,
	} {
		a := answer{result: -int32(errno)}
		if got := a.error("name"); !errors.Is(got, want) {
			t.Errorf("%d: %v, want %v", errno, got, want)
		}
	}
}

// A syncer syncs the files that its ring did not, and asks for a ring only when there is
// use for one.
func TestSyncer(t *testing.T) {
	for _, test := range []struct {
		name   string
		syncer syncer
		files  int
		rings  bool // whether it has a ring then, if the kernel gives any
	}{
		{"one file", syncer{}, 1, false},
		{"two files", syncer{}, 2, true},
		{"refused", syncer{refused: true}, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.rings {
				openNewRing(t)
			}
			defer test.syncer.close()
			if err := errors.Join(test.syncer.sync(openMany(t, test.files))...); err != nil {
				t.Error(err)
			}
			if got := test.syncer.ring != nil; got != test.rings {
				t.Errorf("it has a ring: %v", got)
			}
		})
	}
	broken := openNewRing(t)
	broken.fd = ^uintptr(0)
	s := syncer{ring: broken}
	if err := errors.Join(s.sync(openMany(t, 3))...); err != nil {
		t.Errorf("with a ring that takes nothing: %v", err)
	}
}

// A syncer that was closed holds nothing, and can be used again.
func TestSyncerIsClosed(t *testing.T) {
	openNewRing(t)
	before := mappedRings(t)
	var s syncer
	for range 3 {
		if err := errors.Join(s.sync(openMany(t, 2))...); err != nil {
			t.Error(err)
		}
		if mappedRings(t) == before {
			t.Error("no ring was made")
		}
		s.close()
		if n := mappedRings(t); n != before {
			t.Errorf("there are %d mappings of rings, there were %d", n, before)
		}
	}
	s.close()
}

// mappedRings returns how many mappings of rings the process has.
func mappedRings(t *testing.T) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip(err)
	}
	return bytes.Count(maps, []byte("[io_uring]"))
}
