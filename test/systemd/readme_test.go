package main

import (
	"slices"
	"testing"
)

func TestParseReadme(t *testing.T) {
	const text = "# x\n\n```sh\nno\n```\n\n## Run it for a living\n\nProse.\n\n```sh\nsudo one   # why\n\ntwo\nls out  # then: a_b.jpg  c-d.jpg\n```\n\n```sh\nno\n```\n\n## Next\n"
	r, err := parseReadme(text)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"sudo one   # why", "two", "ls out  # then: a_b.jpg  c-d.jpg"}; !slices.Equal(r.commands, want) {
		t.Errorf("commands are %q, want %q", r.commands, want)
	}
	if want := []string{"a_b.jpg", "c-d.jpg"}; !slices.Equal(r.promised, want) {
		t.Errorf("promised are %q, want %q", r.promised, want)
	}
	for _, bad := range []string{"", "## Run it for a living\n", "## Run it for a living\n\n## Next\n```sh\nls # a.jpg\n```\n",
		"## Run it for a living\n```sh\n\n```\n", "## Run it for a living\n```sh\nls out\n```\n"} {
		if r, err := parseReadme(bad); err == nil {
			t.Errorf("parseReadme(%q) = %v, want an error", bad, r)
		}
	}
}

// The README of this module is such that it can be followed.
func TestReadme(t *testing.T) {
	if _, err := readReadme("../.."); err != nil {
		t.Error(err)
	}
}
