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

	endOfBlock   = 0x00 // the rest of the block is zeros
	sixteenZeros = 0xf0 // 16 zeros
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

// tokenOf is the token of a value in the table, without a run of zeros before it.
func tokenOf(v int16, table token) token { return valueTokens[uint16(v+2048)%4096] | table }

// A tokenStore holds the tokens of a scan in chunks, so that it grows without copying.
type tokenStore struct {
	full   []*[tokenChunk]token // that are in use, but for the last
	used   []int                // tokens of each of them
	spare  []*[tokenChunk]token
	chunk  *[tokenChunk]token // that is being filled
	filled int
}

// reset forgets the tokens and keeps the memory.
func (s *tokenStore) reset() {
	s.spare = append(s.spare, s.full...)
	s.full, s.used = s.full[:0], s.used[:0]
	s.filled = 0
	if s.chunk == nil {
		s.chunk = new([tokenChunk]token)
	}
}

// next begins a chunk. It stays a call, so that room, which is in every loop, is small.
//
//go:noinline
func (s *tokenStore) next() {
	s.full, s.used = append(s.full, s.chunk), append(s.used, s.filled)
	s.filled = 0
	if n := len(s.spare); n > 0 {
		s.chunk, s.spare = s.spare[n-1], s.spare[:n-1]
		return
	}
	s.chunk = new([tokenChunk]token)
}

// room returns where the tokens of a block go.
func (s *tokenStore) room() *[tokenRoom]token {
	if s.filled > tokenChunk-tokenRoom {
		s.next()
	}
	return (*[tokenRoom]token)(s.chunk[s.filled:])
}

// add says that n tokens were put where room said.
func (s *tokenStore) add(n int) { s.filled += n }

// put adds one token.
func (s *tokenStore) put(t token) *token {
	at := &s.room()[0]
	*at = t
	s.add(1)
	return at
}
