package config

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
)

// maxText bounds a configuration, in bytes: a thousand folders fit.
const maxText = 1 << 20

// Load reads a configuration from a file and from IMGWATCHD_ variables, given as
// os.Environ has them. The error is a Faults or an *fs.PathError.
func Load(file string, environ []string) (*Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return nil, err
	}
	return Parse(file, text, filepath.Dir(file), environ)
}

// Parse is Load of a text that is at hand. name stands for the file in faults;
// relative paths are relative to dir.
func Parse(name string, text []byte, dir string, environ []string) (*Config, error) {
	if len(text) > maxText {
		return nil, Faults{{File: name, Problem: fmt.Sprintf("is larger than %d bytes", maxText)}}
	}
	root, err := parseTree(text)
	if err != nil {
		return nil, Faults{syntaxFault(name, text, err)}
	}
	return build(name, root, dir, environ)
}

// Quickstart returns the configuration for a run without a file: renditions of
// what is dropped into drop, "" standing for ./inbox, go to out, "" standing for
// ./outbox.
func Quickstart(drop, out string, environ []string) (*Config, error) {
	drop, err := filepath.Abs(cmp.Or(drop, "inbox"))
	if err != nil {
		return nil, fmt.Errorf("find folder %q: %w", drop, err)
	}
	return oneFolder(filepath.Join(filepath.Dir(drop), ".imgwatchd"), folderText{
		Name:      "inbox",
		Path:      drop,
		Presets:   []string{"thumbnail", "web"},
		Output:    map[string]string{"dir": cmp.Or(out, "outbox")},
		FailedDir: filepath.Join(filepath.Dir(drop), "failed"),
	}, environ)
}

// Default returns the configuration that the shipped file documents.
func Default() *Config {
	c, err := oneFolder("", folderText{
		Name:    "photos",
		Path:    "/srv/imgwatchd/photos",
		Presets: []string{"thumbnail", "web"},
		Output:  map[string]string{"dir": "/srv/imgwatchd/out"},
	}, nil)
	if err != nil {
		panic("config: internal error: default: " + err.Error())
	}
	return c
}

// A folderText is the least that a file says about a folder.
type folderText struct {
	Name      string
	Path      string
	Presets   []string
	Output    map[string]string
	FailedDir string `yaml:"failed_dir,omitempty"`
}

// oneFolder returns the configuration of a file that says no more than f and, unless
// it is "", where the state is kept.
func oneFolder(stateDir string, f folderText, environ []string) (*Config, error) {
	file := struct {
		StateDir string `yaml:"state_dir,omitempty"`
		Folders  []folderText
	}{stateDir, []folderText{f}}
	var root yaml.Node
	if err := root.Encode(file); err != nil {
		return nil, fmt.Errorf("write configuration of %q: %w", f.Path, err)
	}
	return build("", unplaced(&root), ".", environ)
}

// build takes a tree through every check to a Config.
func build(name string, root *yaml.Node, dir string, environ []string) (*Config, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder %q: %w", dir, err)
	}
	o := overlay{root: root, variables: map[*yaml.Node]string{}}
	o.apply(environ)
	r := reader{file: name, variables: o.variables, report: report{places: places{}, faults: o.faults}}
	r.places[""] = r.place(root, place{})
	values, _ := r.value(schema, root, "").(map[string]any)
	s, err := decode(values)
	if err != nil && len(r.faults) == 0 {
		return nil, Faults{{File: name, Problem: err.Error()}}
	}
	s.resolve(dir)
	if len(r.faults) < maxFaults { // otherwise it is not known which values are sound
		r.validate(s)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	s.Presets = withBuiltin(s.Presets)
	return newConfig(s, r.places), nil
}

// resolve makes every path absolute and fills in the folders that follow from
// others.
func (s *settings) resolve(dir string) {
	for _, p := range []*string{&s.StateDir, &s.HTTP.TokenFile, &s.Socket} {
		*p = absolute(dir, *p)
	}
	for _, l := range s.Hooks.lists() {
		for i := range l.hooks {
			l.hooks[i].SecretFile = absolute(dir, l.hooks[i].SecretFile)
		}
	}
	for i := range s.Folders {
		f := &s.Folders[i]
		parent := filepath.Dir(absolute(dir, f.Path))
		if f.OnSuccess == pipeline.Move && f.ArchiveDir == "" {
			f.ArchiveDir = filepath.Join(parent, "archive", f.Name)
		}
		if f.OnFailure == pipeline.Move && f.FailedDir == "" {
			f.FailedDir = filepath.Join(parent, "failed", f.Name)
		}
		for _, p := range []*string{&f.Path, &f.Output.Dir, &f.ArchiveDir, &f.FailedDir} {
			*p = absolute(dir, *p)
		}
	}
}

// absolute returns p as seen from dir; "" stays.
func absolute(dir, p string) string {
	switch {
	case p == "":
		return ""
	case filepath.IsAbs(p):
		return filepath.Clean(p)
	default:
		return filepath.Join(dir, p)
	}
}

func newConfig(s settings, at places) *Config {
	c := &Config{Log: s.Log, settings: s, places: at, presets: map[string]*render.Preset{}}
	for _, p := range s.Presets {
		c.presets[p.Name] = p.render()
	}
	return c
}
