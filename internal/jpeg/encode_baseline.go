package jpeg

import (
	"context"
	"math/bits"
)

// appendBaseline writes the one scan of a baseline file.
func (e *Encoder) appendBaseline(ctx context.Context, dst []byte) ([]byte, error) {
	l := &e.layout
	e.tokens.reset()
	for i := range l.n {
		p := &l.planes[i]
		e.coefs[i].resize(p.v*p.blocksX, 1)
	}
	var last [3]int16
	for my := range l.mcusY {
		if ctx.Err() != nil {
			return dst, context.Cause(ctx)
		}
		for i := range l.n {
			p := &l.planes[i]
			for row := my * p.v; row < min(my*p.v+p.v, p.blocksY); row++ {
				e.transformRow(&e.coefs[i], (row-my*p.v)*p.blocksX, p, row)
			}
		}
		e.tokenizeMCUs(my, &last)
	}
	dst = e.coder.appendTables(dst)
	dst = appendScan(dst, l, scanScript{first: 0, n: l.n, from: 0, to: blockLen - 1})
	return e.coder.appendTokens(dst, &e.tokens), nil
}

// tokenizeMCUs makes tokens of the row my of MCUs, whose coefficients are in e.coefs.
// last is the DC coefficient of each plane's block before.
func (e *Encoder) tokenizeMCUs(my int, last *[3]int16) {
	l := &e.layout
	for mx := range l.mcusX {
		for i := range l.n {
			p, c := &l.planes[i], &e.coefs[i]
			rows, columns := min(p.blocksY-my*p.v, p.v), min(p.blocksX-mx*p.h, p.h)
			for y := range p.v {
				for x := range p.h {
					if y >= rows || x >= columns {
						e.tokenizeEmpty(p.kind)
						continue
					}
					at := y*p.blocksX + mx*p.h + x
					b := &c.blocks[at]
					e.tokenize(b, c.masks[at], b[0]-last[i], p.kind)
					last[i] = b[0]
				}
			}
		}
	}
}

// tokenize makes tokens of a block. diff is its DC coefficient less the one before.
func (e *Encoder) tokenize(b *coefBlock, mask uint64, diff int16, kind int) {
	out, counts := e.tokens.room(), &e.coder.counts
	t := tokenOf(diff, token(tokenDC|kind<<8))
	counts[t%tokenIndexes]++
	out[0] = t
	n, before := uint(1), 0
	table := token(tokenAC | kind<<8)
	for m := mask &^ 1; m != 0; m &= m - 1 {
		k := bits.TrailingZeros64(m)
		run := k - before - 1
		before = k
		for ; run > 15; run -= 16 {
			counts[(table|sixteenZeros)%tokenIndexes]++
			out[n%tokenRoom] = table | sixteenZeros
			n++
		}
		t := tokenOf(b.at(k), table) | token(run<<4)
		counts[t%tokenIndexes]++
		out[n%tokenRoom] = t
		n++
	}
	if before < blockLen-1 {
		counts[(table|endOfBlock)%tokenIndexes]++
		out[n%tokenRoom] = table | endOfBlock
		n++
	}
	e.tokens.add(int(n))
}

// tokenizeEmpty makes tokens of a block that fills an MCU up beyond the picture: it
// is as the one before, as far as that is free.
func (e *Encoder) tokenizeEmpty(kind int) {
	var none coefBlock
	e.tokenize(&none, 0, 0, kind)
}
