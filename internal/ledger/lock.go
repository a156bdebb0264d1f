package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process has the state directory in use.
var ErrLocked = errors.New("state directory is in use")

const lockName = "lock"

// takeLock locks the state directory for this process. The kernel takes the lock
// back when the process ends, however it does; the number in the file is only for
// the error text of others.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o640)
	if err != nil {
		return nil, fmt.Errorf("lock state directory: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder := readHolder(f)
		f.Close()
		return nil, fmt.Errorf("%w: %s works with %q; stop it, or give this one a state_dir of its own", ErrLocked, holder, dir)
	}
	if err == nil {
		_ = writeHolder(f) // on a full disk others are not told the number
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock state directory %q: %w", dir, err)
	}
	return f, nil
}

// Exists reports whether there is a ledger in dir, or may be: who must not look there
// learns so from Open.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return !errors.Is(err, fs.ErrNotExist)
}

func readHolder(f *os.File) string {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	pid, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		return "another imgwatchd"
	}
	return fmt.Sprintf("another imgwatchd (pid %d)", pid)
}

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}
