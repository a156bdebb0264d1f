package jpeg

import "slices"

// maxCodeLen is the longest Huffman code that JPEG allows.
const maxCodeLen = 16

// A huffmanTable is a table as the DHT segment holds it: how many codes there are of
// each length, and the symbols from the shortest code to the longest. The codes follow
// from that: each is the one before plus one, with zeros behind it where it is longer.
type huffmanTable struct {
	lengths [maxCodeLen + 1]uint8 // lengths[i]: codes of i bits
	symbols [256]uint8
	n       int // symbols
}

// build makes the table that codes symbols of these frequencies in the fewest bits, but
// for what the limit of 16 bits costs. No code is all ones: T.81 wants those kept free.
func (t *huffmanTable) build(freq *[256]uint64) {
	var order [256]uint64 // frequency and symbol, so that sorting needs no more
	t.n = 0
	for s, f := range freq {
		if f > 0 {
			order[t.n] = min(f, 1<<55-1)<<8 | uint64(s)
			t.n++
		}
	}
	used := order[:t.n]
	slices.Sort(used)
	// A symbol of frequency zero gets a code as long as any. It takes the all-ones code, the
	// last of the longest, and is dropped.
	var weights [257]uint64
	for i, key := range used {
		weights[i+1] = key >> 8
		t.symbols[t.n-1-i] = uint8(key)
	}
	var depths [257]int
	countDepths(weights[:t.n+1], &depths)
	limitDepths(&depths)
	longest := maxCodeLen
	for depths[longest] == 0 {
		longest--
	}
	depths[longest]--
	for i := range t.lengths {
		t.lengths[i] = uint8(depths[i])
	}
}

// countDepths sets depths[d] to the number of leaves at depth d of the Huffman tree over
// the weights, which ascend and are at least two. It works in place, as Moffat and
// Katajainen's "In-place calculation of minimum-redundancy codes" (1995): weights become
// inner nodes, inner nodes become links to their parents, and links become depths.
func countDepths(weights []uint64, depths *[257]int) {
	n := len(weights)
	leaf, node := 0, 0 // the next of each that has no parent
	for next := range n - 1 {
		take := func() uint64 {
			if leaf >= n || node < next && weights[node] < weights[leaf] {
				w := weights[node]
				weights[node] = uint64(next)
				node++
				return w
			}
			w := weights[leaf]
			leaf++
			return w
		}
		a := take()
		weights[next] = a + take()
	}
	weights[n-2] = 0 // the root's depth
	for i := n - 3; i >= 0; i-- {
		weights[i] = weights[weights[i]] + 1
	}
	open := 1 // places at this depth
	for depth, i := 0, n-2; open > 0; depth++ {
		inner := 0
		for i >= 0 && weights[i] == uint64(depth) {
			inner++
			i--
		}
		depths[depth] = open - inner
		open = 2 * inner
	}
}

// limitDepths moves leaves that lie too deep up, as T.81's figure K.3: of a pair of the
// deepest, one takes the place of their parent, and the other goes, with a leaf from
// higher up, below that leaf's place.
func limitDepths(depths *[257]int) {
	for d := len(depths) - 1; d > maxCodeLen; d-- {
		for depths[d] > 0 {
			up := d - 2
			for depths[up] == 0 {
				up--
			}
			depths[d] -= 2
			depths[d-1]++
			depths[up+1] += 2
			depths[up]--
		}
	}
}

// appendTo writes the table for a DHT segment.
func (t *huffmanTable) appendTo(dst []byte) []byte {
	return append(append(dst, t.lengths[1:]...), t.symbols[:t.n]...)
}

// size is the length of what appendTo writes.
func (t *huffmanTable) size() int { return maxCodeLen + t.n }

// fill sets the codes of the table's symbols.
func (t *huffmanTable) fill(codes *[256]tokenCode) {
	code, i := uint64(0), 0
	for length := 1; length <= maxCodeLen; length++ {
		for range t.lengths[length] {
			s := t.symbols[i]
			codes[s] = newTokenCode(code, length, extraBits(s))
			code++
			i++
		}
		code <<= 1
	}
}

// extraBits is how many bits follow the code of a symbol. The low half of most symbols
// says so, but the runs of blocks that end have the number in the high half, and the run of
// 16 zeros has none.
func extraBits(symbol uint8) int {
	switch {
	case symbol&15 != 0:
		return int(symbol & 15)
	case symbol == sixteenZeros:
		return 0
	}
	return int(symbol >> 4)
}
