package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/pipeline"
)

// CheckPaths returns a Faults for every folder, program, token and secret file that is
// missing or that this process may not use as it is configured, and nil when there is
// none. It only looks; folders that renditions go to need not exist yet.
func (c *Config) CheckPaths() error {
	r := report{places: c.places}
	r.checkWritable("state_dir", c.settings.StateDir)
	r.checkToken(c.settings.HTTP)
	for i, f := range c.settings.Folders {
		at := fmt.Sprintf("folders[%d]", i)
		r.checkSource(at+".path", f)
		for _, t := range f.targets() {
			r.checkWritable(at+"."+t.key, t.dir)
		}
	}
	for _, l := range c.settings.Hooks.lists() {
		for i, h := range l.hooks {
			r.checkHookFiles(l.at(i), h)
		}
	}
	return r.err()
}

// checkSource looks at a drop folder. Whoever moves or deletes a source must be
// able to write to the folder it is in.
func (r *report) checkSource(path string, f folder) {
	if !r.checkDir(path, f.Path) {
		return
	}
	if unix.Access(f.Path, unix.R_OK|unix.X_OK) != nil {
		r.add(path, fmt.Sprintf("%q cannot be read", f.Path), allow("r-x", f.Path))
	}
	takesAway := f.OnSuccess != pipeline.Keep || f.OnFailure != pipeline.Keep
	if takesAway && unix.Access(f.Path, unix.W_OK) != nil {
		r.add(path, fmt.Sprintf("%q cannot be written, so no source can be taken out of it", f.Path),
			allow("rwx", f.Path)+"; or set on_success and on_failure to keep")
	}
}

// checkDir notes what is not a folder, and reports whether it is one.
func (r *report) checkDir(path, dir string) bool {
	fi, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.add(path, fmt.Sprintf("%q does not exist", dir), fmt.Sprintf("create it: mkdir -p %q", dir))
	case err != nil:
		r.add(path, err.Error(), "")
	case !fi.IsDir():
		r.add(path, fmt.Sprintf("%q is not a folder", dir), "")
	default:
		return true
	}
	return false
}

// checkWritable looks whether files can be made in dir, or the nearest of its
// parents that exists.
func (r *report) checkWritable(path, dir string) {
	existing := dir
	for existing != "/" {
		_, err := os.Lstat(existing)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			break
		}
		existing = filepath.Dir(existing)
	}
	switch err := unix.Access(existing, unix.W_OK|unix.X_OK); {
	case !r.checkDir(path, existing):
	case errors.Is(err, unix.EROFS):
		r.add(path, fmt.Sprintf("%q is on a read-only filesystem", existing), "mount it read-write, or choose another folder")
	case err != nil && existing == dir:
		r.add(path, fmt.Sprintf("%q cannot be written", dir), allow("rwx", dir))
	case err != nil:
		r.add(path, fmt.Sprintf("%q does not exist and cannot be made in %q", dir, existing),
			fmt.Sprintf("create it: mkdir -p %q && chown %d %q", dir, os.Getuid(), dir))
	}
}

// allow returns the command that lets this process use dir.
func allow(rights, dir string) string {
	return fmt.Sprintf("allow it: setfacl -m u:%d:%s %q, or chown %d %q", os.Getuid(), rights, dir, os.Getuid(), dir)
}
