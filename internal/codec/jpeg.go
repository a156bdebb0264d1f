package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
)

// maxScans bounds the work that a small progressive file can ask for: each scan
// passes over the whole picture. Encoders write about ten.
const maxScans = 500

// A jpegFrame is what the segments before the first scan say.
type jpegFrame struct {
	progressive bool
	width       int64
	height      int64
	components  []jpegComponent
	adobe       int // the colour transform of Adobe's segment, -1 without one
	orientation int
}

type jpegComponent struct {
	id   byte
	h, v int64 // sampling factors
}

func readJPEGFrame(s *source) (jpegFrame, error) {
	f := jpegFrame{adobe: -1}
	for g, err := range jpegSegments(s) {
		if err == nil {
			err = f.read(s, g)
		}
		if err != nil {
			return f, err
		}
		if g.marker == markerSOS {
			break
		}
	}
	if f.components == nil {
		return f, malformed("no frame header before the first scan")
	}
	return f, nil
}

func (f *jpegFrame) read(s *source, g segment) error {
	switch {
	case g.isSOF():
		return f.readSOF(s, g)
	case g.marker == markerDHP:
		return unsupported("hierarchical coding")
	case g.marker == markerEOI:
		return malformed("no picture")
	case g.marker == markerAPP1 && f.orientation == 0:
		exif, err := exifSegment(s, g)
		f.orientation = exifOrientation(exif)
		return err
	case g.marker == markerAPP14 && g.n >= 12:
		b, err := s.at(g.off, 12)
		if err == nil && startsWith(b, "Adobe") {
			f.adobe = int(b[11])
		}
		return err
	}
	return nil
}

func (f *jpegFrame) readSOF(s *source, g segment) error {
	if f.components != nil {
		return malformed("two frame headers")
	}
	if err := checkCoding(g.marker); err != nil {
		return err
	}
	if g.n < 6 {
		return malformed("frame header of %d bytes", g.n)
	}
	b, err := s.at(g.off, int(min(g.n, 6+3*255)))
	if err != nil {
		return err
	}
	precision, n := b[0], int(b[5])
	f.progressive = g.marker == 0xc2
	f.height, f.width = int64(binary.BigEndian.Uint16(b[1:])), int64(binary.BigEndian.Uint16(b[3:]))
	switch {
	case g.n != int64(6+3*n):
		return malformed("frame header of %d bytes for %d components", g.n, n)
	case precision != 8:
		return unsupported("%d-bit precision", precision)
	case n != 1 && n != 3 && n != 4:
		return unsupported("%d components", n)
	case f.height == 0 && f.width > 0:
		return unsupported("height left to a DNL marker")
	}
	for c := b[6:]; len(c) > 0; c = c[3:] {
		f.components = append(f.components, jpegComponent{c[0], int64(c[1] >> 4), int64(c[1] & 15)})
	}
	return f.checkSampling()
}

// checkCoding names the ways of coding that are not decoded.
func checkCoding(sof byte) error {
	switch {
	case sof <= 0xc2:
		return nil
	case sof == 0xc3:
		return unsupported("lossless coding")
	case sof <= 0xc7:
		return unsupported("hierarchical coding")
	default:
		return unsupported("arithmetic coding")
	}
}

func (f *jpegFrame) checkSampling() error {
	for _, c := range f.components {
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return malformed("sampling factors %d×%d", c.h, c.v)
		}
	}
	return nil
}

// memory adds up what image/jpeg allocates: planes in whole MCUs, four bytes
// for every coefficient of a progressive file, and a second picture where the
// planes are not YCbCr.
func (f *jpegFrame) memory() int64 {
	first := f.components[0]
	if len(f.components) == 1 {
		first.h, first.v = 1, 1
	}
	mcus := ceilDiv(f.width, 8*first.h) * ceilDiv(f.height, 8*first.v)
	var samples int64
	for _, c := range f.components {
		if len(f.components) == 1 {
			c = first
		}
		samples += mcus * 64 * c.h * c.v
	}
	memory := samples
	if f.progressive {
		memory += 4 * samples
	}
	if len(f.components) == 4 || f.isRGB() {
		memory += 4 * f.width * f.height
	}
	return memory + 64<<10
}

// isRGB reports whether a picture of three components may be stored as RGB.
func (f *jpegFrame) isRGB() bool {
	c := f.components
	return len(c) == 3 && (f.adobe == 0 || c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B')
}

func jpegHeader(s *source, lim Limits) (Header, error) {
	f, err := readJPEGFrame(s)
	if err != nil {
		return Header{}, err
	}
	if err := lim.checkSize(f.width, f.height); err != nil {
		return Header{}, err
	}
	return Header{
		Width:        int(f.width),
		Height:       int(f.height),
		Orientation:  f.orientation,
		Frames:       1,
		DecodeMemory: f.memory(),
	}, nil
}

// plainCMYK is an Adobe segment that says nothing about the four components.
const plainCMYK = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

func jpegDecode(s *source, _ Header) (image.Image, error) {
	f, err := readJPEGFrame(s)
	if err != nil {
		return nil, err
	}
	if err := checkScans(s, f); err != nil {
		return nil, err
	}
	if len(f.components) < 4 || f.adobe >= 0 {
		return jpeg.Decode(s.section(0, s.size))
	}
	// image/jpeg wants Adobe's word for four components, and takes that word to
	// mean inverted inks. Files without it are not inverted.
	img, err := jpeg.Decode(io.MultiReader(s.section(0, 2), bytes.NewReader([]byte(plainCMYK)), s.section(2, s.size-2)))
	if cmyk, ok := img.(*image.CMYK); ok {
		for i, v := range cmyk.Pix {
			cmyk.Pix[i] = ^v
		}
	}
	return img, err
}

// checkScans demands that the file goes on to its end marker and that every
// component gets its first scan. The decoder would leave a missing one gray.
func checkScans(s *source, f jpegFrame) error {
	scans := 0
	var seen [256]bool
	for g, err := range jpegSegments(s) {
		if err == nil && g.marker == markerSOS {
			scans++
			err = markScan(s, g, &seen)
		}
		if err != nil {
			return err
		}
	}
	if scans > maxScans {
		return malformed("%d scans", scans)
	}
	for i, c := range f.components {
		if !seen[c.id] {
			return malformed("no scan for component %d", i+1)
		}
	}
	return nil
}

// markScan notes the components of a scan that brings their first coefficient.
func markScan(s *source, g segment, seen *[256]bool) error {
	b, err := s.at(g.off, int(min(g.n, 12)))
	if err != nil {
		return err
	}
	if len(b) < 6 || len(b) < 4+2*int(b[0]) {
		return malformed("scan header of %d bytes", g.n)
	}
	ids, rest := b[1:1+2*int(b[0])], b[1+2*int(b[0]):]
	for i := 0; i < len(ids); i += 2 {
		if rest[0] == 0 {
			seen[ids[i]] = true
		}
	}
	return nil
}

func jpegMetadata(s *source) Metadata {
	var m Metadata
	var icc iccParts
	for g, err := range jpegSegments(s) {
		if err != nil || g.marker == markerSOS {
			break
		}
		switch {
		case g.marker == markerAPP1 && m.EXIF == nil:
			m.EXIF, _ = exifSegment(s, g)
		case g.marker == markerAPP2:
			icc.add(s, g)
		}
	}
	m.ICC = icc.profile()
	return m
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
