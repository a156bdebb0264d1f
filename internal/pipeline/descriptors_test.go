package pipeline

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestDefaultWriters(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		descriptors uint64
		want        int
	}{{1024, 32}, {256, 32}, {64, 8}} {
		fewer := limit
		fewer.Cur = test.descriptors
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &fewer); err != nil {
			t.Skipf("the limit cannot be set here: %v", err)
		}
		got := defaultWriters()
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		if got != test.want {
			t.Errorf("%d writers with %d descriptors, want %d", got, test.descriptors, test.want)
		}
	}
}
