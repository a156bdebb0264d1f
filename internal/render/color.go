package render

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"strings"
)

// A Color is a colour as the configuration writes it: "#rrggbb", "#rrggbbaa",
// "#rgb", "white", "black", "gray" or "transparent". The zero Color is
// transparent.
type Color struct{ color.NRGBA }

var namedColors = map[string]color.NRGBA{
	"white":       {255, 255, 255, 255},
	"black":       {0, 0, 0, 255},
	"gray":        {128, 128, 128, 255},
	"transparent": {},
}

// UnmarshalText reads a colour.
func (c *Color) UnmarshalText(text []byte) error {
	word := strings.ToLower(string(text))
	if named, ok := namedColors[word]; ok {
		c.NRGBA = named
		return nil
	}
	digits, ok := strings.CutPrefix(word, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	b, err := hex.DecodeString(digits)
	if !ok || err != nil || len(b) != 3 && len(b) != 4 {
		return fmt.Errorf("%q is not a colour; write it as \"#rrggbb\", \"#rrggbbaa\" or white, black, gray, transparent", text)
	}
	c.NRGBA = color.NRGBA{R: b[0], G: b[1], B: b[2], A: 255}
	if len(b) == 4 {
		c.A = b[3]
	}
	return nil
}

// MarshalText writes the colour so that UnmarshalText reads it back.
func (c Color) MarshalText() ([]byte, error) {
	switch c.A {
	case 255:
		return fmt.Appendf(nil, "#%02x%02x%02x", c.R, c.G, c.B), nil
	case 0:
		return []byte("transparent"), nil
	default:
		return fmt.Appendf(nil, "#%02x%02x%02x%02x", c.R, c.G, c.B, c.A), nil
	}
}
