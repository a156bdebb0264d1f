package watcher

import (
	"errors"
	"io/fs"
	"path"
	"syscall"
	"time"

	"imgwatchd/internal/job"
)

// look finds out what is at p now.
func (t *tree) look(p string, now time.Time) {
	fi, err := t.root.Lstat(p)
	if err != nil {
		t.missed(p, err, now)
		return
	}
	t.found(p, fi, now)
}

// missed gives up on a file that is not there or not for us; other faults pass.
func (t *tree) missed(p string, err error, now time.Time) {
	if exhausted(err) || broken(err) {
		t.await(t.settle.Hold(p, job.Fingerprint{}, now))
		return
	}
	t.settle.Drop(p)
}

// exhausted reports whether err means that the machine or the process is short
// of something.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// broken reports whether err means trouble with a disk or a server.
func broken(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ESTALE) || errors.Is(err, syscall.ETIMEDOUT)
}

// found deals with whatever is at p.
func (t *tree) found(p string, fi fs.FileInfo, now time.Time) {
	if fi.Mode().IsRegular() {
		t.file(p, fi, now)
		return
	}
	t.settle.Drop(p)
	switch {
	case fi.IsDir():
		t.enter(p, identityOf(fi))
	case t.w.filter.takesFile(p):
		t.refuse(p, fi)
	}
}

// file hands a file over that is new and at rest, and waits for one that moves.
func (t *tree) file(p string, fi fs.FileInfo, now time.Time) {
	if !t.w.filter.takesFile(p) {
		t.settle.Drop(p)
		return
	}
	t.scan.sawFile()
	j := job.Job{Folder: t.opts.Folder, Path: p, Fingerprint: job.FingerprintOf(fi)}
	if t.opts.Known(j) {
		t.settle.Drop(p)
		return
	}
	v := t.settle.Observe(p, t.sighting(p, fi), now)
	if v == ready {
		t.release(j, now)
		return
	}
	t.await(v)
}

// sighting reads a stat. The change time counts only where the filesystem keeps
// our clock, and finer than by the second.
func (t *tree) sighting(p string, fi fs.FileInfo) sighting {
	seen := sighting{print: job.FingerprintOf(fi)}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if ok && st.Ctim.Nsec != 0 && !t.remote(p) && t.opts.Mode != Poll {
		seen.changed = time.Unix(st.Ctim.Unix())
	}
	return seen
}

// remote reports whether p is on a filesystem that other machines write to.
func (t *tree) remote(p string) bool { return t.dirs.at[path.Dir(p)].remote }

// release hands a file at rest over, unless it is not so after all.
func (t *tree) release(j job.Job, now time.Time) {
	if t.blocked {
		t.settle.Drop(j.Path) // the scan after the blockade finds it
		return
	}
	probe := probeLease
	if t.remote(j.Path) {
		probe = probeStat // these filesystems refuse a lease for reasons of their own
	}
	print, err := probe(t.root, j.Path)
	switch {
	case errors.Is(err, errWriter), exhausted(err):
		t.await(t.settle.Hold(j.Path, j.Fingerprint, now))
	case errors.Is(err, fs.ErrNotExist):
		t.settle.Drop(j.Path)
	case err == nil && print != j.Fingerprint:
		t.await(t.settle.Hold(j.Path, print, now))
	default: // at rest, or unreadable, of which the reader will tell the reason
		t.settle.Drop(j.Path)
		if !t.opts.Add(j) {
			t.block(now)
		}
	}
}
