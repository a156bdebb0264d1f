package jpeg

import "slices"

// A tokenCode is a Huffman code with zeros where the extra bits go, above 8 bits that
// say how long both are.
type tokenCode uint64

func newTokenCode(code uint64, length, extra int) tokenCode {
	return tokenCode(code<<extra<<8) | tokenCode(length+extra)
}

// bits is the length of the code with its extra bits.
func (c tokenCode) bits() uint64 { return uint64(c & 63) }

// An entropyCoder turns the tokens of a scan into its Huffman tables and its bits.
type entropyCoder struct {
	counts [tokenIndexes]uint64
	codes  [tokenIndexes]tokenCode
	bits   uint64 // of the scan, as counted
	table  huffmanTable
}

// tokenTables are the tables in the order of their tokens, as the DHT segment calls them.
var tokenTables = [4]byte{0x00, 0x01, 0x10, 0x11}

// appendTables makes the Huffman tables of what was counted, writes them in a DHT
// segment, and forgets the counts. A scan without symbols has no segment.
func (c *entropyCoder) appendTables(dst []byte) []byte {
	start, n := len(dst), 0
	c.bits = 0
	dst = appendHeader(dst, markerDHT, 0)
	for i, id := range tokenTables {
		counts := (*[256]uint64)(c.counts[i<<8:])
		if *counts == ([256]uint64{}) {
			continue
		}
		c.table.build(counts)
		codes := (*[256]tokenCode)(c.codes[i<<8:])
		c.table.fill(codes)
		for s, n := range counts {
			c.bits += n * codes[s].bits()
		}
		dst = c.table.appendTo(append(dst, id))
		n += 1 + c.table.size()
		*counts = [256]uint64{}
	}
	if n == 0 {
		return dst[:start]
	}
	appendHeader(dst[:start], markerDHT, n)
	return dst
}

// useRaw gives the tokens without a code their lengths.
func (c *entropyCoder) useRaw() {
	for n := 1; n <= 16; n++ {
		c.codes[tokenRaw+n] = newTokenCode(0, 0, n)
	}
}

// appendTokens writes the bits of all tokens and fills the last byte with ones.
func (c *entropyCoder) appendTokens(dst []byte, s *tokenStore) []byte {
	size := int(c.bits / 8)
	// One byte of 256 is stuffed, more or less.
	w := bitWriter{dst: slices.Grow(dst, size+size/64+2*writeRoom)}
	for i, chunk := range s.full {
		w.writeTokens(&c.codes, chunk[:s.used[i]])
	}
	w.writeTokens(&c.codes, s.chunk[:s.filled])
	return w.finish()
}
