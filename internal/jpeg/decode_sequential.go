package jpeg

import "encoding/binary"

// readBlock reads a block whose coefficients are needed up to the last, and passes over
// the others. It returns the difference of the DC coefficient and by how far the
// coefficients in b go; 0 is a fault.
func (r *bitReader) readBlock(b *[blockLen]int16, slots *slotTable, last int, dc *codeTable, ac *acTable) (diff, end int) {
	acc, n, pos := refill(&r.buf, r.acc, r.n, r.pos)
	symbol, length := dc.lookUp(acc)
	if length == 0 || symbol > 15 {
		return 0, r.keep(acc, n, pos, 0)
	}
	acc, n = acc<<(length&63), n-length
	diff = extend(acc, uint(symbol))
	acc, n = acc<<(symbol&63), n-uint(symbol)
	z := 1
	for z <= last {
		if n < 32 {
			acc, n, pos = refill(&r.buf, acc, n, pos)
		}
		e := ac.values[acc>>(64-valueBits)]
		if v := int16(e >> 16); v != 0 {
			z += int(e >> 8 & 15)
			b[slots[z&127]&63] = v
			z++
			acc, n = acc<<(e&31), n-uint(e&31)
			continue
		}
		symbol, length := byte(e>>8), uint(e&31)
		if length == 0 {
			if symbol, length = ac.lookUpLong(acc); length == 0 {
				return 0, r.keep(acc, n, pos, 0)
			}
		}
		acc, n = acc<<(length&63), n-length
		size := uint(symbol & 15)
		if size == 0 {
			if symbol == symbolEnd {
				return diff, r.keep(acc, n, pos, z)
			}
			if symbol != symbolRun {
				return 0, r.keep(acc, n, pos, 0)
			}
			z += 16
			continue
		}
		z += int(symbol >> 4)
		b[slots[z&127]&63] = int16(extend(acc, size))
		z++
		acc, n = acc<<(size&63), n-size
	}
	end = z
	if z < blockLen {
		acc, n, pos, z = ac.skip(&r.buf, acc, n, pos, z)
	}
	if z > blockLen {
		return 0, r.keep(acc, n, pos, 0)
	}
	return diff, r.keep(acc, n, pos, end)
}

// keep stores the state of a hot loop.
func (r *bitReader) keep(acc uint64, n uint, pos, end int) int {
	r.acc, r.n, r.pos = acc, n, pos
	return end
}

// skip passes over the coefficients of a block from z on. It returns blockLen, or more
// for a fault.
func (t *acTable) skip(buf *[bitBufferLen + 8]byte, acc uint64, n uint, pos, z int) (uint64, uint, int, int) {
	for {
		acc, n, pos = refill(buf, acc, n, pos)
		e := t.skips[acc>>(64-skipBits)]
		to := z + int(e>>8)
		if to < blockLen {
			acc, n, z = acc<<(e&31), n-uint(e&31), to
			e = t.skips[acc>>(64-skipBits)]
			to = z + int(e>>8)
			if to < blockLen {
				acc, n, z = acc<<(e&31), n-uint(e&31), to
				continue
			}
		}
		if uint(to-skipEnd) < blockLen {
			return acc << (e & 31), n - uint(e&31), pos, blockLen
		}
		return t.skipSingly(buf, acc, n, pos, z)
	}
}

// skipSingly passes over the last coefficients of a block that has no end symbol, or
// symbols whose codes are long.
func (t *acTable) skipSingly(buf *[bitBufferLen + 8]byte, acc uint64, n uint, pos, z int) (uint64, uint, int, int) {
	for z < blockLen {
		acc, n, pos = refill(buf, acc, n, pos)
		symbol, length := t.lookUp(acc)
		size := uint(symbol & 15)
		if length == 0 || size == 0 && symbol != symbolEnd && symbol != symbolRun {
			return acc, n, pos, 2 * blockLen
		}
		acc, n = acc<<(length+size), n-length-size
		if symbol == symbolEnd {
			return acc, n, pos, blockLen
		}
		z += int(symbol>>4) + 1
	}
	return acc, n, pos, z
}

// skipBlock passes over a block.
func (r *bitReader) skipBlock(dc *codeTable, ac *acTable) bool {
	acc, n, pos := refill(&r.buf, r.acc, r.n, r.pos)
	symbol, length := dc.lookUp(acc)
	if length == 0 || symbol > 15 {
		return false
	}
	length += uint(symbol)
	z := 0
	r.acc, r.n, r.pos, z = ac.skip(&r.buf, acc<<(length&63), n-length, pos, 1)
	return z == blockLen
}

// blockFault tells what is wrong with a block that could not be read.
func (r *bitReader) blockFault() error {
	return r.fault("no such Huffman code, or coefficients beyond the block,")
}

