package png

import (
	"encoding/binary"

	"imgwatchd/internal/unpack"
)

// A ColorType says what the samples of a pixel are. It is a sum of its bits.
type ColorType uint8

// The colour types of PNG.
const (
	Gray      ColorType = 0
	RGB       ColorType = 2
	Paletted  ColorType = 3
	GrayAlpha ColorType = 4
	RGBA      ColorType = 6
)

// samples is how many samples a pixel has.
func (t ColorType) samples() int {
	switch t {
	case RGB:
		return 3
	case GrayAlpha:
		return 2
	case RGBA:
		return 4
	}
	return 1
}

// A Config is what the header and the transparency chunk say about a picture.
type Config struct {
	Width, Height int // pixels
	Depth         int // bits per sample: 1, 2, 4, 8 or 16
	Color         ColorType
	Interlaced    bool
	Transparent   bool // a colour or palette entries are transparent
}

// MaxPixels is the most that a picture may have to be decoded. It keeps all sizes in bytes
// within 64 bits.
const MaxPixels = 1 << 48

// headerSize is the length of the header chunk.
const headerSize = 13

// ParseHeader reads the body of the header chunk, which stands at off. That a colour is transparent
// is not in it.
func ParseHeader(body []byte, off int) (Config, error) {
	if len(body) != headerSize {
		return Config{}, malformed(off, "header of %d bytes", len(body))
	}
	w, h := binary.BigEndian.Uint32(body), binary.BigEndian.Uint32(body[4:])
	c := Config{
		Width: int(w), Height: int(h),
		Depth: int(body[8]), Color: ColorType(body[9]), Interlaced: body[12] == 1,
	}
	switch {
	case body[10] != 0:
		return c, unsupported(off, "compression method %d", body[10])
	case body[11] != 0:
		return c, unsupported(off, "filter method %d", body[11])
	case body[12] > 1:
		return c, malformed(off, "interlace method %d", body[12])
	case int32(w) <= 0 || int32(h) <= 0:
		return c, malformed(off, "picture of %d×%d pixels", w, h)
	case !c.isValid():
		return c, malformed(off, "%d bits of colour type %d", c.Depth, c.Color)
	}
	return c, nil
}

// isValid reports whether the colour type exists and has samples of the depth.
func (c Config) isValid() bool {
	switch c.Color {
	case Gray:
		return c.Depth == 1 || c.Depth == 2 || c.Depth == 4 || c.Depth == 8 || c.Depth == 16
	case Paletted:
		return c.Depth == 1 || c.Depth == 2 || c.Depth == 4 || c.Depth == 8
	case RGB, GrayAlpha, RGBA:
		return c.Depth == 8 || c.Depth == 16
	}
	return false
}

// bitsPerPixel is the size of a pixel in the file.
func (c Config) bitsPerPixel() int { return c.Depth * c.Color.samples() }

// rowBytes is the size of a row of w pixels in the file, without its filter.
func (c Config) rowBytes(w int) int64 { return (int64(w)*int64(c.bitsPerPixel()) + 7) / 8 }

// rawBytes is the size of all rows with their filters.
func (c Config) rawBytes() (total int64) {
	for _, p := range c.passes() {
		w, h := p.size(c)
		if w > 0 {
			total += int64(h) * (1 + c.rowBytes(w))
		}
	}
	return total
}

// A Kind is the type of a decoded picture.
type Kind uint8

// The kinds, and the types that they stand for.
const (
	KindGray     Kind = iota // *image.Gray
	KindGray16               // *image.Gray16
	KindPaletted             // *image.Paletted
	KindRGBA                 // *image.RGBA, opaque
	KindNRGBA                // *image.NRGBA
	KindRGBA64               // *image.RGBA64, opaque
	KindNRGBA64              // *image.NRGBA64
)

// bytesPerPixel is the size of a pixel of the kind.
func (k Kind) bytesPerPixel() int { return [...]int{1, 2, 1, 4, 4, 8, 8}[k] }

// Kind returns what Decode makes of the picture.
func (c Config) Kind(o DecodeOptions) Kind {
	opaque := !c.Transparent && c.Color&GrayAlpha == 0
	kind := KindNRGBA
	switch {
	case o.Gray && opaque:
		return KindGray
	case c.Color == Paletted:
		return KindPaletted
	case c.Color == Gray && opaque:
		kind = KindGray
	case opaque:
		kind = KindRGBA
	}
	if c.Depth < 16 {
		return kind
	}
	switch kind {
	case KindGray:
		return KindGray16
	case KindRGBA:
		return KindRGBA64
	default:
		return KindNRGBA64
	}
}

// Memory returns an upper bound of the bytes that Decode holds at its peak beside the data, for a
// picture of at most MaxPixels.
func (c Config) Memory(o DecodeOptions) int64 {
	picture := int64(c.Width) * int64(c.Height) * int64(c.Kind(o).bytesPerPixel())
	row := c.rowBytes(c.Width)
	return decoderSize + picture + c.bufferBytes() + 3*row + 8*int64(c.Width)
}

// decoderSize bounds the bytes of a Decoder without its picture, buffer and rows.
const decoderSize = 64 << 10

// batch is about how many bytes are inflated at a time.
const batch = 128 << 10

// bufferBytes is the size of the buffer that rows are inflated in: it holds the window of what
// came before, or the row that is not whole yet, and has room for more.
func (c Config) bufferBytes() int64 {
	return min(c.rawBytes(), max(unpack.Window, 1+c.rowBytes(c.Width))+batch) + unpack.Slack
}
