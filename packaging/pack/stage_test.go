package main

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// listing is what nfpm.yaml says, as far as it is checked here.
type listing struct {
	Maintainer string
	Contents   []struct{ Src, Dst, Type string }
}

func readListing(t *testing.T) listing {
	t.Helper()
	text, err := os.ReadFile("../nfpm/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var l listing
	if err := yaml.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// What the packages hold is gathered, and nothing is gathered in vain.
func TestContentsAreStaged(t *testing.T) {
	staged := []string{"imgwatchd", "docs"}
	staged = slices.AppendSeq(staged, maps.Keys(copied))
	staged = slices.AppendSeq(staged, maps.Keys(written))
	slices.Sort(staged)
	var wanted []string
	for _, c := range readListing(t).Contents {
		name, ok := strings.CutPrefix(c.Src, "../../bin/package/")
		if !ok {
			t.Errorf("%s is not of bin/package", c.Src)
		}
		wanted = append(wanted, name)
	}
	slices.Sort(wanted)
	if wanted = slices.Compact(wanted); !slices.Equal(staged, wanted) {
		t.Errorf("staged   %v\npackaged %v", staged, wanted)
	}
}

// Whoever edited the configuration keeps it over an upgrade.
func TestConfigurationIsAConffile(t *testing.T) {
	for _, c := range readListing(t).Contents {
		if conf := strings.HasPrefix(c.Dst, "/etc/"); conf != (c.Type == "config|noreplace") {
			t.Errorf("%s is of the type %q", c.Dst, c.Type)
		}
	}
}

func TestMaintainerIsTheSameEverywhere(t *testing.T) {
	if got := readListing(t).Maintainer; got != maintainer {
		t.Errorf("nfpm.yaml says %q, the changelog %q", got, maintainer)
	}
}

func TestCopiedFilesExist(t *testing.T) {
	for _, source := range copied {
		if _, err := os.Stat(path.Join("../..", source)); err != nil {
			t.Error(err)
		}
	}
}
