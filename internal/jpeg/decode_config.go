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

// A Config is what a file says about its picture before the first scan. The zero Config
// knows of no segment yet. Configs can be compared.
type Config struct {
	frame frameHeader
}

// ReadConfig reads the segments up to the first scan.
func ReadConfig(data []byte) (Config, error) {
	f, err := readFrame(data)
	return Config{f}, err
}

// Read takes in a segment that stands before the first scan: its marker, where its body
// begins in the file, and the body. Only frame headers and the segments APP0 and APP14
// need one. At the start of the first scan it is an error when there was no frame header.
func (c *Config) Read(marker byte, offset int, body []byte) error {
	s := fileSegment{marker, offset, body}
	if marker == markerSOS {
		return c.frame.checkStarted(s)
	}
	return c.frame.read(s)
}

// Size returns the size of the picture, in pixels.
func (c Config) Size() (width, height int) { return c.frame.width, c.frame.height }

// ColorSpace returns what the components mean.
func (c Config) ColorSpace() ColorSpace { return c.frame.colorSpace() }

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
