package watcher

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// defaultIgnore lists what other programs leave in a folder and what is not
// finished yet: hidden files, desktop and NAS litter, sync tools, downloads,
// editors, and files that are deleted while open.
var defaultIgnore = []string{
	".*", "._*", "Thumbs.db", "ehthumbs.db", "desktop.ini",
	"@eaDir/", "#recycle/", ".stfolder/", ".stversions/", ".syncthing.*", "~syncthing~*",
	".Trashes/", ".Spotlight-V100/", ".AppleDouble/", "__MACOSX/",
	"*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download",
	"~$*", "*~", "*.swp", ".nfs*", ".goutputstream-*", ".fuse_hidden*",
}

// DefaultIgnore returns the patterns that are excluded from every folder.
func DefaultIgnore() []string { return append([]string(nil), defaultIgnore...) }

// Ignored reports whether DefaultIgnore hides what stands at the slash-separated
// path name. What is above it is not looked at.
func Ignored(name string) bool { return ignored.hidesDir(name) }

var ignored = newFilter(nil, nil)

// A filter decides by name alone. It is asked from the root downwards: a path is
// only judged when no directory above it is hidden.
type filter struct {
	include, exclude []pattern
}

// A pattern is one glob, in lower case and without its slash at the end.
type pattern struct {
	glob string
	base bool // matched with the base name, not the path
	dir  bool // matches directories only
}

func newFilter(include, exclude []string) filter {
	return filter{
		include: patterns(include),
		exclude: append(patterns(defaultIgnore), patterns(exclude)...),
	}
}

func patterns(globs []string) []pattern {
	ps := make([]pattern, len(globs))
	for i, g := range globs {
		g, dir := strings.CutSuffix(strings.ToLower(g), "/")
		ps[i] = pattern{glob: g, base: !strings.Contains(g, "/"), dir: dir}
	}
	return ps
}

// hidesDir reports whether a directory is left out with all below it.
func (f filter) hidesDir(dir string) bool {
	dir = strings.ToLower(dir)
	for _, p := range f.exclude {
		if p.matches(dir) {
			return true
		}
	}
	return false
}

// takesFile reports whether a file is one to work on.
func (f filter) takesFile(file string) bool {
	file = strings.ToLower(file)
	for _, p := range f.exclude {
		if !p.dir && p.matches(file) {
			return false
		}
	}
	return len(f.include) == 0 || f.included(file)
}

func (f filter) included(file string) bool {
	for _, p := range f.include {
		if p.dir && p.matchesAbove(file) || !p.dir && p.matches(file) {
			return true
		}
	}
	return false
}

// matchesAbove reports whether p stands for a directory that file is in.
func (p pattern) matchesAbove(file string) bool {
	for i := len(file) - 1; i > 0; i-- {
		if file[i] == '/' && p.matches(file[:i]) {
			return true
		}
	}
	return false
}

func (p pattern) matches(name string) bool {
	if p.base {
		name = path.Base(name)
	}
	ok, err := doublestar.Match(p.glob, name)
	return ok && err == nil
}

func checkPatterns(field string, globs []string) error {
	var errs []error
	for _, g := range globs {
		switch {
		case strings.Trim(g, "/") == "":
			errs = append(errs, fmt.Errorf("%s: %q is an empty pattern", field, g))
		case strings.HasPrefix(g, "/"):
			errs = append(errs, fmt.Errorf("%s: %q begins with a slash; patterns are relative to the folder", field, g))
		case !doublestar.ValidatePattern(g):
			errs = append(errs, fmt.Errorf("%s: %q is not a valid pattern", field, g))
		}
	}
	return errors.Join(errs...)
}
