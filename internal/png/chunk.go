package png

import (
	"encoding/binary"
	"hash/crc32"
)

const signature = "\x89PNG\r\n\x1a\n"

// A chunk is a part of the file.
type chunk struct {
	kind string
	off  int // of its body
	body []byte
}

// end is the offset of the next chunk, behind the checksum.
func (c chunk) end() int { return c.off + len(c.body) + 4 }

// chunkAt finds the chunk that begins at off, without a look at its checksum.
func chunkAt(data []byte, off int) (chunk, error) {
	if len(data)-off < 8 {
		return chunk{}, truncated(len(data))
	}
	n := binary.BigEndian.Uint32(data[off:])
	body := data[off+8:]
	if int64(n)+4 > int64(len(body)) {
		return chunk{}, truncated(len(data))
	}
	return chunk{kindOf(data[off+4 : off+8]), off + 8, body[:n:n]}, nil
}

// kindOf returns the name of a chunk that matters here, without memory of its own, or "".
func kindOf(b []byte) string {
	switch string(b) {
	case "IHDR":
		return "IHDR"
	case "PLTE":
		return "PLTE"
	case "tRNS":
		return "tRNS"
	case "IDAT":
		return "IDAT"
	case "IEND":
		return "IEND"
	}
	return ""
}

// check verifies the checksum over kind and body.
func (c chunk) check(data []byte) error {
	sum := crc32.ChecksumIEEE(data[c.off-4 : c.off+len(c.body)])
	if binary.BigEndian.Uint32(data[c.off+len(c.body):]) != sum {
		return malformed(c.off, "wrong checksum of a chunk")
	}
	return nil
}

// An idats is the compressed stream, which lies in consecutive chunks. It gives pieces that are
// small enough to ask before each whether to go on: data may unpack to nothing for long.
type idats struct {
	data  []byte
	next  int          // where the next chunk begins
	rest  []byte       // of the chunk before
	check func() error // whether to go on
	err   error        // that ended it, other than a chunk of another kind
}

// pieceBytes is the most that Next returns.
const pieceBytes = 64 << 10

// Next returns the next piece, nil behind the last.
func (s *idats) Next() []byte {
	if s.err == nil {
		s.err = s.check()
	}
	if len(s.rest) == 0 && s.err == nil {
		s.err = s.open()
	}
	if s.err != nil || s.rest == nil {
		return nil
	}
	piece := s.rest[:min(len(s.rest), pieceBytes)]
	s.rest = s.rest[len(piece):]
	return piece
}

// open goes on to the next chunk. It leaves s.rest nil when there is none.
func (s *idats) open() error {
	s.rest = nil
	c, err := chunkAt(s.data, s.next)
	if err != nil || c.kind != "IDAT" {
		return err
	}
	if err := c.check(s.data); err != nil {
		return err
	}
	s.next, s.rest = c.end(), c.body
	return nil
}

// length returns the bytes of the stream from the next chunk on.
func (s idats) length() (n int64) {
	for {
		c, err := chunkAt(s.data, s.next)
		if err != nil || c.kind != "IDAT" {
			return n
		}
		n += int64(len(c.body))
		s.next = c.end()
	}
}
