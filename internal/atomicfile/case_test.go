package atomicfile

import (
	"os"
	"testing"
)

// TestCaseBlind knows of no filesystem here that is; test/faults mounts one.
func TestCaseBlind(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if blind, err := CaseBlind(root); blind || err != nil {
		t.Errorf("blind %v, %v", blind, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	root.Close()
	if _, err := CaseBlind(root); err == nil {
		t.Error("no error from a closed root")
	}
}
