package main

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"
)

// A lineEncoder makes one line of each entry, whatever it holds: file names are hostile
// text. The encoders of zap escape control characters in fields, but not those that only
// Unicode knows, which turn the direction of text or which some terminals obey, and the
// one for the console escapes nothing in messages.
type lineEncoder struct {
	zapcore.Encoder
	prefix func(zapcore.Level) string // what each line begins with
}

func noPrefix(zapcore.Level) string { return "" }

var lines = buffer.NewPool()

// Clone implements zapcore.Encoder.
func (e lineEncoder) Clone() zapcore.Encoder { return lineEncoder{e.Encoder.Clone(), e.prefix} }

// EncodeEntry implements zapcore.Encoder.
func (e lineEncoder) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	made, err := e.Encoder.EncodeEntry(entry, fields)
	if err != nil {
		return nil, err
	}
	defer made.Free()
	line := lines.Get()
	line.AppendString(e.prefix(entry.Level))
	made.TrimNewline()
	appendPrintable(line, made.Bytes())
	line.AppendByte('\n')
	return line, nil
}

// appendPrintable appends text with each character that is not to be seen escaped as JSON
// has it. In what zap makes, those outside of strings are all to be seen, so that JSON
// stays the same.
func appendPrintable(line *buffer.Buffer, text []byte) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			line.AppendString(`\ufffd`)
		case unicode.IsPrint(r):
			line.Write(text[:size])
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(line, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(line, `\u%04x`, r)
		}
		text = text[size:]
	}
}
