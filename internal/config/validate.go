package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/pipeline"
)

// validate notes what the schema cannot say: how the values go together. What
// the reader found fault with is not looked at again.
func (r *report) validate(s settings) {
	for i, p := range s.Presets {
		r.checkPreset(fmt.Sprintf("presets[%d]", i), p)
	}
	r.checkUnique("presets", len(s.Presets), func(i int) string { return s.Presets[i].Name })

	known := map[string]preset{}
	for _, p := range withBuiltin(s.Presets) {
		known[p.Name] = p
	}
	for i, f := range s.Folders {
		r.checkFolder(fmt.Sprintf("folders[%d]", i), f, known)
	}
	r.checkUnique("folders", len(s.Folders), func(i int) string { return s.Folders[i].Name })
	r.checkTrees(s.Folders)
	r.checkState(s)
	r.checkHTTP(s.HTTP)
	for _, l := range s.Hooks.lists() {
		r.checkHooks(l, s.Folders)
	}
}

// namePattern keeps names usable as file names, labels and words of a command.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func (r *report) checkName(path, name string) {
	if name != "" && !namePattern.MatchString(name) {
		r.add(path, fmt.Sprintf("%q is not a name", clip(name)), "use up to 64 lower-case letters, digits, dots, dashes and underscores")
	}
}

func (r *report) checkUnique(list string, n int, name func(int) string) {
	first := map[string]int{}
	for i := range n {
		former, taken := first[name(i)]
		switch {
		case name(i) == "":
		case taken:
			r.add(fmt.Sprintf("%s[%d].name", list, i), fmt.Sprintf("%q is the name of %s[%d] already", name(i), list, former), "give each a name of its own")
		default:
			first[name(i)] = i
		}
	}
}

func (r *report) checkPreset(path string, p preset) {
	r.checkName(path+".name", p.Name)
	if err := pipeline.CheckName(p.Output.Name); err != nil && !r.below(path+".output.name") {
		r.add(path+".output.name", err.Error(), "")
	}
	if r.below(path + ".steps") {
		return
	}
	r.addErrors(path, p.render().Validate())
}

// addErrors notes the faults that another room found. Each begins with the path
// of the field it is about.
func (r *report) addErrors(path string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			r.addErrors(path, err)
		}
		return
	}
	if err != nil {
		field, problem, _ := strings.Cut(err.Error(), ": ")
		r.add(join(path, field), problem, "")
	}
}

func (r *report) checkFolder(path string, f folder, known map[string]preset) {
	r.checkName(path+".name", f.Name)
	for i, name := range f.Presets {
		at := fmt.Sprintf("%s.presets[%d]", path, i)
		p, ok := known[name]
		switch {
		case name == "": // the reader said so
		case !ok:
			r.add(at, fmt.Sprintf("unknown preset %q", clip(name)), suggest(name, slices.Sorted(maps.Keys(known))))
		default:
			r.checkNewName(at, p, f.Presets[:i], known)
		}
	}
	if f.Path != "" && !r.below(path+".include") && !r.below(path+".exclude") {
		r.addErrors(path, f.watcher().Validate())
	}
}

// checkNewName notes a preset whose renditions would be called as those of one
// of the former presets.
func (r *report) checkNewName(path string, p preset, former []string, known map[string]preset) {
	for _, name := range former {
		q, ok := known[name]
		switch {
		case !ok:
		case q.Name == p.Name:
			r.add(path, fmt.Sprintf("preset %q is listed twice", p.Name), "remove one of the two")
			return
		case sameName(p, q):
			r.add(path, fmt.Sprintf("presets %q and %q give renditions the same name, %q", q.Name, p.Name, p.Output.Name), "put {preset} into the output.name of one")
			return
		}
	}
}

// sameName reports whether p and q give one name to their renditions of any
// kind of source.
func sameName(p, q preset) bool {
	for _, source := range codec.Encodable() {
		if p.nameFor(source) == q.nameFor(source) {
			return true
		}
	}
	return false
}

// nameFor returns the name of a rendition as far as it is known without the
// picture. Sizes are taken to differ from preset to preset.
func (p preset) nameFor(source codec.Format) string {
	out := codec.Format(p.Output.Format)
	if out == "" {
		out = source
	}
	return strings.NewReplacer(
		"{preset}", p.Name, "{ext}", out.Ext(),
		"{width}", "{width of "+p.Name+"}", "{height}", "{height of "+p.Name+"}",
	).Replace(p.Output.Name)
}
