package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// A disk is an ext4 filesystem in a file, which is mounted at a directory of its own.
type disk struct {
	t     *trial
	image string
	at    string // where it is mounted
}

// newDisk makes a disk of so many bytes and mounts it until the trial ends.
func (t *trial) newDisk(size int64) *disk {
	dir, err := os.MkdirTemp("", "faults-"+t.name+"-disk-")
	t.check(err)
	t.cleanup(func() { t.discard(dir) })
	d := &disk{t: t, image: filepath.Join(dir, "image"), at: filepath.Join(dir, "at")}
	t.check(os.WriteFile(d.image, nil, 0o600))
	t.check(os.Truncate(d.image, size))
	t.check(os.Mkdir(d.at, 0o755))
	t.system("mkfs.ext4", "-q", "-F", "-m", "0", d.image)
	t.cleanup(func() { t.unmountAll(d.at) })
	d.mount()
	return d
}

// mount mounts the disk, which replays its journal.
func (d *disk) mount() { d.t.system("mount", "-o", "loop", d.image, d.at) }

// unmount unmounts the disk, as soon as no process has a file of it open.
func (d *disk) unmount() {
	d.t.until("the disk to be free", func() bool { return unix.Unmount(d.at, 0) == nil })
}

// sync makes all that stands on the disk lasting.
func (d *disk) sync() { d.t.check(d.do(unix.Syncfs)) }

// cut cuts the power: nothing reaches the disk any more, not even what the journal holds
// in memory. To whoever uses it, it is a disk of errors until it is mounted again.
func (d *disk) cut() {
	const shutdown, noLogFlush = 0x8004587d, 2 // EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH
	d.t.check(d.do(func(fd int) error { return unix.IoctlSetPointerInt(fd, shutdown, noLogFlush) }))
}

// do does something to the root directory.
func (d *disk) do(deed func(fd int) error) error {
	f, err := os.Open(d.at)
	if err != nil {
		return err
	}
	defer f.Close()
	return deed(int(f.Fd()))
}

// mountTmpfs mounts a filesystem in memory over a directory until the trial ends.
func (t *trial) mountTmpfs(at, size string) {
	t.cleanup(func() { t.unmountAll(at) })
	t.system("mount", "-t", "tmpfs", "-o", "mode=755,size="+size, "none", at)
}

// unmountAll unmounts whatever is mounted at a directory, even while it is in use.
func (t *trial) unmountAll(at string) {
	for isMounted(at) {
		t.check(unix.Unmount(at, unix.MNT_DETACH))
	}
}

func isMounted(at string) bool {
	mounts, err := os.ReadFile("/proc/self/mounts")
	return err == nil && strings.Contains(string(mounts), " "+at+" ")
}

// system runs a program of the system, which must succeed.
func (t *trial) system(name string, args ...string) {
	if out, err := exec.CommandContext(t.ctx, name, args...).CombinedOutput(); err != nil {
		t.fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}
