package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"imgwatchd/internal/web"
)

// A screen is a terminal that is drawn on in place, on a page of its own: what stood
// there before is seen again afterwards.
type screen struct {
	w       io.Writer
	resized <-chan os.Signal // it has another size
	stopped <-chan os.Signal // its shell wants it back for a while
}

func newScreen(w io.Writer) *screen { return &screen{w: w} }

// Control sequences of a terminal.
const (
	otherPage  = "\x1b[?1049h"
	formerPage = "\x1b[?1049l"
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	home       = "\x1b[H"
	clearLine  = "\x1b[K"
	clearBelow = "\x1b[J"
)

func (s *screen) enter() { io.WriteString(s.w, otherPage+hideCursor) }
func (s *screen) leave() { io.WriteString(s.w, showCursor+formerPage) }

// lateAfter is how long a daemon may take before the view says that it is late.
const lateAfter = 4 * redraw

// draw draws a report that was heard some time ago, as large as the terminal is now.
func (s *screen) draw(r report, ago time.Duration) error {
	columns, rows := terminalSize(s.w)
	view := newStatusView(columns, paletteFor(s.w))
	word := when(r.status.Now, r.status.Now) + "   Ctrl-C ends"
	switch {
	case errors.Is(r.err, web.ErrNoDaemon):
		view.stale = "not running"
		word = "no daemon is running; waiting for one"
	case r.err != nil:
		view.stale = "no answer"
		word = printableWords(r.err.Error()) + "; asking again"
	case ago > lateAfter:
		view.stale = "no answer for " + short(ago)
	}
	lines := view.lines(r.status, rows-2)
	lines = append(lines[:min(len(lines), rows-2)], "", " "+view.paint(dim, clipEnd(word, columns-2)))
	var b strings.Builder
	b.WriteString(home)
	for i, l := range lines {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(l + clearLine)
	}
	b.WriteString(clearBelow)
	_, err := io.WriteString(s.w, b.String())
	return err
}
