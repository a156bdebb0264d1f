package watcher

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// scanBatch bounds the entries of a directory that one turn of the loop takes.
const scanBatch = 256

// A scan is a walk in portions: of everything, or of directories that are new or
// polled. It remembers the directories to come, never the files.
type scan struct {
	whole   bool // every directory is listed, covered or not
	pending []string
	queued  map[string]bool // what is in pending
	path    string          // of dir
	dir     *os.File        // being listed; nil: none
	began   time.Time
	stats   ScanStats
}

func (s *scan) active() bool { return s.dir != nil || len(s.pending) > 0 }

func (s *scan) push(p string) {
	if s.queued[p] {
		return
	}
	if s.queued == nil {
		s.queued = make(map[string]bool)
	}
	s.queued[p] = true
	s.pending = append(s.pending, p)
}

// pop takes the directory that was found last, so that few are pending.
func (s *scan) pop() string {
	last := len(s.pending) - 1
	p := s.pending[last]
	s.pending = s.pending[:last]
	delete(s.queued, p)
	return p
}

// stop abandons the walk.
func (s *scan) stop() {
	s.closeDir()
	*s = scan{}
}

func (s *scan) closeDir() {
	if s.dir != nil {
		_ = s.dir.Close() // it was only read
		s.dir = nil
	}
}

func (s *scan) sawFile() {
	if s.whole && s.dir != nil {
		s.stats.Files++
	}
}

// push has a directory listed, unless a scan of everything is due anyway.
func (t *tree) push(p string) {
	if !t.blocked && !t.crowded {
		t.scan.push(p)
	}
}

// advance begins what is due and takes the scan one portion further.
func (t *tree) advance(now time.Time) error {
	if t.blocked || t.crowded {
		return nil
	}
	if !t.scan.whole && !now.Before(t.rescanAt) {
		t.scanAll(now)
	}
	if !t.scan.active() && t.dirs.polled > 0 && !now.Before(t.pollAt) {
		t.poll(now)
	}
	if !t.scan.active() {
		return nil
	}
	return t.scanPortion(now)
}

// scanAll begins a scan of everything. It takes what else is pending along.
func (t *tree) scanAll(now time.Time) {
	t.told = false
	if t.renew {
		t.renew = false
		t.notify.close()
		t.dirs = newDirs()
	}
	clear(t.dirs.remotes) // device numbers are given again after an unmount
	t.rescanAt = now.Add(t.opts.RescanInterval)
	t.scan.whole = true
	t.scan.began, t.scan.stats = now, ScanStats{}
	t.scan.push(".")
}

// poll has every polled directory listed.
func (t *tree) poll(now time.Time) {
	t.pollAt = now.Add(t.opts.PollInterval)
	for p, d := range t.dirs.at {
		if d.polled {
			t.scan.push(p)
		}
	}
}

// scanPortion lists a part of one directory. Only a fault of the root itself is
// an error.
func (t *tree) scanPortion(now time.Time) error {
	if t.scan.dir == nil {
		if err := t.openNext(); err != nil {
			return err
		}
	}
	if t.scan.dir != nil {
		if err := t.list(now); err != nil {
			return err
		}
	}
	if t.scan.whole && !t.scan.active() {
		t.finish()
	}
	return nil
}

// openNext opens the next directory and covers it before it is listed.
func (t *tree) openNext() error {
	p := t.scan.pop()
	f, err := openDir(t.root, p)
	if err != nil {
		return t.unlisted(p, err)
	}
	if err := t.cover(p, f); err != nil {
		_ = f.Close()
		return t.unlisted(p, err)
	}
	t.scan.path, t.scan.dir = p, f
	t.scan.stats.Dirs++
	return nil
}

// list takes the next entries of the open directory.
func (t *tree) list(now time.Time) error {
	p := t.scan.path
	entries, err := t.scan.dir.ReadDir(scanBatch)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		t.entry(below(p, e.Name()), e, now)
		if t.scan.dir == nil {
			return nil // stopped
		}
	}
	if err == nil {
		return nil // there may be more
	}
	t.scan.closeDir()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return t.unlisted(p, err)
}

func (t *tree) entry(p string, e fs.DirEntry, now time.Time) {
	fi, err := e.Info()
	if err != nil {
		t.missed(p, err, now)
		return
	}
	t.found(p, fi, now)
}

func (t *tree) unlisted(p string, err error) error {
	if p == "." && !exhausted(err) {
		return fmt.Errorf("list root: %w", err)
	}
	t.uncovered(p, err)
	return nil
}

// finish tells of a scan that came to its end.
func (t *tree) finish() {
	stats := t.scan.stats
	stats.Took = time.Since(t.scan.began)
	t.scan.stop()
	t.opts.Hooks.Scanned(stats)
}

func below(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}
