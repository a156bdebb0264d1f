package atomicfile

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// tracedDir names the environment variable that tells the traced copy of this
// program where to write.
const tracedDir = "ATOMICFILE_TRACED_DIR"

// TestTraced is the program that the tests below look at from outside.
func TestTraced(t *testing.T) {
	dir := os.Getenv(tracedDir)
	if dir == "" {
		t.Skip("runs under strace only")
	}
	runtime.LockOSThread() // strace counts the calls of each thread
	o := Options{Mode: 0o640, Replace: NoReplace}
	if err := Write(openRoot(t, dir), "final", []byte("content"), o); err != nil {
		t.Fatal(err)
	}
}

// runTraced runs the test called program in dir and returns its system calls, its output,
// and its error. More arguments tell strace what to spoil.
func runTraced(t *testing.T, program, dir string, args ...string) (trace, output string, err error) {
	t.Helper()
	if err := exec.Command("strace", "-f", "-y", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace does not run here: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "log")
	args = append(args, "-f", "-y", "-o", log,
		"-e", "trace=openat,write,fchmod,sync_file_range,fsync,io_uring_setup,io_uring_enter,close,renameat2,linkat,unlinkat",
		self, "-test.run=^"+program+"$")
	cmd := exec.Command("strace", args...)
	cmd.Env = append(os.Environ(), tracedDir+"="+dir)
	out, runErr := cmd.CombinedOutput()
	lines, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(lines), string(out), runErr
}

// The order of system calls decides what survives a power cut.
func TestOrderOfSystemCalls(t *testing.T) {
	dir := t.TempDir()
	trace, output, err := runTraced(t, "TestTraced", dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	wantFile(t, filepath.Join(dir, "final"), "content")
	want := []string{
		"openat O_EXCL", "write", "fchmod", "sync_file_range", "fsync", "close", "renameat2", "fsync directory",
	}
	if got := callsOnTemp(trace, dir); !slices.Equal(got, want) {
		t.Errorf("calls are %q, want %q\n%s", got, want, trace)
	}
}

func TestFailingSystemCalls(t *testing.T) {
	whole := func(t *testing.T, dir string) { wantFile(t, filepath.Join(dir, "final"), "content") }
	nothing := func(t *testing.T, dir string) { wantNoFile(t, filepath.Join(dir, "final")) }
	before := []string{"openat O_EXCL", "write", "fchmod", "sync_file_range"}
	tests := []struct {
		name, inject string
		complaint    string // empty: succeeds all the same
		left         func(t *testing.T, dir string)
		calls        []string // after those before
	}{
		{"write-back fails, and no sync could tell", "sync_file_range:error=EIO",
			"sync_file_range", nothing, []string{"close", "unlinkat"}},
		{"write-back cannot be started here", "sync_file_range:error=ENOSYS",
			"", whole, []string{"fsync", "close", "renameat2", "fsync directory"}},
		{"write-back is not permitted", "sync_file_range:error=EPERM",
			"", whole, []string{"fsync", "close", "renameat2", "fsync directory"}},
		{"sync of the file fails, and is not tried again", "fsync:error=EIO:when=1",
			"input/output error", nothing, []string{"fsync", "close", "unlinkat"}},
		{"sync of the directory fails", "fsync:error=EIO:when=2",
			"input/output error", whole, []string{"fsync", "close", "renameat2", "fsync directory"}},
		{"directories cannot be synced here", "fsync:error=EINVAL:when=2",
			"", whole, []string{"fsync", "close", "renameat2", "fsync directory"}},
		{"rename fails", "renameat2:error=EIO",
			"renameat2", nothing, []string{"fsync", "close", "renameat2", "unlinkat"}},
		{"rename is interrupted", "renameat2:error=EINTR:when=1",
			"", whole, []string{"fsync", "close", "renameat2", "renameat2", "fsync directory"}},
		{"rename cannot keep from replacing", "renameat2:error=EINVAL",
			"", whole, []string{"fsync", "close", "renameat2", "linkat", "unlinkat", "fsync directory"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			trace, output, err := runTraced(t, "TestTraced", dir, "-e", "inject="+tt.inject)
			if failed := err != nil; failed != (tt.complaint != "") || !strings.Contains(output, tt.complaint) {
				t.Errorf("error is %v, want %q in\n%s", err, tt.complaint, output)
			}
			tt.left(t, dir)
			wantNoTemps(t, dir)
			if got, want := callsOnTemp(trace, dir), slices.Concat(before, tt.calls); !slices.Equal(got, want) {
				t.Errorf("calls are %q, want %q\n%s", got, want, trace)
			}
		})
	}
}

// callsOnTemp returns the calls in a trace that concern the temporary file in
// dir, and the syncs of dir itself.
func callsOnTemp(trace, dir string) []string {
	call := regexp.MustCompile(`^\d+ +(\w+)\(`)
	var calls []string
	for line := range strings.Lines(trace) {
		m := call.FindStringSubmatch(line)
		switch {
		case m == nil:
		case strings.Contains(line, TempPrefix) && strings.Contains(line, "O_EXCL"):
			calls = append(calls, m[1]+" O_EXCL")
		case strings.Contains(line, TempPrefix):
			calls = append(calls, m[1])
		case m[1] == "fsync" && strings.Contains(line, "<"+dir+">"):
			calls = append(calls, "fsync directory")
		}
	}
	return calls
}
