package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rivo/uniseg"
)

// count shows a number of files.
func count[N int | int64](n N) string { return humanize.Comma(int64(n)) }

// bytesOf shows a number of bytes.
func bytesOf(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// rateOf shows files per second.
func rateOf(r float64) string {
	switch {
	case r <= 0:
		return "0/s"
	case r < 0.1:
		return strconv.FormatFloat(r*60, 'f', 1, 64) + "/min"
	case r < 100:
		return strconv.FormatFloat(r, 'f', 1, 64) + "/s"
	default:
		return humanize.Comma(int64(r+0.5)) + "/s"
	}
}

// short shows a duration with about two figures that matter.
func short(d time.Duration) string {
	switch {
	case d < 50*time.Microsecond:
		return "0s"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + "ms"
	case d < time.Second:
		return fmt.Sprintf("%dms", d/time.Millisecond)
	case d < time.Minute:
		return strconv.FormatFloat(d.Truncate(100*time.Millisecond).Seconds(), 'f', 1, 64) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	default:
		return fmt.Sprintf("%dd %dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	}
}

// when shows a moment: its day only if that is not today.
func when(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}

// left returns text in a column of the given width, the rest blank.
func left(text string, width int) string {
	text = clipEnd(text, width)
	return text + strings.Repeat(" ", width-uniseg.StringWidth(text))
}

// right is left with the blanks before the text.
func right(text string, width int) string {
	text = clipEnd(text, width)
	return strings.Repeat(" ", width-uniseg.StringWidth(text)) + text
}

// clipEnd returns as much of the beginning of text as a width has room for.
func clipEnd(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	return clusters(text, width-1) + "…"
}

// clipStart returns as much of the end of text as a width has room for: that is
// where paths differ.
func clipStart(text string, width int) string {
	if uniseg.StringWidth(text) <= width {
		return text
	}
	if width <= 0 {
		return ""
	}
	return "…" + reversed(clusters(reversed(text), width-1))
}

// clusters returns the first characters of text that a width has room for.
func clusters(text string, width int) string {
	end, used := 0, 0
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used += g.Width(); used > width {
			break
		}
		_, end = g.Positions()
	}
	return text[:end]
}

func reversed(text string) string { return uniseg.ReverseString(text) }

// wrap breaks text into lines of at most the given width, between words where
// that is possible.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		for uniseg.StringWidth(word) > width && width > 0 {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			part := clusters(word, width)
			if part == "" {
				return append(lines, clipEnd(word, width))
			}
			lines, word = append(lines, part), word[len(part):]
		}
		switch {
		case line == "":
			line = word
		case uniseg.StringWidth(line)+1+uniseg.StringWidth(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// blocks are eighths of a character's height.
var blocks = []rune(" ▁▂▃▄▅▆▇█")

// sparkline draws each value as a block of its height; what is not zero is seen.
func sparkline(values []int64) []string {
	most := int64(0)
	for _, v := range values {
		most = max(most, v)
	}
	cells := make([]string, len(values))
	for i, v := range values {
		height := int64(0)
		if most > 0 && v > 0 {
			height = max(1, (v*8+most/2)/most)
		}
		cells[i] = string(blocks[height])
	}
	return cells
}

// gauge draws a part of a whole as a bar.
func gauge(part, whole int64, width int) (full, empty string) {
	n := 0
	if whole > 0 {
		n = int(min(max(part, 0)*int64(width)/whole, int64(width)))
	}
	if part > 0 && n == 0 {
		n = 1
	}
	return strings.Repeat("█", n), strings.Repeat("░", width-n)
}
