package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A need says what is missing for a scenario on this machine, or "".
type need func() string

// root is the need to be root.
func root() string {
	if os.Geteuid() != 0 {
		return "not root"
	}
	return ""
}

// tool is the need for a program.
func tool(name string) need {
	return func() string {
		if _, err := exec.LookPath(name); err != nil {
			return name + " is not installed"
		}
		return ""
	}
}

// strace is the need to trace processes, which containers often forbid, and to
// tamper with their system calls.
func strace() string {
	if missing := tool("strace")(); missing != "" {
		return missing
	}
	return refusal("strace", "-f", "-e", "inject=getppid:retval=1", "-o", os.DevNull, "true")
}

// tracing is the need to run processes under ptrace, with Linux 5.3 or later.
func tracing() string {
	rules := 0
	t := &tracer{}
	t.obey(func(*call) verdict { rules++; return verdict{} })
	cmd := exec.Command("true")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if err := t.start(cmd); err != nil {
		return "no ptrace: " + err.Error()
	}
	if t.wait(); rules == 0 {
		return "no ptrace that tells of calls"
	}
	return ""
}

// mounts is the need to mount filesystems.
func mounts() string {
	if missing := root(); missing != "" {
		return missing
	}
	return inScratch(func(dir string) string {
		return refusal("unshare", "--mount", "mount", "-t", "tmpfs", "none", dir)
	})
}

// loopDevices is the need to mount a file as an ext4 filesystem.
func loopDevices() string {
	for _, n := range []need{root, tool("mkfs.ext4"), tool("losetup")} {
		if missing := n(); missing != "" {
			return missing
		}
	}
	return inScratch(tryLoop)
}

// tryLoop does it, in a mount namespace that ends with the attempt; the loop device
// is released with the mount.
func tryLoop(dir string) string {
	disk := filepath.Join(dir, "disk")
	if err := os.WriteFile(disk, make([]byte, 4<<20), 0o600); err != nil {
		return err.Error()
	}
	if missing := refusal("mkfs.ext4", "-q", "-F", disk); missing != "" {
		return missing
	}
	return refusal("unshare", "--mount", "mount", "-o", "loop", disk, dir)
}

// inScratch tries something in a directory that is removed afterwards.
func inScratch(try func(dir string) string) string {
	dir, err := os.MkdirTemp("", "faults-need-")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	return try(dir)
}

// refusal runs a command and returns why it did not succeed, or "".
func refusal(name string, args ...string) string {
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	if err == nil {
		return ""
	}
	said, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
	return strings.TrimSuffix("no "+filepath.Base(name)+": "+err.Error()+": "+said, ": ")
}
