package main

import (
	"cmp"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/pipeline"
)

// heapFloor makes the garbage collector wait for at least this many bytes between
// two rounds. What is alive while small pictures are worked on is a few megabytes,
// and without a floor it would run for every picture.
const heapFloor = 64 << 20

// raiseHeapFloor reserves memory that is never touched, and so is not taken from
// the machine, but counts when the collector decides when to run next. It returns
// what keeps it reserved.
func raiseHeapFloor() (release func()) {
	ballast := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(ballast) }
}

// limitHeap makes the collector work harder when what pictures may take, budget
// bytes or the default, is exceeded by what is no longer used. GOMEMLIMIT goes
// before.
func limitHeap(budget int64) {
	limitData(2 * pipeline.DefaultMemory())
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapFloor + cmp.Or(budget, pipeline.DefaultMemory()))
	}
}

// limitData bounds what the process may ask for to nine tenths of the memory that it can
// have. A file that makes it ask for more than that ends it by a crash, which leaves a
// report and is held against the file; the kernel's kill for want of memory leaves none.
func limitData(memory int64) {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_DATA, &limit) != nil {
		return
	}
	limit.Cur = min(limit.Cur, limit.Max, uint64(memory/10*9))
	_ = unix.Setrlimit(unix.RLIMIT_DATA, &limit) // without it only the report is missing
}
