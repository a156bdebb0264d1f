package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// books is what a ledger says.
type books struct {
	entries map[string]ledger.Entry // by path: what was asked for and is known
	counts  map[job.State]int
	unsound error // why it had to be set aside, or cannot be read
}

// done reports whether the ledger calls the source at path done.
func (b books) done(path string) bool { return b.entries[path].State == job.Done }

// readBooks reads the ledger of the site, which no service may have in use, and looks up
// the sources at these paths. It reads a copy: what a killed service has left is for the next
// one to deal with.
func (s *site) readBooks(paths []string) books {
	dir, err := os.MkdirTemp("", "faults-books-")
	s.t.check(err)
	defer os.RemoveAll(dir)
	for _, end := range []string{"", "-wal", "-journal"} { // "-shm" is made anew
		s.t.check(copyFile(filepath.Join(s.state, "ledger.db"+end), filepath.Join(dir, "ledger.db"+end)))
	}
	b, err := openBooks(dir, paths)
	s.t.check(err)
	return b
}

func openBooks(dir string, paths []string) (b books, err error) {
	l, err := ledger.Open(dir, ledger.Options{
		Warn: func(what string, err error) { b.unsound = fmt.Errorf("%s: %w", what, err) },
	})
	if err != nil {
		return b, err
	}
	defer l.Close()
	b.entries = make(map[string]ledger.Entry)
	for _, path := range paths {
		e, known, err := l.Find(path)
		if err != nil {
			b.unsound = err
		}
		if known {
			b.entries[path] = e
		}
	}
	b.counts, err = l.Count()
	return b, err
}

// copyFile copies a file, if there is one.
func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
