package web

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A piece is a part of a text that someone else chose, such as a file's name: as it
// is, or a mark for a character that would not be seen, or would change how the rest
// is seen.
type piece struct {
	Text string
	Mark bool
}

// piecesOf splits hostile text. Escaping it for HTML is the template's business.
func piecesOf(text string) []piece {
	var pieces []piece
	from := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if mark := markOf(r, size); mark != "" {
			if from < i {
				pieces = append(pieces, piece{Text: text[from:i]})
			}
			pieces = append(pieces, piece{mark, true})
			from = i + size
		}
		i += size
	}
	if from < len(text) {
		pieces = append(pieces, piece{Text: text[from:]})
	}
	return pieces
}

// markOf returns what to show in place of a character, or "" when it shows itself. The
// joiners are left alone: scripts and emoji are spelled with them.
func markOf(r rune, size int) string {
	switch {
	case r == utf8.RuneError && size <= 1:
		return "\ufffd" // as JSON has it
	case r == '\u200c', r == '\u200d':
		return ""
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
		return fmt.Sprintf("U+%04X", r)
	default:
		return ""
	}
}

// plainText is hostile text with its marks, for places that hold no elements: titles,
// labels.
func plainText(text string) string {
	var b strings.Builder
	for _, p := range piecesOf(text) {
		b.WriteString(p.Text)
	}
	return b.String()
}
