package main

import (
	"runtime"
	"testing"
	"time"
)

func TestAnonymousMemoryGrowsWithWhatIsTouched(t *testing.T) {
	before, err := anonymousMemory()
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	block := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	after, err := anonymousMemory()
	runtime.KeepAlive(block)
	if err != nil || after-before < size/2 || before <= 0 {
		t.Errorf("%d bytes before and %d after %d more were touched, error %v", before, after, size, err)
	}
}

func TestMemoryIsWatchedMoreOftenTheLessIsLeft(t *testing.T) {
	for _, c := range []struct {
		bytes int64
		want  time.Duration
	}{{0, 5 * time.Millisecond}, {1 << 30, time.Second / 8}, {64 << 30, 5 * time.Second}} {
		if got := timeToFill(c.bytes); got != c.want {
			t.Errorf("%d bytes suffice for %v, want %v", c.bytes, got, c.want)
		}
	}
}
