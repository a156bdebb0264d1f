package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A tree is what a look through a drop folder shows.
type tree struct {
	dirs, files int
	stopped     bool // it was not seen to its end
	unreadable  names
	future      names
	foreign     string // a readable file of another owner
}

// names are some names, and how many there are.
type names struct {
	some []string
	all  int
}

func (n *names) add(name string) {
	if n.all++; len(n.some) < 3 {
		n.some = append(n.some, name)
	}
}

func (n *names) String() string { return sample(n.some, n.all) }

var errPatience = errors.New("it takes too long")

// skew is how far clocks may be apart.
const skew = time.Minute

// look goes through the drop folder, as long as patience lasts.
func (f *folder) look() {
	ctx, cancel := context.WithTimeoutCause(f.ctx, f.Patience, errPatience)
	defer cancel()
	late := time.Now().Add(skew)
	err := f.watch.Walk(ctx,
		func(string) { f.tree.dirs++ },
		func(p string, fi fs.FileInfo) {
			f.tree.files++
			if fi.ModTime().After(late) {
				f.tree.future.add(p)
			}
			f.readable(p, fi)
		})
	f.tree.stopped = err != nil
	f.dirs += f.tree.dirs
	f.trees++
	f.counted = f.counted && !f.tree.stopped
}

// readable notes a file that cannot be read, or one that can and is someone else's.
func (f *folder) readable(p string, fi fs.FileInfo) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	can := f.who.may(4, uint32(st.Mode), int(st.Uid), int(st.Gid))
	if f.who.self { // the kernel knows of access lists, too
		can = unix.Access(filepath.Join(f.root, p), unix.R_OK) == nil
	}
	switch {
	case !can:
		f.tree.unreadable.add(p)
	case int(st.Uid) != f.who.uid && f.tree.foreign == "":
		f.tree.foreign = p
	}
}

// seen says how much of the tree was looked at.
func (f *folder) seen() string {
	text := fmt.Sprintf("%d files in %d folders", f.tree.files, f.tree.dirs)
	if f.tree.stopped {
		text += fmt.Sprintf(", as far as could be seen in %v", f.Patience)
	}
	return text
}

func (f *folder) checkReadable() {
	s := f.about("readable", f.Name)
	if f.tree.unreadable.all > 0 {
		s.fail(fmt.Sprintf("let %s read them: chgrp -R %s %q && chmod -R g+rX %[3]q, and for what comes: chmod g+s on its folders, or setfacl -d -m u:%[1]s:rX", f.who.name, f.who.groupName(), f.root),
			"%s cannot read %s", f.who.name, &f.tree.unreadable)
		return
	}
	s.ok("%s can read %s", f.who.name, f.seen())
}

func (f *folder) checkClock() {
	s := f.about("clock", f.Name)
	if f.tree.future.all > 0 {
		s.warn("set the clocks of this machine and of those that drop files; touch sets the time of a file",
			"files were changed in the future: %s", &f.tree.future)
		return
	}
	s.ok("no file is from the future")
}
