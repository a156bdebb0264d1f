package pipeline

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDefaultWorkers(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		descriptors               uint64
		folders, readers, writers int
	}{
		{1024, 1, 4, 64},
		{256, 1, 4, 54},
		{64, 1, 4, 6},
		{64, 10, 1, 1},
		{32, 1, 1, 1},
	} {
		fewer := limit
		fewer.Cur = test.descriptors
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &fewer); err != nil {
			t.Skipf("the limit cannot be set here: %v", err)
		}
		readers, writers := defaultWorkers(test.folders)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		if readers != test.readers || writers != test.writers {
			t.Errorf("%d readers and %d writers with %d descriptors and %d folders, want %d and %d",
				readers, writers, test.descriptors, test.folders, test.readers, test.writers)
		}
	}
}
