package config

import (
	"path"
	"reflect"
	"regexp"
	"testing"

	"imgwatchd/configs"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
)

// lineBreak is what YAML takes for the end of a line.
var lineBreak = regexp.MustCompile("\r\n|[\r\n\u0085\u2028\u2029]")

// A configuration is refused, with faults that can be found in it, or every room
// takes what it gets of it and it can be shown and reads back as it was.
func FuzzParse(f *testing.F) {
	for _, b := range broken {
		f.Add(b.text, "IMGWATCHD_LOG_LEVEL=debug")
	}
	f.Add(configs.Default, "IMGWATCHD_FOLDERS_0_PRESETS=[web]")
	f.Add(unusual, "IMGWATCHD_FOLDERS_0_OUTPUT={dir: /x, layout: flat}")
	f.Add(sound, "IMGWATCHD_PRESETS=[{name: a, steps: [blur: {sigma: .inf}, crop: {x: 1}]}]")
	f.Add(sound, "IMGWATCHD_FOLDERS_0_NAME_0=1")
	f.Add("\r\r0", "") // a fault in line 3
	f.Fuzz(func(t *testing.T, text, variable string) {
		c, err := Parse("f", []byte(text), "/", []string{variable})
		if err != nil {
			wantFindable(t, err, len(lineBreak.FindAllString(text, -1))+1)
			return
		}
		wantTaken(t, c)
		wantNoLoops(t, c)
		wantReadBack(t, c)
	})
}

// wantFindable wants every fault to say what is wrong, and where in a file of so
// many lines.
func wantFindable(t *testing.T, err error, lines int) {
	t.Helper()
	faults, ok := err.(Faults)
	if !ok || len(faults) == 0 || len(faults) > maxFaults {
		t.Fatalf("%d faults in a %T: %v", len(faults), err, err)
	}
	for _, fault := range faults {
		if fault.Problem == "" || fault.File == "" || fault.Line < 0 || fault.Line > lines+1 {
			t.Errorf("fault %+v cannot be found in %d lines", fault, lines)
		}
	}
}

// wantTaken wants every room to have no fault to find with its options.
func wantTaken(t *testing.T, c *Config) {
	t.Helper()
	for _, o := range c.Watchers() {
		if err := o.Validate(); err != nil {
			t.Errorf("the watcher refuses %+v: %v", o, err)
		}
	}
	o := c.Pipeline()
	if l := o.Limits; l.MaxFileSize < 1 || l.MaxPixels < 1 || l.MaxFrames < 1 || o.Timeout <= 0 || c.QueueSize() < 1 {
		t.Errorf("senseless limits: %+v, timeout %v, queue of %d", l, o.Timeout, c.QueueSize())
	}
	for _, folder := range o.Folders {
		for _, p := range folder.Presets {
			if err := p.Validate(); err != nil {
				t.Errorf("preset %q: %v", p.Name, err)
			}
			if err := pipeline.CheckName(p.Output.Name); err != nil {
				t.Errorf("preset %q: name %q: %v", p.Name, p.Output.Name, err)
			}
		}
	}
}

// wantNoLoops wants nothing that is put into a folder to be found by a watcher
// again, as far as that shows without the patterns of the configuration.
func wantNoLoops(t *testing.T, c *Config) {
	t.Helper()
	for _, w := range c.Watchers() {
		if !w.Recursive || len(w.Exclude) > 0 {
			continue
		}
		for _, f := range c.settings.Folders {
			for _, into := range f.targets() {
				rel, inside := below(resolved(w.Root), resolved(into.dir))
				if into.dir != "" && inside && !ignoredSomewhere(rel) {
					t.Errorf("%s of %q, %q, lies below the watched folder %q", into.key, f.Name, into.dir, w.Root)
				}
			}
		}
	}
}

// ignoredSomewhere reports whether rel or a folder above it is ignored by default.
func ignoredSomewhere(rel string) bool {
	for ; rel != "."; rel = path.Dir(rel) {
		if watcher.Ignored(rel) {
			return true
		}
	}
	return false
}

// wantReadBack wants the configuration that is shown to be the same one.
func wantReadBack(t *testing.T, c *Config) {
	t.Helper()
	shown, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("shown", shown, "/", nil)
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, shown)
	}
	if !reflect.DeepEqual(again.settings, c.settings) {
		t.Fatalf("read back as another one:\n%s", shown)
	}
}
