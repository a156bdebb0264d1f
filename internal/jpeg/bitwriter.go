package jpeg

import (
	"encoding/binary"
	"slices"
)

// A bitWriter appends bits to dst, the first bit of a byte being its highest, with a zero
// byte behind each 0xFF.
type bitWriter struct {
	dst []byte
	acc uint64 // the lowest n bits are still to be written
	n   uint   // less than 32 between calls
}

const (
	// writeBatch is how many tokens are written between checks of the room for them.
	writeBatch = 128

	// writeRoom is the room that they may need with the bits before them: a token has less
	// than 32 bits, and stuffing doubles them at worst.
	writeRoom = 8*writeBatch + 8
)

// writeTokens writes the codes and the extra bits of tokens.
func (w *bitWriter) writeTokens(codes *[tokenIndexes]tokenCode, tokens []token) {
	for len(tokens) > 0 {
		batch := tokens[:min(len(tokens), writeBatch)]
		tokens = tokens[len(batch):]
		w.dst = slices.Grow(w.dst, writeRoom)
		w.writeSome(codes, batch)
	}
}

// writeSome writes tokens for which there is room.
func (w *bitWriter) writeSome(codes *[tokenIndexes]tokenCode, tokens []token) {
	acc, n := w.acc, w.n
	dst := w.dst[len(w.dst):cap(w.dst)]
	at := 0
	for _, t := range tokens {
		c := codes[t%tokenIndexes]
		size := uint(c.bits())
		acc = acc<<size | uint64(c>>8) | uint64(t>>tokenIndexBits)
		if n += size; n < 32 {
			continue
		}
		n -= 32
		word := uint32(acc >> (n & 63))
		// Only a byte with its top bit set that loses it by adding one is 0xFF, or lies above one.
		if word&^(word+0x01010101)&0x80808080 == 0 {
			binary.BigEndian.PutUint32(dst[at:], word)
			at += 4
			continue
		}
		at += putStuffed(dst[at:], word)
	}
	w.dst, w.acc, w.n = w.dst[:len(w.dst)+at], acc, n
}

// putStuffed writes the four bytes of word with a zero behind each 0xFF, and returns how
// many bytes these are.
func putStuffed(dst []byte, word uint32) int {
	at := 0
	for shift := 24; shift >= 0; shift -= 8 {
		b := byte(word >> shift)
		dst[at] = b
		at++
		if b == 0xff {
			dst[at] = 0
			at++
		}
	}
	return at
}

// finish fills the last byte with ones and returns what was written.
func (w *bitWriter) finish() []byte {
	pad := -w.n % 8
	acc, n := w.acc<<pad|(1<<pad-1), w.n+pad
	for n > 0 {
		n -= 8
		b := byte(acc >> n)
		if w.dst = append(w.dst, b); b == 0xff {
			w.dst = append(w.dst, 0)
		}
	}
	return w.dst
}
