package main

import "runtime"

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
