package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// trace runs a line of shell in a directory under a rule, and returns how it ended and
// what it said.
func trace(t *testing.T, dir, line string, r rule) (syscall.WaitStatus, string) {
	t.Helper()
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, said, said, &syscall.SysProcAttr{}
	tr := &tracer{}
	tr.obey(r)
	if err := tr.start(cmd); err != nil {
		t.Fatal(err)
	}
	status, _ := tr.wait()
	text, err := os.ReadFile(said.Name())
	if err != nil {
		t.Fatal(err)
	}
	return status, string(text)
}

// TestTracer changes what becomes of the calls of a shell.
func TestTracer(t *testing.T) {
	if missing := tampering(); missing != "" {
		t.Skip(missing)
	}
	for _, test := range []struct {
		name    string
		kind    kind
		verdict verdict
		want    string // in f; "-": there is none
		says    string
	}{
		{"let be", writing, verdict{}, "abcdef\n", ""},
		{"failed open", opening, verdict{fail: syscall.EIO}, "-", "rror"},
		{"failed write", writing, verdict{fail: syscall.EIO}, "", "rror"},
		{"pretended write", writing, verdict{pretend: len("abcdef\n")}, "", ""},
		{"short write", writing, verdict{length: 2}, "ab", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, times := t.TempDir(), 0
			file := filepath.Join(dir, "f")
			_, says := trace(t, dir, "echo abcdef > f", func(c *call) verdict {
				if c.kind() != test.kind || c.file() != file || times > 0 {
					return verdict{}
				}
				times++
				return test.verdict
			})
			got, err := os.ReadFile(file)
			if err != nil {
				got = []byte("-")
			}
			whole := test.name == "short write" && string(got) == "abcdef\n" // the shell wrote the rest
			if string(got) != test.want && !whole || !strings.Contains(says, test.says) {
				t.Errorf("%q and says %q", got, says)
			}
			if times != 1 {
				t.Errorf("met %d times", times)
			}
		})
	}
}

// TestTracerKills ends a process before a call.
func TestTracerKills(t *testing.T) {
	if missing := tracing(); missing != "" {
		t.Skip(missing)
	}
	dir := t.TempDir()
	status, _ := trace(t, dir, "echo a > f; (mv f g); echo b > h", func(c *call) verdict {
		return verdict{kill: c.kind() == opening && c.file() == filepath.Join(dir, "h")}
	})
	if !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("ended with %#x", status)
	}
	if _, err := os.Stat(filepath.Join(dir, "h")); !os.IsNotExist(err) {
		t.Errorf("h: %v", err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "g")); string(text) != "a\n" {
		t.Errorf("g: %q, %v", text, err)
	}
}
