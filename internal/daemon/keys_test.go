package daemon

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestLogKeysAreDocumented holds what is logged, here and by the program, to docs/logs.md.
func TestLogKeysAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/logs.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	_, keys, _ := strings.Cut(string(text), "## Keys")
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllStringSubmatch(keys, -1) {
		for key := range strings.SplitSeq(row[1], ", ") {
			documented[strings.Trim(key, "`")] = true
		}
	}
	used := regexp.MustCompile(`zap\.\w+\("([^"]+)"`)
	found := 0
	root := os.DirFS("../..")
	for _, dir := range []string{"internal/daemon", "cmd/imgwatchd"} {
		files, err := fs.Glob(root, dir+"/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := fs.ReadFile(root, file)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range used.FindAllSubmatch(source, -1) {
				found++
				if !documented[string(key[1])] {
					t.Errorf("%s logs the key %q, which docs/logs.md does not explain", file, key[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d keys were found", found)
	}
}
