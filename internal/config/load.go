package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
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
	if drop == "" {
		drop = "inbox"
	}
	if out == "" {
		out = "outbox"
	}
	drop, err := filepath.Abs(drop)
	if err != nil {
		return nil, fmt.Errorf("find folder %q: %w", drop, err)
	}
	return simple("inbox", drop, out, environ, filepath.Join(filepath.Dir(drop), "failed"))
}

// Default returns the configuration that the shipped file documents.
func Default() *Config {
	c, err := simple("photos", "/srv/imgwatchd/photos", "/srv/imgwatchd/out", nil, "")
	if err != nil {
		panic("config: internal error: default: " + err.Error())
	}
	return c
}

// simple returns a configuration of one folder, as if a file had said the least.
func simple(name, drop, out string, environ []string, failed string) (*Config, error) {
	one := map[string]any{
		"name": name, "path": drop, "presets": []string{"thumbnail", "web"},
		"output": map[string]string{"dir": out},
	}
	if failed != "" {
		one["failed_dir"] = failed
	}
	var root yaml.Node
	if err := root.Encode(map[string]any{"folders": []any{one}}); err != nil {
		return nil, fmt.Errorf("write configuration of %q: %w", drop, err)
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
	r.validate(s)
	if err := r.err(); err != nil {
		return nil, err
	}
	s.Presets = withBuiltin(s.Presets)
	return newConfig(s, r.places), nil
}

// decode turns values that the reader has checked into settings.
func decode(values map[string]any) (settings, error) {
	var s settings
	v := viper.New()
	if err := v.MergeConfigMap(values); err != nil {
		return s, fmt.Errorf("merge values: %w", err)
	}
	err := v.UnmarshalExact(&s, func(d *mapstructure.DecoderConfig) {
		d.TagName = "yaml"
		d.WeaklyTypedInput = false
		d.DecodeHook = mapstructure.ComposeDecodeHookFunc(decodeStep, mapstructure.TextUnmarshallerHookFunc())
	})
	if err != nil {
		return s, fmt.Errorf("decode values: %w", err)
	}
	return s, nil
}

// resolve makes every path absolute and fills in the folders that follow from
// others.
func (s *settings) resolve(dir string) {
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
