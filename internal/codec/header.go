package codec

import (
	"image"
	"io"

	"imgwatchd/internal/jpeg"
)

// A Header is what a file says about its picture before any of it is decoded.
type Header struct {
	Format       Format
	Width        int   // pixels, as stored
	Height       int   // pixels, as stored
	Orientation  int   // EXIF 1…8; 1 when the file has none or a senseless one
	Frames       int   // frames or pages, at least 1
	Alpha        bool  // some pixels may be transparent
	DecodeMemory int64 // bytes that Decode keeps alive at its peak, at most, besides the file; of a JPEG see Memory

	form Form        // of the decoded picture; of a JPEG see Form
	gray outcome     // of decoding without colour, where it is another
	jpeg jpeg.Config // of a JPEG
}

// A Form is how a decoded picture holds its samples.
type Form uint8

const (
	FormOther Form = iota // in a way that is converted before any work
	FormGray              // *image.Gray
	FormYCbCr             // *image.YCbCr
	FormRGBA              // *image.NRGBA, or *image.RGBA without transparency
)

// An outcome is what decoding takes and makes.
type outcome struct {
	memory int64
	form   Form
}

// Memory returns the bytes that Decode keeps alive at its peak, at most, besides the file.
func (h Header) Memory(o DecodeOptions) int64 {
	if h.Format == JPEG {
		return h.jpeg.Memory(o.jpeg())
	}
	if o.Gray && h.gray != (outcome{}) {
		return h.gray.memory
	}
	return h.DecodeMemory
}

// Form returns the form of what Decode returns.
func (h Header) Form(o DecodeOptions) Form {
	if h.Format == JPEG {
		return jpegForm(h.jpeg.ColorSpace(), o)
	}
	if o.Gray && h.gray != (outcome{}) {
		return h.gray.form
	}
	return h.form
}

// Size returns the size of the picture once it is turned upright.
func (h Header) Size() (width, height int) {
	if h.Orientation >= 5 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

// A container is how one format is read. Its functions get a file that Sniff
// took for that format. Decode is nil where a room of this program decodes, see Decoder.
type container struct {
	header   func(*source, Limits) (Header, error)
	decode   func(*source, Header) (image.Image, error)
	metadata func(*source) Metadata
}

var containers = map[Format]container{
	JPEG: {jpegHeader, nil, jpegMetadata},
	PNG:  {pngHeader, nil, pngMetadata},
	GIF:  {gifHeader, gifDecode, noMetadata},
	WebP: {webpHeader, webpDecode, webpMetadata},
	TIFF: {tiffHeader, nil, tiffMetadata},
	BMP:  {bmpHeader, bmpDecode, noMetadata},
}

// ReadHeader reads the header of a file of the given size and holds it to the
// limits. It reads as little as the format allows and in constant memory: JPEG
// up to the first scan, the skeleton of the other containers, all of a GIF.
func ReadHeader(r io.ReaderAt, size int64, lim Limits) (Header, error) {
	h, err := readHeader(newSource(r, size), lim.applyDefaults())
	if err != nil {
		return Header{}, atStep("header", err)
	}
	return h, nil
}

func readHeader(s *source, lim Limits) (Header, error) {
	if s.size == 0 {
		return Header{}, errEmpty
	}
	if err := lim.checkFile(s.size); err != nil {
		return Header{}, err
	}
	prefix, err := s.from(0)
	if err != nil {
		return Header{}, err
	}
	f, err := Sniff(prefix)
	if err != nil {
		return Header{}, err
	}
	h, err := containers[f].header(s, lim)
	if err != nil {
		return Header{}, f.in(err)
	}
	h.Format = f
	h.Orientation = max(h.Orientation, 1)
	return h, nil
}
