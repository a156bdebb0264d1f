package main

import (
	"os/exec"
	"testing"
	"time"
)

var committed = time.Date(2026, 11, 26, 3, 15, 0, 0, time.FixedZone("", 3600))

func TestPackageVersion(t *testing.T) {
	tests := []struct{ describe, want string }{
		{"1c58f93", "0.1.0~git20261126021500.1c58f93"},
		{"1c58f93-dirty", "0.1.0~git20261126021500.1c58f93+dirty"},
		{"v0.1.0", "0.1.0"},
		{"v0.1.0-dirty", "0.1.0+dirty"},
		{"v0.1.0-12-gabc1234", "0.1.0+12.gabc1234"},
		{"v0.1.0-12-gabc1234-dirty", "0.1.0+12.gabc1234+dirty"},
		{"v1.0.0-rc1", "1.0.0~rc1"},
		{"v1.0.0-rc1-3-gabc1234", "1.0.0~rc1+3.gabc1234"},
	}
	for _, tt := range tests {
		if got, err := packageVersion(tt.describe, committed); err != nil || got != tt.want {
			t.Errorf("packageVersion(%q) = %q, %v, want %q", tt.describe, got, err, tt.want)
		}
	}
	for _, odd := range []string{"", "v1", "release-7", "v1.2.3 ; rm", "dirty"} {
		if got, err := packageVersion(odd, committed); err == nil {
			t.Errorf("packageVersion(%q) = %q, want an error", odd, got)
		}
	}
}

// What is built later takes the place of what was built before, as dpkg sees it.
func TestLaterVersionsSortHigher(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip(err)
	}
	later := committed.Add(time.Second)
	history := []struct {
		describe string
		at       time.Time
	}{
		{"fc58f93", committed}, {"1c58f93", later}, {"v0.1.0-rc1", later}, {"v0.1.0-rc1-3-gabc1234", later},
		{"v0.1.0-rc2", later}, {"v0.1.0", later}, {"v0.1.0-2-gfff1234", later}, {"v0.1.0-12-gabc1234", later}, {"v0.1.1", later},
	}
	before := ""
	for _, h := range history {
		version, err := packageVersion(h.describe, h.at)
		if err != nil {
			t.Fatal(err)
		}
		if before != "" && exec.Command(dpkg, "--compare-versions", before+"-1", "lt", version+"-1").Run() != nil {
			t.Errorf("dpkg does not take %s for older than %s", before, version)
		}
		before = version
	}
}
