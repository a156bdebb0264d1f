package watcher

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/job"
)

var errWriter = errors.New("open for writing")

// probeLease opens a file at rest and returns its fingerprint, or errWriter when
// someone holds it open for writing.
func probeLease(root *os.Root, p string) (job.Fingerprint, error) {
	return probe(root, p, checkLease)
}

// probeStat is probeLease where leases say nothing. Opening alone is worth the
// call: it makes a network filesystem ask the server for the attributes.
func probeStat(root *os.Root, p string) (job.Fingerprint, error) {
	return probe(root, p, func(*os.File) error { return nil })
}

func probe(root *os.Root, p string, check func(*os.File) error) (job.Fingerprint, error) {
	f, err := root.OpenFile(p, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, unix.EAGAIN) {
		return job.Fingerprint{}, fmt.Errorf("%q: %w", p, errWriter) // under a lease that is being broken
	}
	if err != nil {
		return job.Fingerprint{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return job.Fingerprint{}, err
	}
	return job.FingerprintOf(fi), check(f)
}

// checkLease takes a read lease for a moment. The kernel refuses it with EAGAIN
// while the file is open for writing; any other refusal means that it will not
// tell. A writer that opens the file in that moment waits for us, and the SIGIO
// that announces it is ignored by the runtime.
func checkLease(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var lease error
	err = conn.Control(func(fd uintptr) {
		if _, lease = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK); lease == nil {
			_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
		}
	})
	if err == nil && errors.Is(lease, unix.EAGAIN) {
		return fmt.Errorf("%q: %w", f.Name(), errWriter)
	}
	return err
}
