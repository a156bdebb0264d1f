//go:build !faults

package codec

import (
	"testing"

	"imgwatchd/internal/job"
)

// TestNoFaults makes sure that the format of test/faults exists in no ordinary binary.
func TestNoFaults(t *testing.T) {
	if f, err := Sniff([]byte("IWFAULT panic 640x480\n")); job.ClassOf(err) != job.NotImage {
		t.Errorf("a fault is %q, %v", f, err)
	}
	if len(containers) != len(formats) {
		t.Errorf("%d containers, %d formats", len(containers), len(formats))
	}
}
