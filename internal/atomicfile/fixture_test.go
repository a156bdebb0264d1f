package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openRoot opens dir as a root for the length of the test.
func openRoot(t testing.TB, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

// put writes a file without this package's help.
func put(t testing.TB, elem ...string) string {
	t.Helper()
	name := filepath.Join(elem[:len(elem)-1]...)
	if err := os.WriteFile(name, []byte(elem[len(elem)-1]), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// wantFile fails unless the file holds exactly content.
func wantFile(t testing.TB, name, content string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
	} else if string(got) != content {
		t.Errorf("%q holds %.40q (%d bytes), want %.40q (%d bytes)", name, got, len(got), content, len(content))
	}
}

// wantNoFile fails when something has the name, be it a dangling link.
func wantNoFile(t testing.TB, name string) {
	t.Helper()
	if _, err := os.Lstat(name); !os.IsNotExist(err) {
		t.Errorf("%q: Lstat error is %v, want not exist", name, err)
	}
}

// wantNoTemps fails when a temporary file is anywhere below dir.
func wantNoTemps(t testing.TB, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasPrefix(e.Name(), TempPrefix) {
			t.Errorf("temporary file %q was left behind", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// setUmask sets the process's umask; tests that use it do not run in parallel.
func setUmask(t *testing.T, mask int) {
	old := unix.Umask(mask)
	t.Cleanup(func() { unix.Umask(old) })
}

// mountTmpfs returns a new filesystem of the given size.
func mountTmpfs(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("mounting needs root: %v", err)
	}
	t.Cleanup(func() { unmount(t, dir) })
	return dir
}

// unmount waits for the kernel to let go of files that it synced and we closed.
func unmount(t *testing.T, dir string) {
	t.Helper()
	err := unix.Unmount(dir, 0)
	for patience := 1000; err == unix.EBUSY && patience > 0; patience-- {
		<-time.After(time.Millisecond)
		err = unix.Unmount(dir, 0)
	}
	if err != nil {
		t.Fatalf("unmount %q: %v", dir, err)
	}
}

// otherFilesystem returns an empty directory that no rename from t.TempDir reaches.
func otherFilesystem(t *testing.T) string {
	t.Helper()
	var here, there unix.Stat_t
	if unix.Stat(t.TempDir(), &here) == nil && unix.Stat("/dev/shm", &there) == nil && here.Dev != there.Dev {
		dir, err := os.MkdirTemp("/dev/shm", "atomicfile")
		if err == nil {
			t.Cleanup(func() { os.RemoveAll(dir) })
			return dir
		}
	}
	return mountTmpfs(t, "size=16m")
}

// asNobody runs f without root's power over permissions. The thread that gave it
// up is never used again: it ends with its goroutine.
func asNobody(f func()) {
	if os.Getuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := unix.Setfsuid(65534); err != nil {
			panic(err)
		}
		f()
	}()
	<-done
}

// version returns the content of the nth version of a file: easy to tell from
// every other, and from any part or mixture of them.
func version(n int) []byte {
	line := []byte{byte('a' + n%26), byte('a' + n/26%26), '\n'}
	return bytes.Repeat(line, 3000+n)
}
