package dropin

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// System is the Disk of this machine.
type System struct{}

// Alone implements Disk. Only as many entries are looked at as can lead to one of
// paths; a dir that cannot be read has others in it.
func (System) Alone(dir string, paths []string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer f.Close()
	names, err := f.Readdirnames(len(paths) + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	for _, name := range names {
		entry := filepath.Join(dir, name)
		if !slices.ContainsFunc(paths, func(path string) bool { return within(entry, path) }) {
			return false
		}
	}
	return true
}

// Device implements Disk.
func (System) Device(path string) uint64 {
	for {
		if fi, err := os.Stat(path); err == nil {
			if st, ok := fi.Sys().(*syscall.Stat_t); ok {
				return st.Dev
			}
			return 0
		}
		if path == filepath.Dir(path) {
			return 0
		}
		path = filepath.Dir(path)
	}
}
