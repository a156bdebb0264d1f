package batch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"imgwatchd/internal/pipeline"
)

// A source is one argument of a run: a folder, or one file of a folder.
type source struct {
	folder string // as it was given, for reports
	root   string // absolute
	file   string // the file's name; empty: the whole folder
}

// resolve finds out what each argument is. A link is followed: it was named.
func resolve(args []string) ([]source, error) {
	sources := make([]source, 0, len(args))
	for _, arg := range args {
		if arg == "" {
			return nil, errors.New("find source: the name is empty")
		}
		real, err := filepath.EvalSymlinks(arg)
		if err != nil {
			return nil, fmt.Errorf("find source: %w", err)
		}
		real, err = filepath.Abs(real)
		if err != nil {
			return nil, fmt.Errorf("find source: %w", err)
		}
		fi, err := os.Stat(real)
		if err != nil {
			return nil, fmt.Errorf("find source: %w", err)
		}
		s := source{folder: filepath.Clean(arg), root: real}
		if !fi.IsDir() {
			s = source{folder: filepath.Dir(arg), root: filepath.Dir(real), file: filepath.Base(real)}
			if s.file != filepath.Base(arg) { // a link: say where the file is
				s.folder = s.root
			}
		}
		sources = append(sources, s)
	}
	name(sources)
	return distinct(sources), nil
}

// resolveOutput returns the real path of the output folder, as far as it is there
// already, so that it can be told from the sources.
func resolveOutput(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find output folder: %w", err)
	}
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		parent, base := filepath.Split(dir)
		if parent == dir {
			return dir, nil
		}
		parent, err = resolveOutput(parent)
		return filepath.Join(parent, base), err
	}
	if err != nil {
		return "", fmt.Errorf("find output folder: %w", err)
	}
	return real, nil
}

// ErrOutputIsSource says that renditions would stand among the sources, where the
// next run would take them for sources, or this one might replace a source.
var ErrOutputIsSource = errors.New("the output folder is a source folder, or one is inside; choose another")

// keepApart refuses an output folder in which a source could be replaced, or that
// a run would feed on.
func keepApart(sources []source, o Options) error {
	for _, s := range sources {
		rel, err := filepath.Rel(o.Folder.Output, s.root)
		below := err == nil && filepath.IsLocal(rel)
		if below && o.Folder.OnConflict != pipeline.SkipTaken || rel == "." && s.file == "" {
			return ErrOutputIsSource
		}
	}
	return nil
}

// distinct leaves out what another argument names as well.
func distinct(sources []source) []source {
	var kept []source
	seen := make(map[source]bool)
	for _, s := range sources {
		whole := source{folder: s.folder, root: s.root}
		if seen[s] || s != whole && slices.Contains(sources, whole) {
			continue
		}
		seen[s] = true
		kept = append(kept, s)
	}
	return kept
}

// name makes sure that one folder name stands for one root, and one root goes by
// one name.
func name(sources []source) {
	names, roots := make(map[string]string), make(map[string]string)
	for i := range sources {
		s := &sources[i]
		if known, ok := names[s.root]; ok {
			s.folder = known
			continue
		}
		if _, taken := roots[s.folder]; taken {
			s.folder = s.root
		}
		names[s.root], roots[s.folder] = s.folder, s.root
	}
}

// folders returns a folder for each root, like the model.
func folders(model pipeline.Folder, sources []source) []pipeline.Folder {
	var all []pipeline.Folder
	seen := make(map[string]bool)
	for _, s := range sources {
		if seen[s.root] {
			continue
		}
		seen[s.root] = true
		f := model
		f.Name, f.Root = s.folder, s.root
		all = append(all, f)
	}
	return all
}
