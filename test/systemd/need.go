package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// tools are the programs that are needed here, and the packages of Debian that have them.
var tools = []struct{ program, pack string }{
	{"systemd-nspawn", "systemd-container"},
	{"debootstrap", "debootstrap"},
	{"nsenter", "util-linux"},
	{"unshare", "util-linux"},
	{"tar", "tar"},
	{"git", "git"},
}

// missing says why the container cannot be booted on this machine, or "".
func missing() string {
	if runtime.GOARCH != "amd64" {
		return "the package is tried on amd64 only"
	}
	if os.Geteuid() != 0 {
		return "not root"
	}
	for _, t := range tools {
		if _, err := exec.LookPath(t.program); err != nil {
			return t.program + " is not installed (package " + t.pack + ")"
		}
	}
	// A container that may not mount, as most that run others' work, boots nothing.
	out, err := exec.Command("unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "none", "/run").CombinedOutput()
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return "no mount in a namespace of its own: " + said
	}
	return ""
}
