package jpeg

import "slices"

// A coefBlock holds the quantised coefficients of a block in the order in which the
// transform leaves them.
type coefBlock [blockLen]int16

// at is the coefficient with number k in zigzag order.
func (b *coefBlock) at(k int) int16 { return b[coefPlaces[k%blockLen]%blockLen] }

// coefPlaces says where the coefficients, in zigzag order, are in a coefBlock: it is made of
// pieces of four rows of two columns.
var coefPlaces = func() (places [blockLen]uint8) {
	for k, natural := range zigzag {
		v, u := natural/8, natural%8
		places[k] = u/2*16 + v/4*8 + u%2*4 + v%4
	}
	return places
}()

// maskLevels is how many masks a block has where its bits are coded in turns.
const maskLevels = 3

// A coefPlane holds rows of blocks of one component.
type coefPlane struct {
	blocks []coefBlock
	// masks have a bit set for each coefficient of a block that is not zero: the lowest for the
	// first in zigzag order. With more levels than one, they have next to that the masks of
	// those that are 2 or more, and 4 or more, by their absolute value.
	masks  []uint64
	levels int
}

// resize makes room for n blocks.
func (c *coefPlane) resize(n, levels int) {
	c.levels = levels
	c.blocks = slices.Grow(c.blocks[:0], n)[:n]
	c.masks = slices.Grow(c.masks[:0], n*levels)[:n*levels]
}

// transformRow transforms the row of blocks with number row of p into c, from block at on.
func (e *Encoder) transformRow(c *coefPlane, at int, p *encodePlane, row int) {
	q := &e.quant[p.kind]
	pix, whole := p.pix[8*row*p.stride:], p.width/8
	if p.height-8*row < 8 {
		whole = 0
	}
	if whole > 0 {
		c.transform(at, at+whole, pix, p.stride, q)
	}
	if whole < p.blocksX {
		stride := 8 * (p.blocksX - whole)
		e.padStrip(pix[8*whole:], stride, p.width-8*whole, min(p.height-8*row, 8), p.stride)
		c.transform(at+whole, at+p.blocksX, e.strip, stride, q)
	}
}

// transform transforms samples into the blocks from from to to.
func (c *coefPlane) transform(from, to int, pix []byte, stride int, q *quantizer) {
	fdctBlocks(c.blocks[from:to], c.masks[from*c.levels:to*c.levels], pix, stride, q)
}

// padStrip copies a part of a plane, less wide than stride or less high than 8, into
// e.strip, and repeats its last column and its last row to fill up. Repeated samples cost
// little to code and do not ring into those that are seen.
func (e *Encoder) padStrip(pix []byte, stride, width, height, pixStride int) {
	e.strip = slices.Grow(e.strip[:0], 8*stride)[:8*stride]
	for y := range height {
		line := e.strip[y*stride:][:stride]
		copy(line, pix[y*pixStride:][:width])
		for x := width; x < stride; x++ {
			line[x] = line[width-1]
		}
	}
	for y := height; y < 8; y++ {
		copy(e.strip[y*stride:][:stride], e.strip[(height-1)*stride:])
	}
}
