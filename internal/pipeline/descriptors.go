package pipeline

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// maxWriters is how many writers there are by default: the more wait for the disk
// together, the less it costs each of them.
const maxWriters = 64

// What the process has file descriptors for, in round figures: a reader or a writer has a
// folder's root open, a file, and the directories between them that it passes through. So
// has the watcher of each folder. The ledger, the control socket and the runtime
// take the rest.
const (
	descriptorsOfWorker = 4
	descriptorsOfFolder = 4
	descriptorsOfRest   = 20
)

// defaultWorkers returns how many readers and writers there are by default: as many as
// is good for speed, or as the process has descriptors for beside its folders, one of each at least.
func defaultWorkers(folders int) (readers, writers int) {
	all := affordable(folders)
	readers = max(1, min(2*runtime.GOMAXPROCS(0), 8, all/2))
	return readers, max(1, min(maxWriters, all-readers))
}

// affordable returns for how many workers there are descriptors.
func affordable(folders int) int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 2 * maxWriters
	}
	left := int(min(limit.Cur, 1<<20)) - descriptorsOfRest - folders*descriptorsOfFolder
	return left / descriptorsOfWorker
}

// reserveDescriptors has the kernel make its table of our descriptors large enough for so many
// workers. It would double it whenever it is full, and each time have all who open a file
// wait for an RCU grace period, 10 to 20 ms in which no processor has anything to do. Where
// a limit forbids it, the table grows as it would have.
func reserveDescriptors(workers int) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	last := workers*descriptorsOfWorker + descriptorsOfRest - 1
	if copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, last); err == nil {
		unix.Close(copied)
	}
}
