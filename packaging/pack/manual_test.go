package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"
)

func TestTablesBecomeLists(t *testing.T) {
	const keys = `Keys, see [there](other.md#x):

| key | value | default | meaning |
|---|---|---|---|
| ` + "`mode`" + ` | ` + "`auto`, `poll`" + ` | ` + "`auto`" + ` | How. |
| ` + "`path`" + ` | text | required | Where: a \| b. |
| ` + "`dir`" + ` | text |  | Where to. |

<!-- not for readers -->

End.
`
	const want = "Keys, see there:\n\n" +
		"`mode`, `auto`, `poll`, default `auto`\n: How.\n\n" +
		"`path`, text, required\n: Where: a | b.\n\n" +
		"`dir`, text\n: Where to.\n\n" +
		"\nEnd.\n"
	if got := plain(keys); got != want {
		t.Errorf("plain makes\n%s\nwant\n%s", got, want)
	}
}

func TestPage(t *testing.T) {
	p := page{"imgwatchd", 1, "## NAME\n\nimgwatchd - turn\n\n## VERBS\n\n<!-- here -->\n", "<!-- here -->", "# Title\n\n`go --on`\n: well-known\n"}
	roff, err := p.roff("1.2.3", committed)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`.TH IMGWATCHD 1 "2026-11-26" "imgwatchd 1.2.3" "imgwatchd"` + "\n.nh\n",
		".SH NAME\n" + `imgwatchd \- turn`,
		`\fBgo \-\-on\fR` + "\n" + `well\-known`,
	} {
		if !strings.Contains(string(roff), want) {
			t.Errorf("no %q in\n%s", want, roff)
		}
	}
	p.marker = "<!-- elsewhere -->"
	if _, err := p.roff("1.2.3", committed); err == nil {
		t.Error("prose without its marker makes a page")
	}
}

// The pages of the package hold what docs/ says, and are such that man has nothing
// to say about them.
func TestPagesAreSound(t *testing.T) {
	b := &build{root: "../..", version: "1.2.3", at: committed}
	tests := []struct {
		name  string
		write func(*build, context.Context) ([]byte, error)
		holds []string
	}{
		{"imgwatchd(1)", (*build).programPage, []string{".SS imgwatchd explain\n", `\fB\-\-all\fR`}},
		{"imgwatchd.yaml(5)", (*build).configPage, []string{".SH folders\n", `\fBstable_for\fR, duration`, ".SS blur\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			zipped, err := tt.write(b, t.Context())
			if err != nil {
				t.Fatal(err)
			}
			roff := unzip(t, zipped)
			for _, want := range tt.holds {
				if !bytes.Contains(roff, []byte(want)) {
					t.Errorf("no %q in\n%s", want, roff)
				}
			}
			if said := warnings(t, roff); said != "" {
				t.Error(said)
			}
		})
	}
}

func unzip(t *testing.T, zipped []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// warnings returns what man says of a page.
func warnings(t *testing.T, roff []byte) string {
	t.Helper()
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-")
	cmd.Stdin = bytes.NewReader(roff)
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	return said.String()
}
