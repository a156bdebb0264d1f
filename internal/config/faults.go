package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Fault is one thing that is wrong with a configuration.
type Fault struct {
	File    string // the file, or the IMGWATCHD_ variable that set the value; "": neither
	Line    int    // 0: unknown
	Path    string // the key, such as folders[0].stable_for
	Problem string
	Help    string // what to do about it, or ""
}

// Error returns "file:line: path: problem (help)", without what is not known.
func (f Fault) Error() string {
	var b strings.Builder
	if f.File != "" {
		b.WriteString(f.File)
		if f.Line > 0 {
			fmt.Fprintf(&b, ":%d", f.Line)
		}
		b.WriteString(": ")
	}
	if f.Path != "" {
		b.WriteString(f.Path + ": ")
	}
	b.WriteString(f.Problem)
	if f.Help != "" {
		b.WriteString(" (" + f.Help + ")")
	}
	return b.String()
}

// Faults is every fault of one load, in the order of the file; those of the
// environment come last.
type Faults []Fault

// Error returns one fault a line.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// fileFirst is a sort key that puts variables, by name, behind the file.
func fileFirst(f Fault) string {
	if strings.HasPrefix(f.File, envPrefix) {
		return f.File
	}
	return ""
}

// clip shortens what a fault quotes.
func clip(s string) string {
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}

// A place is where a value was written: a line of the file, or a variable.
type place struct {
	file string
	line int
}

// places knows where each key of a configuration was written, by its path. A key
// that was left out stands where the section does that it belongs to.
type places map[string]place

func (ps places) of(path string) place {
	for {
		if p, ok := ps[path]; ok || path == "" {
			return p
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

// A report gathers the faults of one load.
type report struct {
	places places
	faults Faults
}

// maxFaults bounds what one load reports: more would help nobody.
const maxFaults = 1000

// add notes a fault of the key at path.
func (r *report) add(path, problem, help string) {
	r.addAt(r.places.of(path), path, problem, help)
}

func (r *report) addAt(at place, path, problem, help string) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, Fault{at.file, at.line, clip(path), problem, help})
	}
}

// below reports whether the key at path, or one below it, has a fault.
func (r *report) below(path string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool {
		rest, ok := strings.CutPrefix(f.Path, path)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// err returns the faults as an error, in order; nil when there are none.
func (r *report) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(strings.Compare(fileFirst(a), fileFirst(b)), cmp.Compare(a.Line, b.Line))
	})
	return r.faults
}
