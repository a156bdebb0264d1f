package jpeg

import "slices"

// A coefBlock holds the quantised coefficients of a block in zigzag order.
type coefBlock [blockLen]int16

// A coefPlane holds rows of blocks of one component.
type coefPlane struct {
	blocks []coefBlock
	// masks have a bit set for each coefficient of a block that is not zero: the lowest for the
	// first in zigzag order.
	masks []uint64
}

// resize makes room for n blocks.
func (c *coefPlane) resize(n int) {
	c.blocks = slices.Grow(c.blocks[:0], n)[:n]
	c.masks = slices.Grow(c.masks[:0], n)[:n]
}

// transformRow transforms the row of blocks with number row of p into c, from block at on.
func (e *Encoder) transformRow(c *coefPlane, at int, p *encodePlane, row int) {
	blocks, masks := c.blocks[at:at+p.blocksX], c.masks[at:at+p.blocksX]
	q := &e.quant[p.kind]
	pix, whole := p.pix[8*row*p.stride:], p.width/8
	if p.height-8*row < 8 {
		whole = 0
	}
	if whole > 0 {
		fdctBlocks(blocks[:whole], masks[:whole], pix, p.stride, q)
	}
	if whole < p.blocksX {
		stride := 8 * (p.blocksX - whole)
		e.padStrip(pix[8*whole:], stride, p.width-8*whole, min(p.height-8*row, 8), p.stride)
		fdctBlocks(blocks[whole:], masks[whole:], e.strip, stride, q)
	}
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
