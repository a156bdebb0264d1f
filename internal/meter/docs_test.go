package meter

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestMetricsAreDocumented holds docs/metrics.md to what a scrape shows.
func TestMetricsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(imgwatchd_[a-z_]+)`").FindAllSubmatch(text, -1) {
		documented[string(row[1])] = true
	}
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb"}})
	m.ConfigureHooks("mail")
	for line := range strings.Lines(scrape(t, m)) {
		line, ok := strings.CutPrefix(line, "# TYPE "+namespace)
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(namespace+line, " ")
		if !documented[name] {
			t.Errorf("%s is not documented", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s is documented, but does not exist", name)
	}
	for _, c := range classes {
		if !strings.Contains(string(text), "`"+classLabel(c)+"`") {
			t.Errorf("class %q is not documented", classLabel(c))
		}
	}
}
