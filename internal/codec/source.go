package codec

import (
	"fmt"
	"io"
)

// A source reads a file at offsets through one small window, so that walking a
// container takes the same memory whatever the file claims about itself.
type source struct {
	r      io.ReaderAt
	size   int64
	window [4096]byte
	start  int64 // window[:held] are the bytes at start
	held   int64
}

func newSource(r io.ReaderAt, size int64) *source { return &source{r: r, size: size} }

// at returns the n bytes at off, at most as many as the window holds. They are
// valid until the next call.
func (s *source) at(off int64, n int) ([]byte, error) {
	if !s.holds(off, int64(n)) {
		return nil, errTruncated
	}
	if off < s.start || off+int64(n) > s.start+s.held {
		if err := s.slide(off); err != nil {
			return nil, err
		}
	}
	return s.window[off-s.start:][:n], nil
}

// from returns at least one byte at off and as many more as are at hand.
func (s *source) from(off int64) ([]byte, error) {
	if _, err := s.at(off, 1); err != nil {
		return nil, err
	}
	return s.window[off-s.start : s.held], nil
}

// load returns a copy of the n bytes at off.
func (s *source) load(off, n int64) ([]byte, error) {
	if !s.holds(off, n) {
		return nil, errTruncated
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(s.section(off, n), b); err != nil {
		return nil, fmt.Errorf("read %d bytes at %d: %w", n, off, err)
	}
	return b, nil
}

// section returns a reader of the n bytes at off.
func (s *source) section(off, n int64) *io.SectionReader {
	return io.NewSectionReader(s.r, off, n)
}

// holds reports whether the n bytes at off lie inside the file.
func (s *source) holds(off, n int64) bool {
	return off >= 0 && n >= 0 && off <= s.size && n <= s.size-off
}

// slide moves the window to off.
func (s *source) slide(off int64) error {
	n := min(int64(len(s.window)), s.size-off)
	s.start, s.held = off, 0
	if _, err := io.ReadFull(s.section(off, n), s.window[:n]); err != nil {
		return fmt.Errorf("read %d bytes at %d: %w", n, off, err)
	}
	s.held = n
	return nil
}

// A chunk is a part of a container that knows its kind and length.
type chunk struct {
	kind   string
	off, n int64 // of its body
}
