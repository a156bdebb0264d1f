package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	unit        = "imgwatchd.service"
	maxExposure = 1.3 // of 10; what loopback TCP and CAP_LEASE cost at the least
)

func analyze(t *testing.T, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip(err)
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("systemd-analyze %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestExposure(t *testing.T) {
	out := analyze(t, "security", "--offline=true", "--no-pager", unit)
	m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no exposure level in\n%s", out)
	}
	exposure, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	if exposure > maxExposure {
		t.Errorf("exposure is %.1f, want at most %.1f\n%s", exposure, maxExposure, out)
	}
}

// The unit is clean, but for the program, which need not be installed here: any
// other one stands in for it.
func TestVerify(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(read(t), "=/usr/bin/imgwatchd ", "="+self+" ")
	if strings.Count(text, self) != 2 {
		t.Fatal("the unit does not start and reload by /usr/bin/imgwatchd")
	}
	file := filepath.Join(t.TempDir(), unit)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := analyze(t, "verify", file); out != "" {
		t.Error(out)
	}
}

// systemd takes a "#" after a value for a part of the value.
func TestCommentsStandAlone(t *testing.T) {
	for line := range strings.Lines(read(t)) {
		if !strings.HasPrefix(line, "#") && strings.Contains(line, "#") {
			t.Errorf("comment after a value: %s", line)
		}
	}
}

// By the default, systemd would end the commands of hooks at the moment it tells the
// daemon to stop, which has them fail that would have ended well.
func TestHooksAreNotStopped(t *testing.T) {
	if !strings.Contains(read(t), "\nKillMode=mixed\n") {
		t.Error("no KillMode=mixed")
	}
}

func read(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(unit)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
