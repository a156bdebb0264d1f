package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOnlyTheSameFileGoes removes and moves a file that is the expected one, and
// one that has taken its place.
func TestOnlyTheSameFileGoes(t *testing.T) {
	for name, leave := range map[string]func(src, dst *os.Root, same func(fs.FileInfo) bool) error{
		"remove": func(src, _ *os.Root, same func(fs.FileInfo) bool) error { return Remove(src, "f", same) },
		"move": func(src, dst *os.Root, same func(fs.FileInfo) bool) error {
			return Move(src, "f", dst, "g", Options{Same: same})
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := t.TempDir(), t.TempDir()
			src, dst := openRoot(t, from), openRoot(t, to)
			file := put(t, from, "f", "another")
			if err := leave(src, dst, func(fi fs.FileInfo) bool { return fi.Size() == 3 }); !errors.Is(err, ErrChanged) {
				t.Errorf("leaving another file: %v", err)
			}
			wantFile(t, file, "another")
			put(t, from, "f", "one")
			writer, err := os.OpenFile(file, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if tellsWriters(t, from) {
				if err := leave(src, dst, func(fs.FileInfo) bool { return true }); !errors.Is(err, ErrChanged) {
					t.Errorf("leaving a file that is open for writing: %v", err)
				}
			}
			writer.Close()
			if err := leave(src, dst, func(fi fs.FileInfo) bool { return fi.Size() == 3 }); err != nil {
				t.Error(err)
			}
			for dir, want := range map[string]int{from: 0, to: map[string]int{"remove": 0, "move": 1}[name]} {
				if entries, err := os.ReadDir(dir); err != nil || len(entries) != want {
					t.Errorf("%d files are in %s, want %d: %v", len(entries), dir, want, err)
				}
			}
		})
	}
}

// tellsWriters reports whether the filesystem of dir is one that is asked for
// writers.
func tellsWriters(t *testing.T, dir string) bool {
	t.Helper()
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		t.Fatal(err)
	}
	return leasing[int64(fs.Type)]
}
