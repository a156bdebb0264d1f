package atomicfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWriteErrorsNamePathAndOperation(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T) (dir string)
		path    string
		want    syscall.Errno
		op      string
	}{
		{"directory at the final name", func(t *testing.T) string {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "taken/by/a/directory"), 0o755); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "taken/by", unix.EISDIR, "renameat2"},
		{"file where a directory must be", func(t *testing.T) string {
			dir := t.TempDir()
			put(t, dir, "f", "stays")
			return dir
		}, "f/g", unix.ENOTDIR, "openat"},
		{"FIFO where a directory must be", func(t *testing.T) string {
			dir := t.TempDir()
			if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "fifo/g", unix.ENOTDIR, "openat"},
		{"full disk", func(t *testing.T) string {
			return mountTmpfs(t, "size=64k")
		}, "d/f", unix.ENOSPC, "write"},
		{"no inode left", func(t *testing.T) string {
			return mountTmpfs(t, "nr_inodes=2")
		}, "d/f", unix.ENOSPC, "openat"},
		{"read-only filesystem", func(t *testing.T) string {
			return mountTmpfs(t, "ro")
		}, "f", unix.EROFS, "openat"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.prepare(t)
			err := Write(openRoot(t, dir), tt.path, make([]byte, 1<<20), Options{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			for _, part := range []string{filepath.Join(dir, tt.path), tt.op} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %q", err, part)
				}
			}
			wantNoTemps(t, dir)
		})
	}
}

func TestWriteWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	put(t, dir, "f", "stays")
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	asNobody(func() {
		for _, name := range []string{"f", "g", "d/f"} {
			if err := Write(root, name, []byte("x"), Options{}); !errors.Is(err, unix.EACCES) {
				t.Errorf("Write(%q) = %v, want %v", name, err, unix.EACCES)
			}
		}
		if err := Remove(root, "f", nil); !errors.Is(err, unix.EACCES) {
			t.Errorf("Remove = %v, want %v", err, unix.EACCES)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "f"), "stays")
	wantNoTemps(t, dir)
}

func TestFullDiskKeepsTheFormerVersion(t *testing.T) {
	dir := mountTmpfs(t, "size=64k")
	root := openRoot(t, dir)
	if err := Write(root, "f", []byte("former"), Options{}); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {Durability: None}, {Replace: NoReplace}} {
		if err := Write(root, "f", make([]byte, 1<<20), o); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("error is %v, want %v", err, unix.ENOSPC)
		}
	}
	wantFile(t, filepath.Join(dir, "f"), "former")
	wantNoTemps(t, dir)
	if err := Write(root, "f", make([]byte, 16<<10), Options{}); err != nil {
		t.Errorf("the space was not given back: %v", err)
	}
}
