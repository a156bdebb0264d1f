package web

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSocketOfAnotherIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run", "socket") // the folder is made
	first, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if fi, err := os.Lstat(path); err != nil || fi.Mode() != fs.ModeSocket|socketMode {
		t.Errorf("the socket is %v, %v", fi.Mode(), err)
	}
	if l, err := Listen(path); err == nil || !strings.Contains(err.Error(), "another daemon answers on it") {
		t.Errorf("a second one listens: %v, %v", l, err)
	}
	// It still leads to the first.
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after its end: %v", err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	left, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := left.(*listener).Listener.Close(); err != nil { // as a killed process does
		t.Fatal(err)
	}
	if _, err := Connect(path); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("connecting to a socket that nobody listens on: %v", err)
	}
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(path); err != nil {
		t.Error(err)
	}
	// Whoever takes its place keeps it.
	if err := errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600), l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("what stands in its place was removed: %v", err)
	}
}

// TestSocketThatCannotBeAsked is left alone as well, and no daemon is blamed for it.
func TestSocketThatCannotBeAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	other, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if l, err := Listen(path); !errors.Is(err, unix.EPROTOTYPE) || strings.Contains(err.Error(), "stop that one") {
		t.Errorf("%v, %v", l, err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}

func TestWhatIsNoSocketIsLeftAlone(t *testing.T) {
	for name, lay := range map[string]func(path string) error{
		"file":      func(path string) error { return os.WriteFile(path, []byte("dear"), 0o600) },
		"link":      func(path string) error { return os.Symlink("dear", path) },
		"directory": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := lay(path); err != nil {
			t.Fatal(err)
		}
		if l, err := Listen(path); err == nil || !strings.Contains(err.Error(), "no socket stands there") {
			t.Errorf("%s: %v, %v", name, l, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}
