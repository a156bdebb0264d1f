package ledger

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"imgwatchd/internal/job"
)

func TestInspect(t *testing.T) {
	dir := t.TempDir()
	if _, err := Inspect(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no ledger: %v", err)
	}
	d := open(t, dir, Options{})
	d.address("tell")
	r := photos()
	for _, name := range []string{"a.jpg", "b.jpg"} {
		j := job.Job{Folder: r.Folder, Path: name, Fingerprint: job.Fingerprint{Size: 1, ModTime: 2, Inode: 3}}
		d.begin(j, r)
		d.record(done(j, "web"), r)
	}
	check := func(when string) {
		t.Helper()
		before := filesIn(t, dir)
		c, err := Inspect(t.Context(), dir)
		if err != nil || c.Sources[job.Done] != 2 || !c.Checked || c.Bytes == 0 || c.Aside != 0 {
			t.Errorf("%s: %+v, %v", when, c, err)
		}
		if o := c.Outbox["tell"]; len(c.Outbox) != 1 || o.Waiting != 2 || o.Failed != 0 || o.Oldest.IsZero() {
			t.Errorf("%s: there wait %+v", when, c.Outbox)
		}
		if after := filesIn(t, dir); !slices.Equal(before, after) {
			t.Errorf("%s: before %q, after %q", when, before, after)
		}
	}
	check("in use")
	d.stop()
	check("closed")

	damage(t, dir)
	if c, err := Inspect(t.Context(), dir); err == nil {
		t.Errorf("damaged: %+v", c)
	}
	open(t, dir, Options{}).stop()
	if c, err := Inspect(t.Context(), dir); err != nil || c.Aside != 1 {
		t.Errorf("after damage: %+v, %v", c, err)
	}
}

func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var ns []string
	for _, e := range entries {
		ns = append(ns, filepath.Base(e.Name()))
	}
	return ns
}

// TestInspectOld looks at a ledger that is not brought up to date yet.
func TestInspectOld(t *testing.T) {
	dir := t.TempDir()
	oldLedger(t, dir, 3, "/in/a.jpg")
	if c, err := Inspect(t.Context(), dir); err != nil || c.Sources[job.Done] != 1 || c.Outbox != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestExists tells no ledger from one that cannot be seen, of which Open says why.
func TestExists(t *testing.T) {
	dir := t.TempDir()
	if Exists(dir) {
		t.Error("there is one where none is")
	}
	open(t, dir, Options{}).stop()
	if !Exists(dir) {
		t.Error("there is none")
	}
	within := filepath.Join(dir, fileName)
	if _, err := Open(within, Options{}); err == nil || !Exists(within) {
		t.Errorf("in a file there is none: %v", err)
	}
}
