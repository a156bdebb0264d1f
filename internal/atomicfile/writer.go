package atomicfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// leasing lists the filesystems whose refusal of a lease means that there is a
// writer. Network filesystems refuse for reasons of their own.
var leasing = map[int64]bool{
	unix.EXT4_SUPER_MAGIC:  true,
	unix.XFS_SUPER_MAGIC:   true,
	unix.BTRFS_SUPER_MAGIC: true,
	unix.F2FS_SUPER_MAGIC:  true,
	unix.TMPFS_MAGIC:       true,
}

// beingWritten reports whether someone is known to have the file open for
// writing. The kernel tells by refusing a read lease; where it may not be asked,
// nobody is known.
func (d *dir) beingWritten(name string) bool {
	f, err := d.open(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	fd := f.Fd()
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(fd), &fs); err != nil || !leasing[int64(fs.Type)] {
		return false
	}
	if _, err = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK); err == nil {
		_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}
