package dropin

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marker is the first line of every drop-in that is written here: a file without it is
// someone else's.
const Marker = "# Written by: imgwatchd systemd drop-in"

// Text returns the drop-in: what it grants, and why. It is an error when a path cannot
// be written into a unit.
func (p Plan) Text() (string, error) {
	var b builder
	b.line(Marker)
	b.line("# It follows from the configuration; write it anew when folders change.")
	if p.Empty() {
		b.line("# The unit grants all that the configuration needs.")
	}
	b.line("")
	b.line("[Unit]")
	b.line("# The service starts when these are mounted, and stops with them.")
	for _, m := range p.Mounts {
		b.paths("RequiresMountsFor", "", m)
	}
	if !p.Empty() {
		b.line("")
		b.line("[Service]")
	}
	p.homes(&b)
	if len(p.Needs) > 0 {
		b.line("# What is missing when the service starts is passed over: make it, then restart.")
	}
	for _, n := range p.Needs {
		b.need(n)
	}
	p.network(&b)
	p.warnings(&b)
	return b.String(), b.err
}

// homes opens the folders below /home as far as is needed: the rest stays hidden.
func (p Plan) homes(b *builder) {
	for _, n := range p.Needs {
		if AtHome(n.Path) {
			b.line("# Of the homes, only the folders that are bound below are seen.")
			b.line("ProtectHome=tmpfs")
			return
		}
	}
}

func (p Plan) network(b *builder) {
	for _, why := range p.Why {
		b.line("# " + why)
	}
	for _, a := range p.Addresses {
		b.line("IPAddressAllow=" + a)
	}
}

// warnings says what will be slower than it could be.
func (p Plan) warnings(b *builder) {
	for i, c := range p.Crossings {
		if i == 0 {
			b.line("")
			b.line("# Each line above is a mount of its own to the service, and between two of them a file")
			b.line("# cannot be renamed: sources are copied and then deleted. That is safe, but slower. Put the")
			b.line("# folders below one that holds nothing else, and it becomes one line:")
		}
		b.line(fmt.Sprintf("#   %s: %s -> %s", comment(c.Folder), comment(c.From), comment(c.To)))
	}
}

// A builder gathers lines, and the first thing that is wrong with one.
type builder struct {
	strings.Builder
	err error
}

func (b *builder) line(text string) { b.WriteString(text + "\n") }

// need grants one folder, and says what for when that is not plain.
func (b *builder) need(n Need) {
	if len(n.Covers) > 1 || len(n.Covers) == 1 && n.Covers[0] != n.Path {
		covers := make([]string, len(n.Covers))
		for i, c := range n.Covers {
			covers[i] = comment(c)
		}
		b.line("# " + strings.Join(covers, ", "))
	}
	switch {
	case !hidden(n.Path):
		b.paths("ReadWritePaths", "-", n.Path)
	case n.Write:
		b.paths("BindPaths", "-", n.Path)
	default:
		b.paths("BindReadOnlyPaths", "-", n.Path)
	}
}

// paths writes an assignment of one path.
func (b *builder) paths(key, prefix, path string) {
	word, err := quote(path)
	if strings.HasPrefix(key, "Bind") { // where a colon would begin another part
		word = strings.ReplaceAll(word, ":", `\:`)
	}
	if err != nil && b.err == nil {
		b.err = err
	}
	if strings.HasPrefix(word, `"`) {
		word = `"` + prefix + word[1:]
	} else {
		word = prefix + word
	}
	b.line(key + "=" + word)
}

// quote returns path as a word of a unit file: percent signs begin no specifier, and
// blanks, quotes and backslashes are but themselves.
func quote(path string) (string, error) {
	if !utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl) {
		return "", fmt.Errorf("folder %q cannot be named in a unit: it has bytes in its path that systemd does not take; rename it", path)
	}
	word := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`).Replace(path)
	if word != strings.ReplaceAll(path, "%", "%%") || strings.ContainsFunc(path, func(r rune) bool { return unicode.IsSpace(r) || r == '\'' }) {
		return `"` + word + `"`, nil
	}
	return word, nil
}

// comment returns text that stays within its line.
func comment(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.HasSuffix(text, `\`) {
		return fmt.Sprintf("%q", text)
	}
	return text
}
