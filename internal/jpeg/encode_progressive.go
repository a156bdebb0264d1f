package jpeg

import (
	"context"
	"math/bits"
)

// A scanScript says what a scan holds: bits of a band of coefficients, in zigzag order,
// of n planes from the first on. The bits from low up are complete afterwards, those from
// high up were before; high 0 begins the band.
type scanScript struct {
	first, n  int
	from, to  int
	high, low int
}

// The scripts are libjpeg's: a rough picture in colour first, then the rest of the rough
// luma, then the finer bits, chroma before the large share that is luma's.
var (
	colourScript = []scanScript{
		{first: 0, n: 3, from: 0, to: 0, high: 0, low: 1},
		{first: 0, n: 1, from: 1, to: 5, high: 0, low: 2},
		{first: 2, n: 1, from: 1, to: 63, high: 0, low: 1},
		{first: 1, n: 1, from: 1, to: 63, high: 0, low: 1},
		{first: 0, n: 1, from: 6, to: 63, high: 0, low: 2},
		{first: 0, n: 1, from: 1, to: 63, high: 2, low: 1},
		{first: 0, n: 3, from: 0, to: 0, high: 1, low: 0},
		{first: 2, n: 1, from: 1, to: 63, high: 1, low: 0},
		{first: 1, n: 1, from: 1, to: 63, high: 1, low: 0},
		{first: 0, n: 1, from: 1, to: 63, high: 1, low: 0},
	}
	grayScript = []scanScript{
		{first: 0, n: 1, from: 0, to: 0, high: 0, low: 1},
		{first: 0, n: 1, from: 1, to: 5, high: 0, low: 2},
		{first: 0, n: 1, from: 6, to: 63, high: 0, low: 2},
		{first: 0, n: 1, from: 1, to: 63, high: 2, low: 1},
		{first: 0, n: 1, from: 0, to: 0, high: 1, low: 0},
		{first: 0, n: 1, from: 1, to: 63, high: 1, low: 0},
	}
)

// appendProgressive transforms the whole picture and writes its scans.
func (e *Encoder) appendProgressive(ctx context.Context, dst []byte) ([]byte, error) {
	l := &e.layout
	for i := range l.n {
		p := &l.planes[i]
		e.coefs[i].resize(p.blocksX*p.blocksY, maskLevels)
		for row := range p.blocksY {
			if ctx.Err() != nil {
				return dst, context.Cause(ctx)
			}
			e.transformRow(&e.coefs[i], row*p.blocksX, p, row)
		}
	}
	e.collectDC()
	script := colourScript
	if l.n == 1 {
		script = grayScript
	}
	for _, s := range script {
		if ctx.Err() != nil {
			return dst, context.Cause(ctx)
		}
		dst = e.appendScanOf(dst, s)
	}
	return dst, nil
}

// appendScanOf writes one scan with the Huffman tables made for it.
func (e *Encoder) appendScanOf(dst []byte, s scanScript) []byte {
	e.tokens.reset()
	switch {
	case s.from == 0 && s.high == 0:
		e.tokenizeDC(s)
	case s.from == 0:
		e.coder.useRaw()
		e.refineDC(s)
	case s.high == 0:
		e.tokenizeAC(s)
	default:
		e.coder.useRaw()
		e.refineAC(s)
	}
	dst = e.coder.appendTables(dst)
	dst = appendScan(dst, &e.layout, s)
	return e.coder.appendTokens(dst, &e.tokens)
}

// collectDC puts the DC coefficients in e.dcs in the order of an interleaved scan of all
// planes. Blocks beyond the picture have that of the plane's block before.
func (e *Encoder) collectDC() {
	l := &e.layout
	e.dcs = e.dcs[:0]
	var last [3]int16
	for my := range l.mcusY {
		for mx := range l.mcusX {
			for i := range l.n {
				p, blocks := &l.planes[i], e.coefs[i].blocks
				for y := my * p.v; y < my*p.v+p.v; y++ {
					for x := mx * p.h; x < mx*p.h+p.h; x++ {
						if y < p.blocksY && x < p.blocksX {
							last[i] = blocks[y*p.blocksX+x][0]
						}
						e.dcs = append(e.dcs, last[i])
					}
				}
			}
		}
	}
}

// tokenizeDC makes tokens of the upper bits of the DC coefficients of all planes.
func (e *Encoder) tokenizeDC(s scanScript) {
	var last [3]int16
	pattern, n := e.layout.mcuPattern()
	counts := &e.coder.counts
	for dcs := e.dcs; len(dcs) > 0; dcs = dcs[n:] {
		for i, plane := range pattern[:n] {
			dc := dcs[i] >> s.low
			t := tokenOf(dc-last[plane], token(tokenDC|min(plane, 1)<<8))
			last[plane] = dc
			counts[t%tokenIndexes]++
			e.tokens.put(t)
		}
	}
}

// mcuPattern is the plane of each of the n blocks of an MCU.
func (l *encodeLayout) mcuPattern() (pattern [10]int, n int) {
	for i := range l.n {
		for range l.planes[i].h * l.planes[i].v {
			pattern[n] = i
			n++
		}
	}
	return pattern, n
}

// refineDC makes tokens of the next bit of the DC coefficients of all planes.
func (e *Encoder) refineDC(s scanScript) {
	for dcs := e.dcs; len(dcs) > 0; {
		n := min(len(dcs), 16)
		word := uint64(0)
		for _, dc := range dcs[:n] {
			word = word<<1 | uint64(dc)>>s.low&1
		}
		e.tokens.put(rawToken(word, n))
		dcs = dcs[n:]
	}
}

