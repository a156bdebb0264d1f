package codec

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"slices"

	"imgwatchd/internal/jpeg"
)

const (
	maxSegment  = 1<<16 - 1 - 2 // body of a JPEG segment
	maxICCPart  = maxSegment - len(iccPrefix) - 2
	afterHeader = 33 // where chunks go in a PNG: behind the signature and the header chunk
)

// fitting returns m without a profile whose colours are not those that are
// written for img.
func (m Metadata) fitting(img image.Image) Metadata {
	space := "RGB "
	switch img.(type) {
	case *image.Gray, *image.Gray16:
		space = "GRAY"
	}
	if ProfileSpace(m.ICC) != space {
		m.ICC = nil
	}
	return m
}

// segments returns m as a JPEG carries it.
func (m Metadata) segments() []jpeg.Segment {
	var segments []jpeg.Segment
	if n := len(m.EXIF); n > 0 && n <= maxSegment-len(exifPrefix) {
		segments = append(segments, jpeg.Segment{Marker: markerAPP1, Data: slices.Concat([]byte(exifPrefix), m.EXIF)})
	}
	parts := slices.Collect(slices.Chunk(m.ICC, maxICCPart))
	if len(parts) > 255 {
		return segments
	}
	for i, part := range parts {
		data := slices.Concat([]byte(iccPrefix), []byte{byte(i + 1), byte(len(parts))}, part)
		segments = append(segments, jpeg.Segment{Marker: markerAPP2, Data: data})
	}
	return segments
}

// withChunks puts metadata into a PNG.
func withChunks(file []byte, m Metadata) []byte {
	var chunks []byte
	if len(m.ICC) > 0 {
		chunks = appendChunk(chunks, "iCCP", append([]byte("ICC\x00\x00"), deflate(m.ICC)...))
	}
	if len(m.EXIF) > 0 {
		chunks = appendChunk(chunks, "eXIf", m.EXIF)
	}
	return insert(file, afterHeader, chunks)
}

func appendChunk(b []byte, kind string, body []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
	start := len(b)
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(b) // a buffer takes everything
	z.Close()
	return out.Bytes()
}

// insert puts extra into file at off. A file that its encoder gave up is left as
// it is.
func insert(file []byte, off int, extra []byte) []byte {
	if len(extra) == 0 || len(file) < off {
		return file
	}
	return slices.Insert(file, off, extra...)
}
