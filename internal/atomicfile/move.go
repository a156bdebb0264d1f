package atomicfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrChanged is the error of a [Move] or [Remove] whose source was modified or
// replaced meanwhile. The source is left where it is.
var ErrChanged = errors.New("source changed meanwhile")

// Move gives the regular file from, below src, the name to, below dst, with its
// permissions and modification time as they are: Options.Mode and
// Options.ModTime are not looked at. A link is refused rather than followed.
// Unless o.Replace is [Overwrite], a file named to is never replaced.
//
// Between filesystems, and between mounts of one, the file is copied, published
// as by [Write], and only then removed from src; a filesystem that cannot hold
// its permissions or time gives its own. A process killed in between leaves the
// file whole under both names.
func Move(src *os.Root, from string, dst *os.Root, to string, o Options) error {
	if err := move(src, from, dst, to, o); err != nil {
		return fmt.Errorf("move %q to %q: %w",
			filepath.Join(src.Name(), from), filepath.Join(dst.Name(), to), err)
	}
	return nil
}

func move(src *os.Root, from string, dst *os.Root, to string, o Options) error {
	srcParent, srcBase, err := split(from)
	if err != nil {
		return err
	}
	dstParent, dstBase, err := splitFinal(to)
	if err != nil {
		return err
	}
	s, err := openDir(src, srcParent)
	if err != nil {
		return err
	}
	defer s.close()
	fi, err := s.lstat(srcBase)
	if err != nil {
		return err
	}
	if err := checkRegular(fi); err != nil {
		return err
	}
	d, err := makeDir(dst, dstParent, o)
	if err != nil {
		return err
	}
	defer d.close()

	o.Replace = cmp.Or(o.Replace, NoReplace)
	err = s.renameSame(srcBase, d, dstBase, o)
	switch {
	case errors.Is(err, unix.EXDEV):
		err = copyOver(s, srcBase, d, dstBase, o)
	case err == nil && o.Durability == Full:
		err = d.sync()
	}
	if err != nil || o.Durability == None {
		return err
	}
	return s.sync()
}

// copyOver is rename between filesystems. The source goes last, and only while
// it is still what was copied.
func copyOver(s *dir, from string, d *dir, to string, o Options) error {
	f, err := s.open(from, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return err
	}
	if err := checkRegular(before); err != nil {
		return err
	}
	if o.Same != nil && !o.Same(before) {
		return ErrChanged
	}
	if err := publishCopy(f, before, d, to, o); err != nil {
		return err
	}
	after, err := s.lstat(from)
	if err != nil {
		return err
	}
	if err := checkUnchanged(before, after); err != nil {
		return err
	}
	return s.removeSame(from, func(fi fs.FileInfo) bool { return checkUnchanged(before, fi) == nil })
}

// renameSame is rename, taken back if what was renamed is not the file that
// o.Same accepts: only under its new name is a file safe from being exchanged
// between the look and the deed.
func (d *dir) renameSame(from string, dst *dir, to string, o Options) error {
	if err := d.rename(from, dst, to, o.Replace); err != nil || o.Same == nil {
		return err
	}
	fi, err := dst.lstat(to)
	if err == nil && o.Same(fi) && !dst.beingWritten(to) {
		return nil
	}
	return errors.Join(ErrChanged, err, dst.rename(to, d, from, NoReplace))
}

// removeSame unlinks the file name if same accepts it, by way of a temporary name
// where nothing else can come in between.
func (d *dir) removeSame(name string, same func(fs.FileInfo) bool) error {
	temp := tempName()
	if err := d.renameSame(name, d, temp, Options{Replace: NoReplace, Same: same}); err != nil {
		return err
	}
	return d.unlink(temp)
}

// publishCopy reads one byte more than the source had, so that one which grows
// is noticed and one which grows for ever is no trap.
func publishCopy(f *os.File, before fs.FileInfo, d *dir, to string, o Options) error {
	t, err := d.createTemp(0o600)
	if err != nil {
		return err
	}
	defer t.discard()
	if _, err := io.Copy(t.file, io.LimitReader(f, before.Size()+1)); err != nil {
		return err
	}
	after, err := f.Stat()
	if err != nil {
		return err
	}
	if err := checkUnchanged(before, after); err != nil {
		return err
	}
	if err := t.resemble(before); err != nil {
		return err
	}
	var alone Group
	return alone.publish(t, to, before.Size(), o.Replace, o.Durability)
}

func checkRegular(fi fs.FileInfo) error {
	if !fi.Mode().IsRegular() {
		return fmt.Errorf("source is not a regular file but %v: %w", fi.Mode().Type(), fs.ErrInvalid)
	}
	return nil
}

// checkUnchanged compares two stats of what should be one file with one contents.
func checkUnchanged(before, now fs.FileInfo) error {
	if !os.SameFile(before, now) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) {
		return ErrChanged
	}
	return nil
}
