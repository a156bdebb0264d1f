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
// and a string is copied from there in one go.
type LZW struct {
	strings [lzwMost + 1]struct{ at, n uint32 }
}

// Unpack writes to dst what src unpacks to, and returns how much that is. It ends when dst is
// full, or src's end code. A Fault ends it too; Truncated means that src has no end code
// and dst has room.
func (z *LZW) Unpack(dst, src []byte) (n int, err error) {
	var (
		bits  uint64       // the next bits, from the highest
		have  uint         // how many
		width = uint(9)    // of a code
		next  = lzwStrings // the code that the next string gets
		grow  = 1<<9 - 1   // codes are longer once next is this
		at    int          // in dst
		last  = -1         // where the string of the last code lies; -1: there is none
	)
	for {
		if have < width {
			if len(src) >= 8 {
				bits |= binary.BigEndian.Uint64(src) >> have
				src = src[(63-have)>>3:]
				have |= 56
			} else {
				for have <= 56 && len(src) > 0 {
					bits |= uint64(src[0]) << (56 - have)
					src = src[1:]
					have += 8
				}
				if have < width {
					if at == len(dst) {
						return at, nil
					}
					return at, Truncated
				}
			}
		}
		code := int(bits >> (64 - width))
		bits <<= width
		have -= width
		switch {
		case code == lzwClear:
			width, next, grow, last = 9, lzwStrings, 1<<9-1, -1
			continue
		case code == lzwEnd || at == len(dst):
			return at, nil
		}
		if last >= 0 && next < lzwMost {
			z.strings[next].at, z.strings[next].n = uint32(last), uint32(at-last+1)
			if next++; next == grow && width < 12 {
				width++
				grow = 1<<width - 1
			}
		}
		last = at
		if code < lzwClear {
			dst[at] = byte(code)
			at++
			continue
		}
		if code >= next {
			return at, Corrupt
		}
		from, length := int(z.strings[code].at), int(z.strings[code].n)
		at = copyString(dst, at, from, length)
	}
}

// copyString copies what lies at from, as much as there is room for, and returns where it
// ends. The last byte may be the first of the copy.
func copyString(dst []byte, at, from, length int) int {
	if at-from >= 8 && length+8 <= len(dst)-at {
		for end := at + length; ; {
			binary.LittleEndian.PutUint64(dst[at:], binary.LittleEndian.Uint64(dst[from:]))
			if at += 8; at >= end {
				return end
			}
			from += 8
		}
	}
	for range min(length, len(dst)-at) {
		dst[at] = dst[from]
		at++
		from++
	}
	return at
}
