package watcher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"
)

// An identity tells directories apart whatever their path.
type identity struct{ dev, ino uint64 }

func identityOf(fi fs.FileInfo) identity {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}
	}
	return identity{st.Dev, st.Ino}
}

// A dir is a directory whose changes will be noticed.
type dir struct {
	id     identity
	remote bool // other machines write to it
	polled bool // it sends no events
}

// dirs are the directories that are covered, by path relative to the root.
type dirs struct {
	at      map[string]dir
	polled  int
	why     string            // why the last polled one is polled
	remotes map[uint64]string // device: name of its filesystem, empty when that is local
}

func newDirs() dirs {
	return dirs{at: make(map[string]dir), remotes: make(map[uint64]string)}
}

func (d *dirs) set(p string, next dir) {
	d.drop(p)
	d.at[p] = next
	if next.polled {
		d.polled++
	}
}

func (d *dirs) drop(p string) {
	if d.at[p].polled {
		d.polled--
	}
	delete(d.at, p)
}

// remote returns the name of the filesystem that f is on if that is one which
// other machines write to. Devices are asked once.
func (d *dirs) remote(f *os.File, dev uint64) string {
	name, known := d.remotes[dev]
	if !known {
		name = remoteFilesystem(f)
		d.remotes[dev] = name
	}
	return name
}

// openDir opens a directory beneath root without ever blocking.
func openDir(root *os.Root, p string) (*os.File, error) {
	return root.OpenFile(p, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
}

// enter has a directory listed that is not covered yet; a scan of everything
// lists every one.
func (t *tree) enter(p string, id identity) {
	if p == "." || !t.opts.Recursive || t.w.filter.hidesDir(p) {
		return
	}
	if known, ok := t.dirs.at[p]; !ok || known.id != id || t.scan.whole {
		t.push(p)
	}
}

// cover makes sure that changes in the directory p, opened as f, are noticed
// from now on. Listing it afterwards leaves no gap.
func (t *tree) cover(p string, f *os.File) error {
	id, err := t.identify(p, f)
	if err != nil {
		return err
	}
	known, ok := t.dirs.at[p]
	switch {
	case p == "." && id != t.id:
		return errReplaced
	case ok && known.id == id && !t.scan.whole:
		return nil
	case ok && known.id != id:
		t.leave(map[string]presence{p: gone})
	}
	remote := t.dirs.remote(f, id.dev)
	why := t.watch(p, remote)
	if why != "" {
		t.dirs.why = why
	}
	t.dirs.set(p, dir{id: id, remote: remote != "", polled: why != ""})
	return nil
}

// identify makes sure that p is the directory f itself, and no link to it.
func (t *tree) identify(p string, f *os.File) (identity, error) {
	opened, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	named, err := t.root.Lstat(p)
	if err != nil {
		return identity{}, err
	}
	if !os.SameFile(opened, named) {
		return identity{}, unix.ELOOP
	}
	return identityOf(opened), nil
}

// watch asks for events from p, or says why it must be polled.
func (t *tree) watch(p, remote string) (why string) {
	switch {
	case t.opts.Mode == Poll:
		return "mode is poll"
	case t.opts.Mode == Auto && remote != "":
		return fmt.Sprintf("%s sends no events", remote)
	}
	err := t.notify.watch(p)
	if err == nil {
		return ""
	}
	if limit := limitError(err); limit != nil {
		t.w.limits.report(limit)
		return limit.Error()
	}
	return fmt.Sprintf("watch %q: %v", p, err)
}

// uncovered deals with a directory that could not be listed. One that is still
// there is tried again with the polled ones.
func (t *tree) uncovered(p string, err error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
		t.leave(map[string]presence{p: gone})
		return
	}
	d := t.dirs.at[p]
	d.polled = true
	t.dirs.set(p, d)
	t.dirs.why = fmt.Sprintf("list %q: %v", p, err)
	if !exhausted(err) && t.w.refused.first(p, d.id.ino) {
		t.opts.Hooks.Refused(p, fmt.Errorf("list directory: %w", err))
	}
}

// leave ends the cover of the directories that are gone, with all below them.
// A directory that moved within the tree may have been found under its new path
// before the old one was known to be gone; its watch went with the old path, so
// the new one is listed again.
func (t *tree) leave(paths map[string]presence) {
	left := make(map[identity]bool)
	if t.anyGone(paths) {
		for p, d := range t.dirs.at {
			if above(p, paths) {
				left[d.id] = true
				t.dirs.drop(p)
				t.notify.unwatch(p)
			}
		}
	}
	if len(left) == 0 {
		return
	}
	for p, d := range t.dirs.at {
		if left[d.id] {
			t.dirs.drop(p)
			t.push(p)
		}
	}
}

// anyGone reports whether a covered directory is gone, or the root, which is
// then looked at without delay.
func (t *tree) anyGone(paths map[string]presence) bool {
	found := false
	for p, is := range paths {
		if is != gone {
			continue
		}
		if p == "." {
			t.checkAt = t.readAt
			continue
		}
		_, covered := t.dirs.at[p]
		found = found || covered
	}
	return found
}

// above reports whether p or a directory above it is gone.
func above(p string, paths map[string]presence) bool {
	for ; p != "."; p = path.Dir(p) {
		if paths[p] == gone {
			return true
		}
	}
	return false
}
