package watcher

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSee(t *testing.T) {
	dir := t.TempDir()
	long := time.Now().Add(-time.Hour)
	write := func(name string, at time.Time) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.jpg", "sub/a.jpg", "raw/a.jpg", ".hidden/a.jpg", "x.tmp", "a.txt", "open.jpg"} {
		write(name, long)
	}
	write("fresh.jpg", time.Now())
	if err := os.Symlink("a.jpg", filepath.Join(dir, "link.jpg")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe.jpg"), 0o666); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(filepath.Join(dir, "open.jpg"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	all := Options{Root: dir, Recursive: true, StableFor: time.Minute, Include: []string{"*.jpg", "*.tmp"}, Exclude: []string{"raw/"}}
	flat := all
	flat.Recursive = false
	gone := all
	gone.Root = filepath.Join(dir, "nowhere")
	for _, test := range []struct {
		options Options
		path    string
		look    Look
		why     string
	}{
		{all, "a.jpg", AtRest, ""},
		{all, "sub/a.jpg", AtRest, ""},
		{all, "fresh.jpg", Growing, "stable_for is 1m0s"},
		{all, "open.jpg", Growing, "open for writing"},
		{all, "raw/a.jpg", Hidden, `exclude has "raw/"`},
		{all, ".hidden/a.jpg", Hidden, `".*" is always ignored`},
		{all, "x.tmp", Hidden, `"*.tmp" is always ignored`},
		{all, "a.txt", Hidden, `include takes only ["*.jpg" "*.tmp"]`},
		{flat, "sub/a.jpg", Hidden, "recursive is false"},
		{all, "link.jpg", Refused, "symbolic link"},
		{all, "pipe.jpg", Refused, "named pipe"},
		{all, "sub", Hidden, "include"},
		{Options{Root: dir}, "sub", Refused, "directory"},
		{all, "nothing.jpg", Missing, "no such file"},
		{gone, "a.jpg", Missing, "cannot be opened"},
	} {
		s := test.options.See(test.path)
		if s.Look != test.look || !strings.Contains(s.Why, test.why) || (test.why == "") != (s.Why == "") {
			t.Errorf("%s: look %d because %q, want %d because %q", test.path, s.Look, s.Why, test.look, test.why)
		}
	}
}
