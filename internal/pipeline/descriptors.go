package pipeline

import "golang.org/x/sys/unix"

// maxWriters is how many writers there are by default: the more wait for the disk
// together, the less it costs each of them.
const maxWriters = 32

// defaultWriters returns how many writers the process has file descriptors for. Each
// needs up to three at a time, and is not alone.
func defaultWriters() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxWriters
	}
	return int(max(1, min(maxWriters, limit.Cur/8)))
}
