package main

import (
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// inFlight is the most files that can be in work at a time under plainSettings: two in the
// readers, two in the channel after them, two in the transformers, eight in the channel
// after them and eight in the writers.
const inFlight = 2 + 2 + 2 + 8 + 8

const plainSettings = `
workers: {read: 2, transform: 2, write: 8}
log: {level: info, format: json}
`

// A setup says how a site differs from the plain one, which has a folder "main" from in to out
// with one preset, thumbnail, and keeps its sources. YAML is laid over the plain settings
// key by key; a key that is null is left out.
type setup struct {
	base    string   // the directory to make the site in; empty: one of the trial's own
	top     string   // YAML laid over the top level: "limits: {timeout: 5s}"
	folders []string // YAML laid over each folder: "on_success: delete"; nil: one plain folder
}

// settings returns the configuration as YAML.
func (s *site) settings(u setup) ([]byte, error) {
	tree, err := parse(plainSettings)
	if err != nil {
		return nil, err
	}
	if s.t.bin.knows("state_dir") {
		tree["state_dir"] = s.state
	}
	if s.t.bin.knows("http.listen") {
		tree["http"] = map[string]any{"listen": ""}
	}
	overlays := u.folders
	if overlays == nil {
		overlays = []string{""}
	}
	var folders []any
	for i, text := range overlays {
		over, err := parse(text)
		if err != nil {
			return nil, err
		}
		folders = append(folders, overlay(s.plainFolder(i, over), over))
	}
	tree["folders"] = folders
	over, err := parse(u.top)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(overlay(tree, over))
}

// plainFolder returns the settings of folder i. The first one's directories are in, out,
// failed and archive, the next one's in2, out2, and so on.
func (s *site) plainFolder(i int, over map[string]any) map[string]any {
	f := map[string]any{
		"name":       "main" + number(i),
		"path":       s.in + number(i),
		"stable_for": "20ms",
		"presets":    []any{"thumbnail"},
		"output":     map[string]any{"dir": s.out + number(i)},
		"failed_dir": s.failed + number(i),
	}
	if over["on_success"] == "move" {
		f["archive_dir"] = s.archive + number(i)
	}
	return f
}

// number returns what the names of folder i and its directories end in.
func number(i int) string {
	if i == 0 {
		return ""
	}
	return fmt.Sprint(i + 1)
}

func parse(text string) (map[string]any, error) {
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("parse settings %q: %w", text, err)
	}
	return tree, nil
}

// overlay lays one tree over another: sections are joined, anything else replaced.
func overlay(tree, over map[string]any) map[string]any {
	for key, value := range over {
		section, ok := value.(map[string]any)
		below, both := tree[key].(map[string]any)
		switch {
		case value == nil:
			delete(tree, key)
		case ok && both:
			tree[key] = overlay(below, section)
		default:
			tree[key] = value
		}
	}
	return tree
}

// thumbnailOf returns the name of the rendition that the plain folder makes of a source.
func thumbnailOf(source string) string {
	return source[:len(source)-len(filepath.Ext(source))] + "_thumbnail.jpg"
}
