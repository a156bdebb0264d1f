package main

import (
	"cmp"
	"os"
	"runtime"
	"runtime/debug"

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
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapFloor + cmp.Or(budget, pipeline.DefaultMemory()))
	}
}
