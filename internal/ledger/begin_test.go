package ledger

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestBegin begins ledgers where others were before, or were about to be.
func TestBegin(t *testing.T) {
	former := open(t, t.TempDir(), Options{})
	former.recordAll()
	wal, err := os.ReadFile(filepath.Join(former.Dir(), fileName+"-wal"))
	if err != nil || len(wal) == 0 {
		t.Fatalf("%d bytes, %v", len(wal), err)
	}
	for _, test := range []struct {
		name string
		left map[string][]byte
	}{
		{"nothing", nil},
		{"empty", map[string][]byte{unfinished: nil}},
		{"half made", map[string][]byte{unfinished: []byte("SQLite format 3\x00"), unfinished + "-wal": wal, unfinished + "-shm": make([]byte, 32768)}},
		{"journal", map[string][]byte{unfinished: nil, unfinished + "-journal": []byte("nonsense")}},
		{"log of a database that is gone", map[string][]byte{fileName + "-wal": wal}},
		{"all but a database that is gone", map[string][]byte{fileName + "-wal": wal, fileName + "-shm": make([]byte, 32768), fileName + "-journal": wal}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, data := range test.left {
				writeFile(t, filepath.Join(dir, name), data)
			}
			l := open(t, dir, Options{})
			if told := l.told(); len(told) > 0 {
				t.Errorf("told %q", told)
			}
			if counts, err := l.Count(); err != nil || len(counts) > 0 {
				t.Errorf("it knows %v, %v", counts, err)
			}
			l.recordAll()
			l.stop()
			if names := filesIn(t, dir); !slices.Equal(names, []string{fileName, lockName}) {
				t.Errorf("%q are left", names)
			}
			again := open(t, dir, Options{})
			if err := again.askAll(); err != nil || len(again.told()) > 0 {
				t.Errorf("%v, told %q", err, again.told())
			}
		})
	}
}

// TestBeginOnlyWhole has every database that stands under its name be a whole one: here
// making it fails at the end.
func TestBeginOnlyWhole(t *testing.T) {
	dir := t.TempDir()
	final := migrations
	defer func() { migrations = final }()
	migrations = append(slices.Clone(final), `nonsense;`)
	if err := begin(dir); err == nil {
		t.Fatal("no error")
	}
	if names := filesIn(t, dir); len(names) > 0 {
		t.Errorf("%q are left", names)
	}
}

// TestBeginSparesLinks has the ledger be on a disk that is not mounted.
func TestBeginSparesLinks(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, fileName)
	if err := os.Symlink(filepath.Join(dir, "unmounted", fileName), link); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(dir, Options{}); err == nil {
		l.Close()
		t.Error("no error")
	}
	if _, err := os.Readlink(link); err != nil {
		t.Error(err)
	}
}
