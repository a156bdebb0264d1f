package jpeg

// A ColorSpace says what the components of a picture mean.
type ColorSpace int

// The colour spaces of JPEG files. YCCK is CMYK with the first three inks coded as
// Y'CbCr.
const (
	Gray ColorSpace = iota
	YCbCr
	RGB
	CMYK
	YCCK
)

// A Component is one plane of the picture with its sampling factors: it has H of the
// columns and V of the rows that the planes with the largest factors have most of.
type Component struct {
	ID   byte
	H, V int
}

// A Config is what a file says about its picture before the first scan.
type Config struct {
	Width, Height int // in pixels
	Progressive   bool
	ColorSpace    ColorSpace
	Components    []Component

	frame frameHeader
}

// ReadConfig reads the segments up to the first scan.
func ReadConfig(data []byte) (Config, error) {
	f, err := readFrame(data)
	if err != nil {
		return Config{}, err
	}
	c := Config{
		Width:       f.width,
		Height:      f.height,
		Progressive: f.progressive,
		ColorSpace:  f.colorSpace(),
		frame:       f,
	}
	for _, p := range f.comp[:f.n] {
		c.Components = append(c.Components, Component{p.id, p.h, p.v})
	}
	return c, nil
}

// Memory is an upper bound of the bytes that the Decode of a new Decoder holds at its
// peak, beside the data. A Decoder that has decoded a larger picture may still hold what
// that one took.
func (c Config) Memory(o DecodeOptions) int64 {
	if c.frame.n == 0 {
		return decoderSize
	}
	l := newLayout(&c.frame, o)
	return decoderSize + l.planeBytes() + l.coefBytes() + l.outBytes()
}
