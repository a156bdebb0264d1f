package watcher

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWalk(t *testing.T) {
	root := t.TempDir()
	for _, p := range []string{"a/b/c.jpg", "a/.hidden/d.jpg", "a/e.tmp", "f.jpg", "skip/g.jpg", "h.txt"} {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(p)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, p), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(root, filepath.Join(root, "a", "loop")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name        string
		o           Options
		dirs, files []string
	}{
		{"all", Options{Root: root, Recursive: true}, []string{".", "a", "a/b", "skip"}, []string{"a/b/c.jpg", "f.jpg", "h.txt", "skip/g.jpg"}},
		{"patterns", Options{Root: root, Recursive: true, Include: []string{"*.JPG"}, Exclude: []string{"skip/"}}, []string{".", "a", "a/b"}, []string{"a/b/c.jpg", "f.jpg"}},
		{"flat", Options{Root: root}, []string{"."}, []string{"f.jpg", "h.txt"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var dirs, files []string
			err := test.o.Walk(t.Context(), func(p string) { dirs = append(dirs, p) }, func(p string, _ fs.FileInfo) { files = append(files, p) })
			slices.Sort(dirs)
			slices.Sort(files)
			if err != nil || !slices.Equal(dirs, test.dirs) || !slices.Equal(files, test.files) {
				t.Errorf("dirs %q, files %q, %v; want %q and %q", dirs, files, err, test.dirs, test.files)
			}
		})
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	cancel(enough)
	nothing := func(string) {}
	if err := (Options{Root: root}).Walk(ctx, nothing, func(string, fs.FileInfo) {}); !errors.Is(err, enough) {
		t.Errorf("after the end of its time: %v", err)
	}
	if err := (Options{Root: root + "/none"}).Walk(t.Context(), nothing, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a root that is not there: %v", err)
	}
	if name := Remote(root + "/none"); name != "" {
		t.Errorf("the filesystem of a directory that is not there is %q", name)
	}
}
