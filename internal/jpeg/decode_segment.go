package jpeg

import "bytes"

// A fileSegment is a marker with its body.
type fileSegment struct {
	marker byte
	off    int    // of the body in the data
	body   []byte // without its length
}

func (s fileSegment) end() int { return s.off + len(s.body) }

// isFrame reports whether a frame header follows.
func (s fileSegment) isFrame() bool {
	return s.marker >= markerSOF0 && s.marker <= 0xcf &&
		s.marker != markerDHT && s.marker != 0xc8 && s.marker != 0xcc
}

// nextSegment finds the first segment at or behind off. It passes over what stands
// between: fill bytes, entropy-coded data with its restart markers, and stray bytes,
// which other decoders put up with too.
func nextSegment(data []byte, off int) (fileSegment, error) {
	marker, off := nextMarker(data, off)
	switch {
	case off > len(data):
		return fileSegment{}, truncated(len(data))
	case marker == markerEOI:
		return fileSegment{marker: marker, off: off}, nil
	case marker < markerSOF0 || marker == markerSOI:
		return fileSegment{}, malformed(off-2, "marker %#02x out of place", marker)
	case len(data)-off < 2:
		return fileSegment{}, truncated(len(data))
	}
	n := int(data[off])<<8 | int(data[off+1])
	switch {
	case n < 2:
		return fileSegment{}, malformed(off, "segment of length %d", n)
	case n > len(data)-off:
		return fileSegment{}, truncated(len(data))
	}
	return fileSegment{marker, off + 2, data[off+2 : off+n]}, nil
}

// nextMarker finds the first marker at or behind off that is neither a stuffed zero nor
// a restart. It returns the offset behind it, or one beyond the data.
func nextMarker(data []byte, off int) (marker byte, next int) {
	for {
		marker, off = anyMarker(data, off)
		if off > len(data) || marker < markerRST0 || marker > markerRST7 {
			return marker, off
		}
	}
}

// anyMarker is nextMarker that finds restarts too.
func anyMarker(data []byte, off int) (marker byte, next int) {
	for {
		i := bytes.IndexByte(data[off:], 0xff)
		if i < 0 || off+i+1 >= len(data) {
			return 0, len(data) + 1
		}
		off += i + 1
		switch m := data[off]; m {
		case 0xff: // a fill byte: the marker may follow
		case 0:
			off++
		default:
			return m, off + 1
		}
	}
}
