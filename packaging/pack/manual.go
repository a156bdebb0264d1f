package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/cpuguy83/go-md2man/v2/md2man"
)

// A page is a manual page made of Markdown: prose written for it, with a piece of
// docs/ in place of its marker.
type page struct {
	name    string // imgwatchd
	section int
	prose   string
	marker  string // a line of the prose
	body    string // a file of docs/
}

// roff returns the page for man.
func (p page) roff(version string, at time.Time) ([]byte, error) {
	if strings.Count(p.prose, p.marker+"\n") != 1 {
		return nil, fmt.Errorf("write %s(%d): its prose needs one line %q", p.name, p.section, p.marker)
	}
	_, body, ok := strings.Cut(p.body, "\n") // the title of the file
	if !ok || !strings.HasPrefix(p.body, "# ") {
		return nil, fmt.Errorf("write %s(%d): what goes into it has no title", p.name, p.section)
	}
	title := fmt.Sprintf("# %s %d %q %q %q\n\n", strings.ToUpper(p.name), p.section, at.UTC().Format(time.DateOnly), "imgwatchd "+version, "imgwatchd")
	text := strings.Replace(p.prose, p.marker+"\n", plain(body), 1)
	return finish(md2man.Render([]byte(title + text))), nil
}

var (
	comment = regexp.MustCompile(`(?s)<!--.*?-->\n*`)
	link    = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
)

// plain returns Markdown without what a manual page cannot show: comments and
// links go, and tables become lists, since their cells are too long for a terminal.
func plain(text string) string {
	text = comment.ReplaceAllString(text, "")
	text = link.ReplaceAllString(text, "$1")
	var b strings.Builder
	var table [][]string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			table = append(table, cells(line))
			continue
		}
		b.WriteString(list(table))
		table = nil
		b.WriteString(line)
	}
	return b.String() + list(table)
}

// cells returns what stands between the bars of a row.
func cells(row string) []string {
	row = strings.ReplaceAll(strings.TrimSpace(row), `\|`, "\x00")
	row = strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|")
	cells := strings.Split(row, "|")
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(strings.TrimSpace(c), "\x00", "|")
	}
	return cells
}

// list returns a table as a list of definitions: the first column is what is
// defined, the last says what it means, those between stand beside the first. A
// row in bold is the heading of those that follow.
func list(table [][]string) string {
	if len(table) < 3 { // names of the columns, a line, rows
		return ""
	}
	var b strings.Builder
	for _, row := range table[2:] {
		last := len(row) - 1
		if heading, ok := strings.CutPrefix(row[0], "**"); ok {
			fmt.Fprintf(&b, "### %s\n\n%s\n\n", strings.TrimSuffix(heading, "**"), row[last])
			continue
		}
		b.WriteString(row[0])
		for i, cell := range row[1:last] {
			switch {
			case cell == "":
			case table[0][i+1] == "default" && cell != "required":
				b.WriteString(", default " + cell)
			default:
				b.WriteString(", " + cell)
			}
		}
		fmt.Fprintf(&b, "\n: %s\n\n", row[last])
	}
	return b.String()
}

// finish makes each hyphen of the text one that can be copied into a shell, and has
// no word divided, since many are names.
func finish(roff []byte) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(roff) {
		request := bytes.HasPrefix(line, []byte(".")) || bytes.HasPrefix(line, []byte("'"))
		if !request {
			line = bytes.ReplaceAll(line, []byte(`\-`), []byte("-"))
			line = bytes.ReplaceAll(line, []byte("-"), []byte(`\-`))
		}
		b.Write(line)
		if bytes.HasPrefix(line, []byte(".TH ")) { // which allows it again
			b.WriteString(".nh\n")
		}
	}
	return b.Bytes()
}
