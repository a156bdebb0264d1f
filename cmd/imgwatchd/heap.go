package main

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

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
	go watchMemory(2 * pipeline.DefaultMemory() / 10 * 9)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapFloor + cmp.Or(budget, pipeline.DefaultMemory()))
	}
}

// watchMemory ends the process by a panic when it has more than limit bytes: a crash
// leaves a report and is held against the file that was worked on, while the kernel's
// kill for want of memory leaves none. A limit of the address space would be simpler,
// but it counts what the collector has given back.
func watchMemory(limit int64) {
	for {
		anonymous, err := anonymousMemory()
		if err != nil {
			return
		}
		if anonymous > limit {
			panic(fmt.Sprintf("%d MiB of memory are in use, and there are %d at most", anonymous>>20, limit>>20))
		}
		time.Sleep(timeToFill(limit - anonymous))
	}
}

// fillRate is how many bytes a decoder touches in a second at most.
const fillRate = 8 << 30

// timeToFill returns for how long bytes of free memory suffice.
func timeToFill(bytes int64) time.Duration {
	d := time.Duration(float64(bytes) / fillRate * float64(time.Second))
	return min(max(d, 5*time.Millisecond), 5*time.Second)
}

// anonymousMemory returns the bytes of the process in memory that belong to no file.
func anonymousMemory() (bytes int64, err error) {
	line, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, resident, shared int64 // pages
	if _, err := fmt.Sscan(string(line), &size, &resident, &shared); err != nil {
		return 0, err
	}
	return (resident - shared) * int64(os.Getpagesize()), nil
}
