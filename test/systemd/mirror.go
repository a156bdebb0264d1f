package main

import (
	"os"
	"path/filepath"
	"strings"
)

const (
	release       = "bookworm" // Debian 12
	defaultMirror = "http://deb.debian.org/debian"
)

// mirror returns the mirror of Debian that apt is set to on this machine.
func mirror() string {
	files, _ := filepath.Glob("/etc/apt/sources.list.d/*.sources") // the pattern is sound
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			if uri := fromSources(string(text)); uri != "" {
				return uri
			}
		}
	}
	files, _ = filepath.Glob("/etc/apt/sources.list.d/*.list")
	for _, file := range append([]string{"/etc/apt/sources.list"}, files...) {
		if text, err := os.ReadFile(file); err == nil {
			if uri := fromList(string(text)); uri != "" {
				return uri
			}
		}
	}
	return defaultMirror
}

// fromSources looks for a mirror of the release in paragraphs of fields.
func fromSources(text string) string {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		fields := map[string][]string{}
		for line := range strings.Lines(paragraph) {
			if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
				fields[strings.ToLower(name)] = strings.Fields(value)
			}
		}
		if uris := fields["uris"]; len(uris) > 0 && has(fields["types"], "deb") && has(fields["suites"], release) {
			return uris[0]
		}
	}
	return ""
}

// fromList looks for a mirror of the release in the lines of a sources.list.
func fromList(text string) string {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "deb" {
			continue
		}
		words = words[1:]
		if strings.HasPrefix(words[0], "[") { // options
			for len(words) > 0 && !strings.HasSuffix(words[0], "]") {
				words = words[1:]
			}
			words = words[min(1, len(words)):]
		}
		if len(words) > 1 && words[1] == release {
			return words[0]
		}
	}
	return ""
}

func has(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}
