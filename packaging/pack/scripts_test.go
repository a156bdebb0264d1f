package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// A script with a fault in its syntax would leave a package half installed.
func TestScriptsParse(t *testing.T) {
	scripts := 0
	for _, pattern := range []string{"../deb/p*", "../rpm/p*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			scripts++
			if out, err := exec.Command("sh", "-n", name).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	}
	if scripts != 6 {
		t.Errorf("%d scripts, want 6", scripts)
	}
}
