package pipeline

import (
	"os"
	"path/filepath"
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
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return total
	}
	// Version 2 has a single line, "0::/path".
	_, path, _ := strings.Cut(strings.TrimSpace(string(text)), "::")
	for ; path != "" && path != "." && path != "/"; path = filepath.Dir(path) {
		if limit, ok := readLimit(filepath.Join("/sys/fs/cgroup", path, "memory.max")); ok {
			total = min(total, limit)
		}
	}
	return total
}

// readLimit reads one memory.max; false when it is "max" or not to be read.
func readLimit(file string) (int64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n > 0
}
