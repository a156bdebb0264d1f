package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"
)

// sweepBatch is how many entries of a directory are held at once.
const sweepBatch = 512

// SweepTemps removes the temporary files, anywhere below root, that have not been
// touched for olderThan, and returns their number. Choose olderThan longer than
// any file takes to write: a younger one may belong to a running process.
//
// It follows no links. What it cannot read or remove it passes over, and reports
// the first such failure at the end. When ctx is done, it stops and returns the
// cause.
func SweepTemps(ctx context.Context, root *os.Root, olderThan time.Duration) (removed int, err error) {
	s := sweep{root: root, before: time.Now().Add(-olderThan), pending: []string{"."}}
	for len(s.pending) > 0 && ctx.Err() == nil {
		last := len(s.pending) - 1
		name := s.pending[last]
		s.pending = s.pending[:last]
		s.fail(s.dir(ctx, name))
	}
	if ctx.Err() != nil {
		s.failure = context.Cause(ctx)
	}
	if s.failure != nil {
		return s.removed, fmt.Errorf("sweep temporary files below %q: %w", root.Name(), s.failure)
	}
	return s.removed, nil
}

// A sweep is one walk. It keeps the names of directories yet to see instead of
// open ones, so that a deep tree costs no descriptors.
type sweep struct {
	root    *os.Root
	before  time.Time
	pending []string
	removed int
	failure error
}

// fail remembers the first error. What vanished meanwhile is none.
func (s *sweep) fail(err error) {
	if s.failure == nil && err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.failure = err
	}
}

// dir sweeps one directory and notes those below it.
func (s *sweep) dir(ctx context.Context, name string) error {
	d, err := openDir(s.root, name)
	if err != nil {
		return err
	}
	defer d.close()
	for ctx.Err() == nil {
		entries, err := d.file.ReadDir(sweepBatch)
		for _, e := range entries {
			if e.IsDir() {
				s.pending = append(s.pending, path.Join(name, e.Name()))
			} else if isTempName(e.Name()) {
				s.fail(s.file(d, e.Name()))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file removes one temporary file if it is old. Its age counts from the change
// time: a file in flight may carry a modification time of long ago already.
func (s *sweep) file(d *dir, name string) error {
	fi, err := d.lstat(name)
	if err != nil {
		return err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("stat %q: %w", filepath.Join(d.path, name), errors.ErrUnsupported)
	}
	if !fi.Mode().IsRegular() || time.Unix(st.Ctim.Unix()).After(s.before) {
		return nil
	}
	if err := d.unlink(name); err != nil {
		return err
	}
	s.removed++
	return nil
}
