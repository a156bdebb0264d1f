package pipeline

import (
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// machineMemory returns how many bytes this process may hope for: the machine's
// memory, or what the process's cgroup or one above it is limited to.
func machineMemory() int64 {
	total := int64(4 << 30)
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		total = int64(uint64(info.Totalram) * uint64(info.Unit))
	}
	return min(total, cgroupLimit(os.DirFS("/")))
}

// cgroupLimit returns the least memory limit of the cgroups that this process is in,
// of version 2 or 1, as the filesystem root of a machine has them. Without a limit it
// is a huge number.
func cgroupLimit(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	// A line is "hierarchy:controllers:/path". Version 2 has one without controllers;
	// a machine may have both versions.
	for line := range strings.Lines(string(text)) {
		controllers, group, _ := strings.Cut(afterColon(line), ":")
		switch group = strings.TrimSuffix(group, "\n"); {
		case controllers == "":
			limit = min(limit, limitAbove(root, "sys/fs/cgroup", group, "memory.max"))
		case slices.Contains(strings.Split(controllers, ","), "memory"):
			limit = min(limit, limitAbove(root, "sys/fs/cgroup/memory", group, "memory.limit_in_bytes"))
		}
	}
	return limit
}

func afterColon(line string) string {
	_, rest, _ := strings.Cut(line, ":")
	return rest
}

// limitAbove returns the least limit of a group and of those above it, up to the mount:
// in a container that is its own group, whatever path the group has outside.
func limitAbove(root fs.FS, mount, group, file string) int64 {
	limit := int64(math.MaxInt64)
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		if n, ok := readLimit(root, path.Join(mount, group, file)); ok {
			limit = min(limit, n)
		}
		if group == "/" {
			return limit
		}
	}
}

// readLimit reads a limit; false when it is "max" or not to be read.
func readLimit(root fs.FS, file string) (int64, bool) {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n > 0
}
