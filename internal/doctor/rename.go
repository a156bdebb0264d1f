package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// checkRenames tries what publishing and setting aside come to: a rename.
func (f *folder) checkRenames() {
	for _, t := range f.targets() {
		f.checkPublish(t)
	}
	for _, t := range f.movedTo() {
		f.checkMove(t)
	}
}

// checkPublish renames a file within a folder.
func (f *folder) checkPublish(t target) {
	s := f.about("rename", f.Name)
	if existing(t.dir) != t.dir {
		s.skipped("%s %s does not exist yet; it is made when it is needed", t.key, t.dir)
		return
	}
	err := tryRename(t.dir, t.dir)
	switch {
	case err != nil && f.who.stranger():
		s.skipped("%s %s: %v", t.key, t.dir, err)
	case err == nil && !f.who.self && !f.who.mayUse(3, t.dir):
		s.fail(fmt.Sprintf("chgrp %s %q && chmod g+rwxs %[2]q", f.who.groupName(), t.dir), "by its owner and mode, %s cannot put files into %s %s", f.who.name, t.key, t.dir)
	case err != nil:
		s.fail("see what is said of paths; the folder must let files be made and renamed", "nothing can be published in %s %s: %v", t.key, t.dir, err)
	default:
		s.ok("files can be published in %s %s", t.key, t.dir)
	}
}

// checkMove renames a file from the drop folder to where sources go.
func (f *folder) checkMove(t target) {
	s := f.about("move", f.Name)
	if existing(t.dir) != t.dir {
		return // checkPublish says so
	}
	err := tryRename(f.root, t.dir)
	switch {
	case err != nil && f.who.stranger():
		s.skipped("%s %s: %v", t.key, t.dir, err)
	case err == nil:
		s.ok("sources are moved to %s %s by a rename", t.key, t.dir)
	case !errors.Is(err, unix.EXDEV):
		s.fail("see what is said of paths", "sources cannot be moved to %s %s: %v", t.key, t.dir, err)
	case sameDevice(f.root, t.dir):
		s.warn("mount one folder that has both in it; in a unit: ReadWritePaths= of their parent, see imgwatchd systemd drop-in",
			"%s and %s are on one filesystem, but seen through two mounts: sources are copied and deleted instead of renamed", f.root, t.dir)
	default:
		s.ok("%s %s is on another filesystem: sources are copied there, synced, and deleted", t.key, t.dir)
	}
}

// tryRename makes a file in one folder, renames it into another, and removes it.
func tryRename(from, to string) (err error) {
	source, destination := filepath.Join(from, tempName()), filepath.Join(to, tempName())
	file, err := os.OpenFile(source, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeAny(source, destination)) }()
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(source, destination)
}

func removeAny(files ...string) error {
	var errs []error
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("clean up: %w", err))
		}
	}
	return errors.Join(errs...)
}

func sameDevice(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	if err != nil {
		return false
	}
	x, ok := one.Sys().(*syscall.Stat_t)
	y, fine := other.Sys().(*syscall.Stat_t)
	return ok && fine && x.Dev == y.Dev
}
