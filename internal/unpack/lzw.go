package unpack

import "encoding/binary"

// Codes of TIFF's LZW: the bytes themselves, two for control, and strings from then on.
const (
	lzwClear   = 256
	lzwEnd     = 257
	lzwStrings = 258
	lzwMost    = 1<<12 - 1 // the last code names no string
)

// An LZW undoes the LZW compression of TIFF: codes from the highest bit down, which
// become longer one code before they must. The zero value is ready. It is not for
// concurrent use.
//
// A string of the table is the string of the code before and one byte more, and that is what
// was written there when it came into being. So the table holds where each lies in the output,
// and beside it the first eight bytes, which are all of most strings. Bytes that stand for
// themselves are strings of one.
type LZW struct {
	begun   bool
	strings [lzwMost + 1]lzwString
}

// An lzwString is an entry of the table.
type lzwString struct {
	head   uint64 // the first bytes, from the lowest; zeros behind
	place  uint32 // where it lies in the output
	length uint32
}

// Unpack writes to dst what src unpacks to, and returns how much that is. It ends when dst is
// full, or src's end code. A Fault ends it too; Truncated means that src has no end code
// and dst has room. Behind what it returns it may overwrite what is in dst.
func (z *LZW) Unpack(dst, src []byte) (n int, err error) {
	if !z.begun {
		for i := range uint64(lzwClear) {
			z.strings[i] = lzwString{head: i, length: 1}
		}
		z.begun = true
	}
	var (
		bit    uint         // where the next code begins in src, in bits
		width  = uint(9)    // of a code
		next   = lzwStrings // the code that the next string gets
		grow   = 1<<9 - 1   // codes are longer once next is this
		at     int          // in dst
		before lzwString    // the string of the code before, as it was written; of length 0: none
	)
	for {
		// A code and the bits before it in its first byte take at most 19 bits.
		var word uint32
		if i := bit >> 3; i+4 <= uint(len(src)) {
			word = binary.BigEndian.Uint32(src[i:])
		} else {
			if bit+width > 8*uint(len(src)) {
				if at == len(dst) {
					return at, nil
				}
				return at, Truncated
			}
			word = lastWord(src[i:])
		}
		code := int(word << (bit & 7) >> ((32 - width) & 31))
		bit += width
		if code&^1 == lzwClear {
			if code == lzwEnd {
				return at, nil
			}
			width, next, grow, before.length = 9, lzwStrings, 1<<9-1, 0
			continue
		}
		s := z.strings[code&lzwMost]
		if before.length > 0 && next < lzwMost {
			first := s.head
			if code == next {
				first = before.head
			}
			made := lzwString{before.head | first&0xff<<(8*before.length), before.place, before.length + 1}
			z.strings[next&lzwMost] = made
			if code == next {
				s = made
			}
			if next++; next == grow && width < 12 {
				width++
				grow = 1<<width - 1
			}
		}
		if code >= next {
			if at == len(dst) {
				return at, nil
			}
			return at, Corrupt
		}
		before = lzwString{s.head, uint32(at), s.length}
		if len(dst)-at < 8 || s.length > 8 {
			if at == len(dst) {
				return at, nil
			}
			at = copyString(dst, at, int(s.place), int(s.length), s.head)
			continue
		}
		binary.LittleEndian.PutUint64(dst[at:], s.head)
		at += int(s.length)
	}
}

// lastWord returns the last bytes, at most four, and zeros behind them.
func lastWord(src []byte) uint32 {
	var b [4]byte
	copy(b[:], src)
	return binary.BigEndian.Uint32(b[:])
}

// copyString writes a string, as much of it as there is room for, and returns where it
// ends. It begins with head, and all of it lies at from; its last byte may be the first of the copy.
func copyString(dst []byte, at, from, length int, head uint64) int {
	end := min(at+length, len(dst))
	for i := at; i < min(at+8, end); i++ {
		dst[i] = byte(head)
		head >>= 8
	}
	at, from = at+8, from+8
	for ; at < end && at+8 <= len(dst); at, from = at+8, from+8 {
		binary.LittleEndian.PutUint64(dst[at:], binary.LittleEndian.Uint64(dst[from:]))
	}
	for ; at < end; at, from = at+1, from+1 {
		dst[at] = dst[from]
	}
	return end
}
