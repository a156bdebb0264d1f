package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A palette colours text. Its zero value leaves it plain.
type palette struct{ colours bool }

// The colours, by their numbers in "select graphic rendition".
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

// paletteFor returns the colours that may be written to w: none unless it is a
// terminal, and none when the user wants none.
func paletteFor(w io.Writer) palette {
	return palette{isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p palette) paint(colour, text string) string {
	if !p.colours || text == "" {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// A descriptor is what may be a terminal.
type descriptor interface{ Fd() uintptr }

// isTerminal reports whether people see what is written to w at once.
func isTerminal(w io.Writer) bool {
	d, ok := w.(descriptor)
	return ok && term.IsTerminal(int(d.Fd()))
}

// terminalSize returns the columns and lines of the terminal that w is; where it is
// none, those of a common one, and lines without end.
func terminalSize(w io.Writer) (columns, lines int) {
	const common, endless = 80, 1 << 20
	d, ok := w.(descriptor)
	if !ok {
		return common, endless
	}
	columns, lines, err := term.GetSize(int(d.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return common, endless
	}
	return columns, lines
}