// spanFull decodes MCUs at 1/1.
func (d *Decoder) spanFull(row, col, n int) error {
	r := &d.bits
	for ; n > 0; n-- {
		for i := range d.scan.block[:d.scan.n] {
			k := &d.scan.block[i]
			if k.c.pix == nil {
				if !r.skipBlock(k.dc, k.ac) {
					d.flush()
					return r.blockFault()
				}
				continue
			}
			c := k.c
			b := (*[blockLen]int16)(c.wait[c.waiting&1*blockLen:])
			diff, end := r.readBlock(b, fullSlots, 63, k.dc, k.ac)
			if end == 0 {
				clear(b[:])
				d.flush()
				return r.blockFault()
			}
			c.pred += diff
			at := k.first + row*k.rowStep + col*k.colStep
			if end == 1 {
				fillBlock8(c.pix[at:], c.stride, dcSample(c.pred, c.steps[0]))
				continue
			}
			b[0] = int16(c.pred)
			c.waitFor[c.waiting&1] = at
			if c.waiting++; c.waiting == 2 {
				c.flush()
			}
		}
		if r.used() > r.limit && !r.more() {
			d.flush()
			return r.blockFault()
		}
		col++
	}
	d.flush()
	return nil
}

// flush transforms the blocks that wait.
func (d *Decoder) flush() {
	for i := range d.comp {
		d.comp[i].flush()
	}
}

func (c *planeDecoder) flush() {
	switch c.waiting {
	case 0:
		return
	case 1:
		copy(c.wait[c.size*c.size:], c.wait[:c.size*c.size])
		c.waitFor[1] = c.waitFor[0]
	}
	c.waiting = 0
	dst0, dst1 := c.pix[c.waitFor[0]:], c.pix[c.waitFor[1]:]
	if c.size == 4 {
		idctHalfPair((*[32]int16)(c.wait[:]), &c.steps, dst0, dst1, c.stride)
		return
	}
	idctPair(&c.wait, &c.steps, dst0, dst1, c.stride)
	c.wait = [2 * blockLen]int16{}
}

// spanCorner decodes MCUs at 1/2 and 1/4. What is not needed of the first of two blocks
// that wait goes to the place of the second, which is cleared.
func (d *Decoder) spanCorner(row, col, n int) error {
	r, size := &d.bits, d.layout.size
	slots, last := slotsOf(size), lastNeeded(size)
	for ; n > 0; n-- {
		for i := range d.scan.block[:d.scan.n] {
			k := &d.scan.block[i]
			if k.c.pix == nil {
				if !r.skipBlock(k.dc, k.ac) {
					d.flush()
					return r.blockFault()
				}
				continue
			}
			c := k.c
			b := (*[blockLen]int16)(c.wait[c.waiting&1*16:])
			clear(b[:16])
			diff, end := r.readBlock(b, slots, last, k.dc, k.ac)
			if end == 0 {
				d.flush()
				return r.blockFault()
			}
			c.pred += diff
			b[0] = int16(c.pred)
			at := k.first + row*k.rowStep + col*k.colStep
			switch {
			case size == 2:
				idct2((*[4]int16)(b[:]), &c.steps, c.pix[at:], c.stride)
			case end == 1:
				fillBlock4(c.pix[at:], c.stride, dcSample(c.pred, c.steps[0]))
			default:
				c.waitFor[c.waiting&1] = at
				if c.waiting++; c.waiting == 2 {
					c.flush()
				}
			}
		}
		if r.used() > r.limit && !r.more() {
			d.flush()
			return r.blockFault()
		}
		col++
	}
	d.flush()
	return nil
}

// spanMean decodes MCUs at 1/8, where a block is one sample.
func (d *Decoder) spanMean(row, col, n int) error {
	r := &d.bits
	acc, bits, pos := r.acc, r.n, r.pos
	for ; n > 0; n-- {
		for i := range d.scan.block[:d.scan.n] {
			k := &d.scan.block[i]
			acc, bits, pos = refill(&r.buf, acc, bits, pos)
			symbol, length := k.dc.lookUp(acc)
			if length == 0 || symbol > 15 {
				r.keep(acc, bits, pos, 0)
				return r.blockFault()
			}
			acc, bits = acc<<(length&63), bits-length
			c := k.c
			c.pred += extend(acc, uint(symbol))
			z := 0
			acc, bits, pos, z = k.ac.skip(&r.buf, acc<<(symbol&63), bits-uint(symbol), pos, 1)
			if z > blockLen {
				r.keep(acc, bits, pos, 0)
				return r.blockFault()
			}
			if c.pix != nil {
				c.pix[k.first+row*k.rowStep+col*k.colStep] = dcSample(c.pred, c.steps[0])
			}
		}
		if 8*pos-int(bits) > r.limit {
			r.keep(acc, bits, pos, 0)
			if !r.more() {
				return r.blockFault()
			}
			acc, bits, pos = r.acc, r.n, r.pos
		}
		col++
	}
	r.keep(acc, bits, pos, 0)
	return nil
}

// dcSample is the sample of a block that has no other coefficient.
func dcSample(dc int, step int16) byte {
	return clampSample((int32(int16(dc*int(step))) + 4) >> 3)
}

// clampSample undoes the level shift.
func clampSample(v int32) byte {
	if v += 128; uint32(v) > 255 {
		return byte(^v >> 31)
	}
	return byte(v)
}

func fillBlock8(dst []byte, stride int, v byte) {
	w := uint64(v) * 0x0101010101010101
	for y := range 8 {
		binary.LittleEndian.PutUint64(dst[y*stride:], w)
	}
}

func fillBlock4(dst []byte, stride int, v byte) {
	w := uint32(v) * 0x01010101
	for y := range 4 {
		binary.LittleEndian.PutUint32(dst[y*stride:], w)
	}
}
