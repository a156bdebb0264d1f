package watcher

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A scan may find a moved directory under its new path before the events of the
// move are read. The kernel knows one watch for it, under the old path: when
// that is given up, the new path must be watched again.
func TestMovedDirectoryFoundEarly(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "old", "sub", "a.jpg"), "a")
	id, err := identifyRoot(dir)
	must(t, err)
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()

	w := New(Options{Root: dir, Recursive: true})
	tr := newTree(w, root, id)
	defer tr.close()
	scan := func() {
		for tr.scan.active() {
			must(t, tr.scanPortion(time.Now()))
		}
	}
	tr.scanAll(time.Now())
	scan()
	must(t, os.Rename(filepath.Join(dir, "old"), filepath.Join(dir, "new")))
	tr.scanAll(time.Now())
	scan()
	eventually(t, w.inbox, func(m *mail) bool { return m.touched["old"] == gone })
	tr.readMail(time.Now())
	scan()

	write(t, filepath.Join(dir, "new", "sub", "b.jpg"), "b")
	eventually(t, w.inbox, func(m *mail) bool { _, ok := m.touched["new/sub/b.jpg"]; return ok })
	if st := tr.state(); st.Watches != 3 {
		t.Errorf("%d directories watched, want 3", st.Watches)
	}
}
