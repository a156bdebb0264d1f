package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// setSysctl gives a setting of the kernel another value until the trial ends. The name is
// the path below /proc/sys. A lock keeps two programs that do so from taking each other's
// value for the one to restore.
func (t *trial) setSysctl(name, value string) {
	f, err := os.OpenFile(filepath.Join("/proc/sys", name), os.O_RDWR, 0)
	t.check(err)
	t.cleanup(func() { f.Close() })
	t.until("the lock of "+name, func() bool {
		return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil
	})
	former, err := os.ReadFile(f.Name())
	t.check(err)
	restore := strings.TrimSpace(string(former))
	t.cleanup(func() { t.check(os.WriteFile(f.Name(), []byte(restore), 0)) })
	t.check(os.WriteFile(f.Name(), []byte(value), 0))
}
