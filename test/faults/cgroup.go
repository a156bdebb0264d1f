package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A cgroup is a group of processes that may take so much memory together, in
// version 1 or 2 of the kernel's control groups.
type cgroup struct {
	t   *trial
	dir string
	v2  bool
}

// memoryLimits is the need to limit the memory of a process.
func memoryLimits() string {
	if missing := root(); missing != "" {
		return missing
	}
	parent, v2, err := memoryController()
	if err != nil {
		return err.Error()
	}
	g := cgroup{dir: filepath.Join(parent, fmt.Sprintf("faults-need-%d", os.Getpid())), v2: v2}
	if err := errors.Join(g.make(1<<30), os.Remove(g.dir)); err != nil {
		return err.Error()
	}
	return ""
}

// memoryController returns where groups with a memory limit are made.
func memoryController() (dir string, v2 bool, err error) {
	text, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", false, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line) // device, directory, type, options
		switch {
		case f[2] == "cgroup" && strings.Contains(","+f[3]+",", ",memory,"):
			return f[1], false, nil
		case f[2] == "cgroup2":
			passed, err := os.ReadFile(filepath.Join(f[1], "cgroup.subtree_control"))
			if err == nil && strings.Contains(" "+strings.TrimSpace(string(passed))+" ", " memory ") {
				return f[1], true, nil
			}
		}
	}
	return "", false, errors.New("no control groups with a memory limit")
}

// newCgroup makes a group with a limit in bytes and no swap. It is removed when the trial ends.
func (t *trial) newCgroup(limit int64) *cgroup {
	parent, v2, err := memoryController()
	t.check(err)
	g := &cgroup{t: t, dir: filepath.Join(parent, fmt.Sprintf("faults-%s-%d", t.name, os.Getpid())), v2: v2}
	t.cleanup(func() {
		t.within(patience, func() bool { err = os.Remove(g.dir); return !errors.Is(err, unix.EBUSY) })
		t.check(err)
	})
	t.check(g.make(limit))
	return g
}

func (g *cgroup) make(limit int64) error {
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return err
	}
	if g.v2 {
		return errors.Join(g.set("memory.max", limit), optional(g.set("memory.swap.max", 0)))
	}
	return errors.Join(g.set("memory.limit_in_bytes", limit), g.set("memory.swappiness", 0), optional(g.set("memory.memsw.limit_in_bytes", limit)))
}

// optional forgives that a kernel has no such file, as one that counts no swap.
func optional(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) { // creating a file is not permitted there
		return nil
	}
	return err
}

func (g *cgroup) set(file string, value int64) error {
	return os.WriteFile(filepath.Join(g.dir, file), strconv.AppendInt(nil, value, 10), 0o644)
}

// wrap is the beginning of a command line that runs in the group.
func (g *cgroup) wrap() []string {
	return []string{"sh", "-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(g.dir, "cgroup.procs")}
}

// kills returns how often the kernel killed a process of the group for its memory.
func (g *cgroup) kills() int64 {
	file := "memory.oom_control"
	if g.v2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	g.t.check(err)
	for line := range strings.Lines(string(text)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, err := strconv.ParseInt(strings.TrimSpace(n), 10, 64)
			g.t.check(err)
			return kills
		}
	}
	g.t.fatalf("%s of this kernel does not count kills", file)
	return 0
}
