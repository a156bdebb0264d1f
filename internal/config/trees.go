package config

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
)

// A target is a folder that files are put into.
type target struct {
	key string // what names it, below its folder
	dir string
}

// targets returns where the renditions and sources of f go.
func (f folder) targets() []target {
	ts := []target{{"output.dir", f.Output.Dir}}
	if f.OnSuccess == pipeline.Move {
		ts = append(ts, target{"archive_dir", f.ArchiveDir})
	}
	if f.OnFailure == pipeline.Move {
		ts = append(ts, target{"failed_dir", f.FailedDir})
	}
	return ts
}

// checkTrees notes folders that would feed each other or work on the same file
// twice. Links are followed first: what counts is where files end up.
func (r *report) checkTrees(folders []folder) {
	roots := make([]string, len(folders))
	for i, f := range folders {
		roots[i] = resolved(f.Path)
	}
	for i, f := range folders {
		at := fmt.Sprintf("folders[%d]", i)
		for j := range i {
			if roots[i] != "" && roots[j] != "" && (f.sees(roots[i], roots[j]) || folders[j].sees(roots[j], roots[i])) {
				r.add(at+".path", fmt.Sprintf("%q is also watched as %q, through %q", f.Path, folders[j].Name, folders[j].Path), "watch each tree once; one folder can have several presets")
			}
		}
		r.checkDistinct(at, f)
		for _, t := range f.targets() {
			r.checkTarget(at+"."+t.key, t.dir, folders, roots)
		}
	}
}

// checkState notes a state directory in a watched tree: the ledger changes with
// every file, and each change would be looked at.
func (r *report) checkState(s settings) {
	for _, f := range s.Folders {
		if root := resolved(f.Path); root != "" && f.sees(root, resolved(s.StateDir)) {
			r.add("state_dir", fmt.Sprintf("%q is inside the watched folder %q", s.StateDir, f.Name), "choose a folder outside of it")
		}
	}
}

// checkTarget notes a folder that files are put into and that is watched, or has
// a watched one inside.
func (r *report) checkTarget(path, dir string, folders []folder, roots []string) {
	if dir == "" {
		return
	}
	real := resolved(dir)
	for i, f := range folders {
		rel, inside := below(roots[i], real)
		_, around := below(real, roots[i])
		switch {
		case roots[i] == "":
		case f.sees(roots[i], real) && rel == ".":
			r.add(path, fmt.Sprintf("%q is the watched folder %q itself", dir, f.Name), "choose another folder, best beside it")
		case f.sees(roots[i], real):
			r.add(path, fmt.Sprintf("%q is inside the watched folder %q", dir, f.Name),
				fmt.Sprintf("choose a folder beside it, or add %q to the exclude of %q", rel+"/", f.Name))
		case around && !inside:
			r.add(path, fmt.Sprintf("%q has the watched folder %q inside", dir, f.Name), "choose a folder beside it")
		}
	}
}

// checkDistinct notes sources that would be moved among renditions, where the
// one could take the other's name.
func (r *report) checkDistinct(path string, f folder) {
	for _, t := range f.targets()[1:] {
		if t.dir != "" && resolved(t.dir) == resolved(f.Output.Dir) {
			r.add(path+"."+t.key, fmt.Sprintf("%q is also the folder of the renditions", t.dir), "choose a folder of its own")
		}
	}
}

// sees reports whether f, watching root, would find files in dir.
func (f folder) sees(root, dir string) bool {
	rel, inside := below(root, dir)
	if !inside || rel == "." {
		return inside
	}
	return f.Recursive && !f.hides(rel)
}

// hides reports whether the patterns leave out the directory rel, or one that it
// is in, with all below it.
func (f folder) hides(rel string) bool {
	patterns := append(watcher.DefaultIgnore(), f.Exclude...)
	for dir := strings.ToLower(rel); dir != "."; dir = path.Dir(dir) {
		for _, p := range patterns {
			glob, name := strings.TrimSuffix(strings.ToLower(p), "/"), dir
			if !strings.Contains(glob, "/") {
				name = path.Base(dir)
			}
			if ok, err := doublestar.Match(glob, name); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// below returns the path of dir relative to root, and whether it is root or lies
// below it.
func below(root, dir string) (string, bool) {
	rel, err := filepath.Rel(root, dir)
	return rel, err == nil && filepath.IsLocal(rel)
}

// resolved follows the links in as much of p as exists. It returns "" for "".
func resolved(p string) string {
	if p == "" {
		return ""
	}
	rest := ""
	for dir := p; ; dir = filepath.Dir(dir) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(real, rest)
		}
		if dir == filepath.Dir(dir) {
			return p
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}
