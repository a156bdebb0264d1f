package pipeline

import (
	"fmt"
	"os"
	"runtime"
	"strings"
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

func TestReserveDescriptors(t *testing.T) {
	workers := min(affordable(0), 500)
	reserveDescriptors(workers)
	if size := tableSize(t); size < workers*descriptorsOfWorker {
		t.Errorf("there is room for %d descriptors", size)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	reserveDescriptors(int(min(limit.Cur, 1<<30))) // which is too many
}

// tableSize returns for how many descriptors of this process the kernel has room.
func tableSize(t *testing.T) (size int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, text, _ := strings.Cut(string(status), "\nFDSize:")
	if _, err := fmt.Sscan(text, &size); err != nil {
		t.Fatal(err)
	}
	return size
}
