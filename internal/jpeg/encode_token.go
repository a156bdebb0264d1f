package jpeg

// A token is a Huffman symbol of a scan with the bits that follow its code. The lowest 8
// bits are the symbol, the next 2 its table, the rest the extra bits. How many extra bits
// there are follows from the symbol.
type token uint32

const (
	tokenIndexBits = 10
	tokenIndexes   = 1 << tokenIndexBits // of the symbols of all tables

	// The tables: of luma, of chroma.
	tokenDC = 0 << 8
	tokenAC = 2 << 8

	tokenEnd    = 0x00 // the rest of the block is zeros
	symbolZeros = 0xf0 // 16 zeros
)

// tokenRaw+n is the index of n ≤ 16 bits without a code, in scans that use no DC table.
const tokenRaw = tokenDC

// valueTokens holds for each value its size in bits, as the low half of a symbol, and
// its extra bits: the value itself, or one less if it is negative, of which the leading bit
// then is 0. T.81, F.1.2.1. Index 2048 is the value 0.
var valueTokens = makeValueTokens()

func makeValueTokens() (t [4096]token) {
	for i := range t {
		v, size := i-2048, 0
		for a := max(v, -v); a>>size != 0; size++ {
		}
		if v < 0 {
			v += 1<<size - 1
		}
		t[i] = token(v<<tokenIndexBits | size)
	}
	return t
}

const (
	tokenChunk = 1 << 14 // tokens that are allocated at a time
	tokenRoom  = 128     // tokens that one block may need, rounded up
)

// A tokenStore holds the tokens of a scan in chunks, so that it grows without copying.
type tokenStore struct {
	chunks []*[tokenChunk]token
	used   []int // of each chunk
	n      int   // chunks in use, the last being filled
}

// reset forgets the tokens and keeps the memory.
func (s *tokenStore) reset() {
	s.n = 0
	s.next()
}

// next begins a chunk.
func (s *tokenStore) next() {
	if s.n == len(s.chunks) {
		s.chunks = append(s.chunks, new([tokenChunk]token))
		s.used = append(s.used, 0)
	}
	s.used[s.n] = 0
	s.n++
}

// room returns where the tokens of a block go.
func (s *tokenStore) room() *[tokenRoom]token {
	if s.used[s.n-1] > tokenChunk-tokenRoom {
		s.next()
	}
	i := s.n - 1
	return (*[tokenRoom]token)(s.chunks[i][s.used[i]:])
}

// add says that n tokens were put where room said.
func (s *tokenStore) add(n int) { s.used[s.n-1] += n }
