package jpeg

import (
	"bytes"
	"encoding/binary"
)

// The bits of a scan are read from a buffer in which the zeros that are stuffed behind
// 0xFF are gone. It is filled piece by piece, so that it stays in the processor's cache,
// and it always holds more than the longest MCU can take: within an MCU nobody asks
// whether bits are left. Behind the end of a segment the reader runs into bytes without
// meaning, and only behind the MCU is it seen that it did.
const (
	bitBufferLen = 1 << 14
	// maxBlockBytes bounds the bytes of a block: 64 codes of 16 bits, each with 15 bits
	// of value, or in a refinement with a sign and as many corrections as coefficients.
	maxBlockBytes = 64 * 31 / 8
	// maxMCUBlocks bounds the blocks of an interleaved MCU: T.81, B.2.3.
	maxMCUBlocks = 10
	// fillLen leaves room behind the end for the longest MCU.
	fillLen = bitBufferLen - maxMCUBlocks*maxBlockBytes - 64
)

// A bitReader reads the entropy-coded data between two markers. The bits that are held
// are the upper n of acc. Hot loops copy acc, n and pos, use them as refill and take do,
// and store them back.
type bitReader struct {
	acc uint64
	n   uint
	pos int // in buf of the next byte to be held

	limit int // bits of buf after which more must be called
	need  int // bytes that an MCU can take
	end   int // bytes in buf
	last  bool
	base  int // offset in data of buf[0]
	src   int // offset in data of what follows buf
	data  []byte
	buf   [bitBufferLen + 8]byte
}

// start begins at a segment of entropy-coded data.
func (r *bitReader) start(off int) {
	r.base, r.src = off, off
	r.acc, r.n, r.pos, r.end, r.last = 0, 0, 0, 0, false
	r.fill()
}

// fill adds to the buffer until it is full or a marker comes.
func (r *bitReader) fill() {
	for r.end < fillLen {
		src := r.data[r.src:]
		src = src[:min(len(src), fillLen-r.end)]
		i := bytes.IndexByte(src, 0xff)
		if i < 0 {
			r.end += copy(r.buf[r.end:], src)
			r.src += len(src)
			if r.src == len(r.data) {
				r.last = true
				break
			}
			continue
		}
		r.end += copy(r.buf[r.end:], src[:i])
		r.src += i
		if r.src+1 >= len(r.data) || r.data[r.src+1] != 0 {
			r.last = true
			break
		}
		r.buf[r.end] = 0xff
		r.end++
		r.src += 2
	}
	r.limit = 8 * r.end
	if !r.last {
		r.limit -= 8 * r.need
		return
	}
	// What is read beyond the end is to be the same whatever was in the buffer before.
	clear(r.buf[r.end : r.end+min(r.need+8, len(r.buf)-r.end)])
}

// used counts the bits of the buffer that have been taken.
func (r *bitReader) used() int { return 8*r.pos - int(r.n) }

// more makes room for another MCU. It reports false when the bits that were taken go
// beyond the segment.
func (r *bitReader) more() bool {
	used := r.used()
	if used <= r.limit {
		return true
	}
	if r.last {
		return false
	}
	done := used / 8
	r.base = r.offset(done)
	r.end = copy(r.buf[:], r.buf[done:r.end])
	r.acc, r.n, r.pos = 0, 0, 0
	r.fill()
	r.refill()
	r.acc <<= uint(used & 7)
	r.n -= uint(used & 7)
	return r.used() <= 8*r.end
}

// offset gives the place in the data of a byte of the buffer: each 0xFF stands for two.
func (r *bitReader) offset(i int) int {
	i = min(i, r.end)
	return r.base + i + bytes.Count(r.buf[:i], []byte{0xff})
}

// fault describes a code that makes no sense, or that lies beyond the end.
func (r *bitReader) fault(what string) error {
	switch {
	case r.used() <= 8*r.end:
		return malformed(r.offset(r.used()/8), "%s", what)
	case r.src+1 >= len(r.data):
		return truncated(len(r.data))
	}
	return malformed(r.src, "scan ends before the picture does")
}

// restart passes over the marker between two segments. What stands before it is
// ignored, as image/jpeg does; another marker is a fault.
func (r *bitReader) restart(want byte) error {
	marker, next := anyMarker(r.data, r.src)
	switch {
	case next > len(r.data):
		return truncated(len(r.data))
	case marker != want:
		return malformed(next-2, "marker %#02x instead of restart %#02x", marker, want)
	}
	r.start(next)
	return nil
}

// refill holds at least 56 bits.
func (r *bitReader) refill() { r.acc, r.n, r.pos = refill(&r.buf, r.acc, r.n, r.pos) }

// take returns the next n bits, at most 16, of those that are held.
func (r *bitReader) take(n uint) int {
	v := int(r.acc >> 1 >> (63 - n&63))
	r.skip(n)
	return v
}

func (r *bitReader) skip(n uint) {
	r.acc <<= n & 63
	r.n -= n
}

// refill adds the bytes at pos below the n bits in acc, as many as fit, so that at least
// 56 are held. Bits beyond n that acc has already are the same as those added.
func refill(buf *[bitBufferLen + 8]byte, acc uint64, n uint, pos int) (uint64, uint, int) {
	p := pos & (bitBufferLen - 1)
	acc |= binary.BigEndian.Uint64(buf[p:p+8]) >> (n & 63)
	return acc, n | 56, pos + int(63-n)>>3
}

// extend gives the value of the first size bits of acc, 0 to 15: T.81, F.2.2.1.
func extend(acc uint64, size uint) int {
	negative := int(^int64(acc) >> 63)
	return int(acc>>1>>((63-size)&63)) + (negative<<(size&63)+1)&negative
}
