package main

import (
	"os"
	"strings"
	"testing"
)

func TestDebianChangelog(t *testing.T) {
	const want = `imgwatchd (1.2.3-1) unstable; urgency=medium

  * Package this version; changelog.gz says what changed in the program.

 -- A B <a@example.org>  Thu, 26 Nov 2026 02:15:00 +0000
`
	if got := string(debianChangelog("1.2.3", "A B <a@example.org>", committed)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestDebianCopyright(t *testing.T) {
	license, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	text, err := debianCopyright(string(license))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nFiles: *\nCopyright: 2026 imgwatchd authors\nLicense: Expat\n Permission is", "\n .\n THE SOFTWARE IS PROVIDED"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := debianCopyright("All rights reserved."); err == nil {
		t.Error("a text that is no licence makes a copyright file")
	}
}
