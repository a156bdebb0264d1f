package codec

import (
	"bytes"
	"encoding/binary"
	"iter"
)

// JPEG markers that mean something here.
const (
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP2  = 0xe2
	markerAPP14 = 0xee
)

// exifPrefix begins the APP1 segments that hold EXIF.
const exifPrefix = "Exif\x00\x00"

// A segment is a marker with its body.
type segment struct {
	marker byte
	off, n int64 // of the body
}

// isSOF reports whether a frame header follows.
func (g segment) isSOF() bool {
	return g.marker&0xf0 == 0xc0 && g.marker != markerDHT && g.marker != markerJPG && g.marker != markerDAC
}

// jpegSegments walks from the start of image to its end, which is the last
// segment. It passes over entropy-coded data and stray bytes as decoders do.
func jpegSegments(s *source) iter.Seq2[segment, error] {
	return func(yield func(segment, error) bool) {
		for off := int64(2); ; {
			g, err := nextSegment(s, off)
			if !yield(g, err) || err != nil || g.marker == markerEOI {
				return
			}
			off = g.off + g.n
		}
	}
}

func nextSegment(s *source, off int64) (segment, error) {
	marker, off, err := nextMarker(s, off)
	if err != nil || marker == markerEOI {
		return segment{marker: marker, off: off}, err
	}
	b, err := s.at(off, 2)
	if err != nil {
		return segment{}, err
	}
	g := segment{marker, off + 2, int64(binary.BigEndian.Uint16(b)) - 2}
	switch {
	case g.n < 0:
		return segment{}, malformed("segment %#02x of length %d", marker, g.n+2)
	case !s.holds(g.off, g.n):
		return segment{}, errTruncated
	}
	return g, nil
}

// nextMarker finds the first marker at or behind off that is neither a stuffed
// zero nor a restart, and returns the offset behind it.
func nextMarker(s *source, off int64) (marker byte, next int64, err error) {
	for {
		b, err := s.from(off)
		if err != nil {
			return 0, 0, err
		}
		i := bytes.IndexByte(b, 0xff)
		if i < 0 {
			off += int64(len(b))
			continue
		}
		off += int64(i) + 1
		b, err = s.at(off, 1)
		if err != nil {
			return 0, 0, err
		}
		switch m := b[0]; {
		case m == 0xff: // a fill byte: the marker may follow
		case m == 0 || markerRST0 <= m && m <= markerRST7:
			off++
		default:
			return m, off + 1, nil
		}
	}
}

// exifSegment returns the EXIF block of an APP1 segment, nil when it holds
// something else.
func exifSegment(s *source, g segment) ([]byte, error) {
	if g.n <= int64(len(exifPrefix)) {
		return nil, nil
	}
	b, err := s.at(g.off, len(exifPrefix))
	if err != nil || string(b) != exifPrefix {
		return nil, err
	}
	return s.load(g.off+int64(len(exifPrefix)), g.n-int64(len(exifPrefix)))
}
