package jpeg

import (
	"encoding/binary"
	"fmt"
)

// maxSegment is how many bytes a segment holds behind its marker and its length.
const maxSegment = 65533

func checkSegments(segments []Segment) error {
	for _, s := range segments {
		switch {
		case len(s.Data) > maxSegment:
			return fmt.Errorf("segment %#x of %d bytes: at most %d fit", s.Marker, len(s.Data), maxSegment)
		case s.Marker == markerAPP14:
			return fmt.Errorf("segment %#x would say that the picture has other colours", s.Marker)
		case s.Marker != markerCOM && s.Marker&0xf0 != markerAPP0:
			return fmt.Errorf("segment %#x is neither APP0…APP15 nor COM", s.Marker)
		}
	}
	return nil
}

// appendFileStart writes SOI, the JFIF segment (version 1.01, square pixels, no
// thumbnail) and what the caller brought.
func appendFileStart(dst []byte, segments []Segment) []byte {
	dst = append(dst, 0xff, markerSOI)
	dst = appendHeader(dst, markerAPP0, 14)
	dst = append(dst, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"...)
	for _, s := range segments {
		dst = appendHeader(dst, s.Marker, len(s.Data))
		dst = append(dst, s.Data...)
	}
	return dst
}

// appendHeader writes the marker and the length of a segment with n bytes of data.
func appendHeader(dst []byte, marker byte, n int) []byte {
	return binary.BigEndian.AppendUint16(append(dst, 0xff, marker), uint16(n+2))
}

// appendQuant writes the quantisation tables that the planes use.
func (e *Encoder) appendQuant(dst []byte) []byte {
	n := min(e.layout.n, 2)
	dst = appendHeader(dst, markerDQT, n*(1+blockLen))
	for i := range n {
		dst = append(dst, byte(i))
		for _, natural := range zigzag {
			dst = append(dst, e.quant[i].steps[natural])
		}
	}
	return dst
}

// appendFrame writes the frame header of kind sof. Components are numbered 1, 2, 3 as
// JFIF wants it.
func appendFrame(dst []byte, sof byte, l *encodeLayout) []byte {
	dst = appendHeader(dst, sof, 6+3*l.n)
	dst = append(dst, 8)
	dst = binary.BigEndian.AppendUint16(dst, uint16(l.height))
	dst = binary.BigEndian.AppendUint16(dst, uint16(l.width))
	dst = append(dst, byte(l.n))
	for i := range l.n {
		p := &l.planes[i]
		dst = append(dst, byte(i+1), byte(p.h<<4|p.v), byte(p.kind))
	}
	return dst
}

// appendScan writes the scan header. Huffman tables have the number of the plane's kind.
func appendScan(dst []byte, l *encodeLayout, s scanScript) []byte {
	dst = appendHeader(dst, markerSOS, 4+2*s.n)
	dst = append(dst, byte(s.n))
	for i := s.first; i < s.first+s.n; i++ {
		kind := byte(l.planes[i].kind)
		dst = append(dst, byte(i+1), kind<<4|kind)
	}
	return append(dst, byte(s.from), byte(s.to), byte(s.high<<4|s.low))
}
