package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"time"
)

// debianChangelog returns the changelog of the package, which has one entry, since
// each commit is packaged anew.
func debianChangelog(version, maintainer string, at time.Time) []byte {
	return fmt.Appendf(nil, `imgwatchd (%s-1) unstable; urgency=medium

  * Package this version; changelog.gz says what changed in the program.

 -- %s  %s
`, version, maintainer, at.UTC().Format(time.RFC1123Z))
}

// debianCopyright returns a licence text in the form that Debian reads.
func debianCopyright(license string) ([]byte, error) {
	paragraphs := bytes.Split(bytes.TrimSpace([]byte(license)), []byte("\n\n"))
	if len(paragraphs) < 3 || !bytes.HasPrefix(paragraphs[1], []byte("Copyright (c) ")) {
		return nil, fmt.Errorf("write copyright: LICENSE does not begin with a title and a line of copyright")
	}
	owner := bytes.TrimPrefix(paragraphs[1], []byte("Copyright (c) "))
	var b bytes.Buffer
	b.WriteString("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: imgwatchd\n\n")
	fmt.Fprintf(&b, "Files: *\nCopyright: %s\nLicense: Expat\n", owner)
	for i, p := range paragraphs[2:] {
		if i > 0 {
			b.WriteString(" .\n")
		}
		for line := range bytes.Lines(append(p, '\n')) {
			b.WriteString(" ")
			b.Write(line)
		}
	}
	return b.Bytes(), nil
}

// zip compresses data, always to the same bytes.
func zip(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is one there is
	w.Write(data)                                         // a buffer takes all
	w.Close()
	return b.Bytes()
}

// maintainer is who the packages say looks after them, as in nfpm.yaml.
const maintainer = "imgwatchd authors <authors@imgwatchd.invalid>"
