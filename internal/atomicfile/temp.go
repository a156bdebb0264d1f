package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A temp is a file on its way to its final name.
type temp struct {
	dir  *dir
	name string
	file *os.File
	gone bool // the temporary name is no longer ours to remove
}

// createTemp makes an empty file under a fresh name. A file that will be given
// its permissions later is nobody else's business before.
func (d *dir) createTemp(mode fs.FileMode) (*temp, error) {
	perm := fs.FileMode(0o666)
	if mode != 0 {
		perm = 0o600
	}
	name := tempName()
	defer d.turn.take()()
	f, err := d.open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return nil, err
	}
	return &temp{dir: d, name: name, file: f}, nil
}

// dress sets the permissions and the modification time, each unless zero. It
// comes after the last write, which would move the time again.
func (t *temp) dress(mode fs.FileMode, modTime time.Time) error {
	if mode != 0 {
		if err := t.file.Chmod(mode); err != nil {
			return err
		}
	}
	if modTime.IsZero() {
		return nil
	}
	return t.dir.setModTime(t.name, modTime)
}

// resemble gives the file the permissions and the modification time of another,
// as far as the filesystem can hold them.
func (t *temp) resemble(fi fs.FileInfo) error {
	err := t.file.Chmod(fi.Mode().Perm())
	if err != nil && !isUnheld(err) {
		return err
	}
	err = t.dir.setModTime(t.name, fi.ModTime())
	if err != nil && !isUnheld(err) {
		return err
	}
	return nil
}

func isUnheld(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported)
}

// checkSize fails unless the file holds size bytes.
func (t *temp) checkSize(size int64) error {
	fi, err := t.file.Stat()
	if err != nil {
		return err
	}
	if fi.Size() != size {
		return fmt.Errorf("%s holds %d of %d bytes: %w", t.file.Name(), fi.Size(), size, io.ErrShortWrite)
	}
	return nil
}

// startWriteBack has the kernel write the bytes to the disk from now on, so that
// there is little left for sync to wait for. Where that cannot be asked, sync does
// it all. A failure is the file's: the kernel may have dropped the bytes, and
// sync would not know.
func (t *temp) startWriteBack() error {
	err := t.dir.do("sync_file_range", t.name, func() error {
		return unix.SyncFileRange(int(t.file.Fd()), 0, 0, unix.SYNC_FILE_RANGE_WRITE)
	})
	if isUnheld(err) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// rename gives the file the name base in its directory.
func (t *temp) rename(base string, r Replace) error {
	defer t.dir.turn.take()()
	err := t.dir.rename(t.name, t.dir, base, r)
	t.gone = err == nil
	return err
}

// discard removes what was not published. Its own failure adds nothing to the
// error that led here, and SweepTemps comes later.
func (t *temp) discard() {
	if t.gone {
		return
	}
	t.file.Close()
	t.dir.unlink(t.name)
}
