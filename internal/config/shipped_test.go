package config

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"imgwatchd/configs"
)

func TestShippedFileIsTheDefault(t *testing.T) {
	c, err := Parse("imgwatchd.yaml", []byte(configs.Default), "/etc/imgwatchd", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(c.settings, want.settings) {
		t.Errorf("got  %+v\nwant %+v", c.settings, want.settings)
	}
}

// uncommented returns the shipped file with every key that is commented out in
// force.
func uncommented(t *testing.T) string {
	t.Helper()
	known := map[string]bool{}
	for _, k := range strings.Fields(`folders presets name steps output resize sharpen archive_dir
		format quality progressive scaling strip_metadata background token_file socket
		on_done on_failed command webhook allow_http secret_file timeout concurrency expire`) {
		known[k] = true
	}
	commented := regexp.MustCompile(`^( *)# ( *(?:- )?([a-z_]+):.*)$`)
	text := strings.NewReplacer("presets: []\n", "", "  on_done: []\n", "", "  on_failed: []\n", "").Replace(configs.Default)
	lines := strings.Split(text, "\n")
	n := 0
	for i, line := range lines {
		if m := commented.FindStringSubmatch(line); m != nil && known[m[3]] {
			lines[i] = m[1] + m[2]
			n++
		}
	}
	if n < 10 {
		t.Fatalf("only %d keys are commented out", n)
	}
	return strings.Join(lines, "\n")
}

func TestWhatIsCommentedOutInTheShippedFileIsSound(t *testing.T) {
	c, err := Parse("imgwatchd.yaml", []byte(uncommented(t)), "/etc/imgwatchd", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Preset("gray-square"); !ok {
		t.Error("no preset gray-square")
	}

	// What it shows as defaults are the defaults.
	moved, err := Parse("f", []byte(strings.Replace(configs.Default, "on_success: keep", "on_success: move", 1)), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.settings.Folders[0].ArchiveDir, moved.settings.Folders[0].ArchiveDir; got != want {
		t.Errorf("archive_dir: %s, by default it is %s", got, want)
	}
	bare, err := Parse("f", []byte(sound+"presets: [{name: card}]"), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	got, want := c.settings.Presets[0].Output, bare.settings.Presets[0].Output
	if want.Format = "jpeg"; got != want {
		t.Errorf("output of card is %+v, by default it is %+v", got, want)
	}
}

func TestShippedFileLeavesNoKeyOut(t *testing.T) {
	c, err := Parse("imgwatchd.yaml", []byte(uncommented(t)), "/etc/imgwatchd", nil)
	if err != nil {
		t.Fatal(err)
	}
	given := map[string]bool{}
	for path := range c.places {
		given[regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "[]")] = true
	}
	schema.leaves("", func(path string, _ *key) {
		if !given[path] && !strings.Contains(path, ".steps[].") && !strings.HasPrefix(path, twin) {
			t.Errorf("%s is not in the shipped file", path)
		}
	})
}