// rawToken is the token of n bits without a code.
func rawToken(v uint64, n int) token { return token(v<<tokenIndexBits) | token(tokenRaw+n) }

// maxEndRun is the longest run of ended blocks that has a symbol.
const maxEndRun = 1<<15 - 1

// An endRun is a run of blocks of which nothing more is coded, but for the bits that
// refine coefficients. Its token comes before those bits, when the length of the run is
// not known yet: its place is kept.
type endRun struct {
	n  int
	at *token
}

// extend adds a block to the run.
func (r *endRun) extend(e *Encoder, table token) {
	if r.n == 0 {
		r.at = e.tokens.put(0)
	}
	if r.n++; r.n == maxEndRun {
		r.close(e, table)
	}
}

// close ends the run, if there is one.
func (r *endRun) close(e *Encoder, table token) {
	if r.n == 0 {
		return
	}
	size := bits.Len(uint(r.n)) - 1
	t := token(r.n-1<<size)<<tokenIndexBits | token(size<<4) | table
	e.coder.counts[t%tokenIndexes]++
	*r.at = t
	r.n = 0
}

// band is the mask of the coefficients of a scan.
func (s scanScript) band() uint64 { return 2<<s.to - 1<<s.from }

// tokenizeAC makes tokens of the upper bits of a band of one plane. T.81, G.1.2.2.
func (e *Encoder) tokenizeAC(s scanScript) {
	c, counts := &e.coefs[s.first], &e.coder.counts
	table := token(tokenAC | e.layout.planes[s.first].kind<<8)
	band := s.band()
	var end endRun
	for i := range c.blocks {
		b := &c.blocks[i]
		before := s.from - 1
		for m := c.masks[i*maskLevels+s.low] & band; m != 0; m &= m - 1 {
			k := bits.TrailingZeros64(m)
			v := shiftedDown(b.at(k), s.low)
			end.close(e, table)
			out, n := e.tokens.room(), uint(0)
			run := k - before - 1
			before = k
			for ; run > 15; run -= 16 {
				counts[(table|sixteenZeros)%tokenIndexes]++
				out[n%tokenRoom] = table | sixteenZeros
				n++
			}
			t := tokenOf(v, table) | token(run<<4)
			counts[t%tokenIndexes]++
			out[n%tokenRoom] = t
			e.tokens.add(int(n) + 1)
		}
		if before < s.to {
			end.extend(e, table)
		}
	}
	end.close(e, table)
}

// shiftedDown is v without its low bits, rounded towards zero.
func shiftedDown(v int16, low int) int16 {
	sign := v >> 15
	return ((v^sign)-sign)>>low ^ sign - sign
}

// refineAC makes tokens of the next bit of a band of one plane: a symbol for each
// coefficient that is no longer zero, and one bit for each that was not zero before, behind
// the symbol that passes over it. T.81, G.1.2.3.
func (e *Encoder) refineAC(s scanScript) {
	c := &e.coefs[s.first]
	table := token(tokenAC | e.layout.planes[s.first].kind<<8)
	band := s.band()
	var end endRun
	for i := range c.blocks {
		masks := c.masks[i*maskLevels:][:maskLevels]
		old := masks[s.high] & band
		young := masks[s.low] & band &^ old
		if young != 0 {
			end.close(e, table)
		}
		var rest refinement
		if old|young != 0 {
			rest = e.refineBlock(&c.blocks[i], old, young, s, table)
		}
		if young>>s.to == 0 {
			end.extend(e, table)
			out := e.tokens.room()
			e.tokens.add(int(rest.flush(out, 0)))
		}
	}
	end.close(e, table)
}

// refineBlock makes tokens of a block, in whose band the coefficients of old were not zero
// before, and those of young no longer are. It returns the bits behind the last symbol.
func (e *Encoder) refineBlock(b *coefBlock, old, young uint64, s scanScript, table token) refinement {
	out, n, counts := e.tokens.room(), uint(0), &e.coder.counts
	var r refinement
	before, run := s.from-1, 0
	for m := old | young; m != 0; m &= m - 1 {
		k := bits.TrailingZeros64(m)
		run += k - before - 1
		before = k
		// Zeros are only counted out where a symbol follows; else the end of the block covers them.
		for ; run > 15 && young>>k != 0; run -= 16 {
			counts[(table|sixteenZeros)%tokenIndexes]++
			out[n%tokenRoom] = table | sixteenZeros
			n = r.flush(out, n+1)
		}
		v := b.at(k)
		if old>>k&1 != 0 {
			r.add(v, s.low)
			continue
		}
		t := token(^uint16(v)>>15)<<tokenIndexBits | token(run<<4|1) | table
		counts[t%tokenIndexes]++
		out[n%tokenRoom] = t
		n = r.flush(out, n+1)
		run = 0
	}
	e.tokens.add(int(n))
	return r
}

// A refinement is the bits that refine coefficients since the last symbol, n of them.
type refinement struct {
	bits uint64
	n    uint
}

// add adds the bit with number low of the absolute value of v.
func (r *refinement) add(v int16, low int) {
	sign := v >> 15
	r.bits = r.bits<<1 | uint64((v^sign)-sign)>>low&1
	r.n++
}

// flush makes tokens of the bits, from out[n] on, and returns n behind them.
func (r *refinement) flush(out *[tokenRoom]token, n uint) uint {
	for r.n > 0 {
		size := min(r.n, 16)
		r.n -= size
		out[n%tokenRoom] = rawToken(r.bits>>r.n&(1<<size-1), int(size))
		n++
	}
	return n
}
