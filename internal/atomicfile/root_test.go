package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpenRootWaitsForNobody opens what may stand where a directory is to be.
func TestOpenRootWaitsForNobody(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(unix.Mkfifo(at("fifo"), 0o600), os.Mkdir(at("dir"), 0o700), os.Symlink("dir", at("link")), os.Symlink("fifo", at("pipe"))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{
		at("dir"): nil, at("link"): nil, at("fifo"): unix.ENOTDIR, at("pipe"): unix.ENOTDIR, at("none"): fs.ErrNotExist, "": fs.ErrNotExist,
	} {
		root, err := OpenRoot(name)
		if err == nil {
			root.Close()
		}
		var p *fs.PathError
		if !errors.Is(err, want) || errors.As(err, &p) && p.Path != name {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
}
