package atomicfile

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// A dir is an open directory below a root. It is looked up once, through the
// root; every step after that names a single element in it, so that no link put
// in the way later can lead a step elsewhere.
type dir struct {
	file *os.File
	path string // for error texts
	turn *turn  // of who makes and renames files in it
}

// openDir opens an existing directory. O_DIRECTORY keeps it from waiting for the
// other end of a FIFO.
func openDir(root *os.Root, name string) (*dir, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	return &dir{file: f, path: filepath.Join(root.Name(), name)}, nil
}

// makeDir opens a directory and makes it, and those above it, when missing.
func makeDir(root *os.Root, name string, o Options) (*dir, error) {
	d, err := openDir(root, name)
	if !errors.Is(err, fs.ErrNotExist) || name == "." {
		return d, err
	}
	parent, err := makeDir(root, path.Dir(name), o)
	if err != nil {
		return nil, err
	}
	defer parent.close()
	if err := parent.mkdir(path.Base(name), o); err != nil {
		return nil, err
	}
	return openDir(root, name)
}

// mkdir makes the directory name unless someone else was faster. The new entry
// is synced, so that what is published below cannot outlive the way to it.
func (d *dir) mkdir(name string, o Options) error {
	perm := cmp.Or(o.DirMode, 0o777)
	err := d.do("mkdirat", name, func() error {
		return unix.Mkdirat(d.fd(), name, uint32(perm.Perm()))
	})
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil && o.DirMode != 0 {
		err = d.chmodDir(name, o.DirMode)
	}
	if err == nil && o.Durability == Full {
		err = d.sync()
	}
	return err
}

func (d *dir) chmodDir(name string, mode fs.FileMode) error {
	f, err := d.open(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Chmod(mode)
}

// An identity tells directories apart, by whatever path they were opened.
type identity struct{ device, inode uint64 }

func (d *dir) identity() (identity, error) {
	var st unix.Stat_t
	if err := unix.Fstat(d.fd(), &st); err != nil {
		return identity{}, &fs.PathError{Op: "fstat", Path: d.path, Err: err}
	}
	return identity{uint64(st.Dev), st.Ino}, nil
}

func (d *dir) close() { d.file.Close() }

// sync makes the directory's entries lasting.
func (d *dir) sync() error { return unlessUnsyncable(d.file.Sync()) }

// unlessUnsyncable returns the error of syncing a directory. A filesystem that has no such
// call for directories answers EINVAL or ENOTSUP: there is nothing better to do.
func unlessUnsyncable(err error) error {
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

// open opens the element name and never follows it.
func (d *dir) open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	var fd int
	err := d.do("openat", name, func() (err error) {
		fd, err = unix.Openat(d.fd(), name, flag|unix.O_NOFOLLOW|unix.O_CLOEXEC, uint32(perm.Perm()))
		return err
	})
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), filepath.Join(d.path, name)), nil
}

// lstat looks at the element name itself. O_PATH asks for no permission on it.
func (d *dir) lstat(name string) (fs.FileInfo, error) {
	f, err := d.open(name, unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

// setModTime leaves the access time alone.
func (d *dir) setModTime(name string, t time.Time) error {
	m, err := unix.TimeToTimespec(t)
	if err != nil {
		return &fs.PathError{Op: "utimensat", Path: filepath.Join(d.path, name), Err: err}
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, m}
	return d.do("utimensat", name, func() error {
		return unix.UtimesNanoAt(d.fd(), name, times, unix.AT_SYMLINK_NOFOLLOW)
	})
}

// unlink removes the element name, which must not be a directory.
func (d *dir) unlink(name string) error {
	return d.do("unlinkat", name, func() error { return unix.Unlinkat(d.fd(), name, 0) })
}

// rename moves the element from into dst as to, in one step. Where it must not
// replace and the filesystem does not know how to rename that way, a hard link
// gives the same certainty.
func (d *dir) rename(from string, dst *dir, to string, r Replace) error {
	if r == Overwrite {
		return d.renameat2(from, dst, to, 0)
	}
	err := d.renameat2(from, dst, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		return d.relink(from, dst, to)
	}
	return err
}

func (d *dir) renameat2(from string, dst *dir, to string, flags uint) error {
	return d.do("renameat2", from, func() error {
		return unix.Renameat2(d.fd(), from, dst.fd(), to, flags)
	})
}

// relink is rename by link and unlink: it fails when to is taken.
func (d *dir) relink(from string, dst *dir, to string) error {
	err := d.do("linkat", from, func() error {
		return unix.Linkat(d.fd(), from, dst.fd(), to, 0)
	})
	if err != nil {
		return err
	}
	return d.unlink(from)
}

// do calls a system function and names the operation and the path when it fails.
// A signal may interrupt any of them on network and FUSE filesystems, and the Go
// runtime sends signals of its own: that is no failure.
func (d *dir) do(op, name string, call func() error) error {
	for {
		switch err := call(); err {
		case nil:
			return nil
		case unix.EINTR:
		default:
			return &fs.PathError{Op: op, Path: filepath.Join(d.path, name), Err: err}
		}
	}
}

func (d *dir) fd() int { return int(d.file.Fd()) }
