package jpeg

import "math"

// The forward transform is the one of Arai, Agui and Nakajima ("A fast DCT-SQ scheme for
// images", 1988): it leaves each frequency with a factor of its own, which is divided away
// together with the quantisation step, and so needs only five multiplications for eight
// samples. It is done in single precision, whose error, some 1e-6 of the result, is far
// below that of libjpeg's exact integer transform.
//
// The order of the operations is fixed, and products are rounded before they are added:
// all implementations give the same bits.
const (
	fdctC4   = 0.707106781186547524 // cos 4π/16
	fdctC6   = 0.382683432365089772 // cos 6π/16
	fdctC2M6 = 0.541196100146196984 // cos 2π/16 - cos 6π/16
	fdctC2P6 = 1.306562964876376528 // cos 2π/16 + cos 6π/16

	// fdctShift is what samples that reach from 0 to 255, not from -128 to 127, add to the
	// sum of a block.
	fdctShift = 128 * blockLen
)

// fdctBlocks transforms and quantises the 8×8 samples at pix and those to the right of
// them, as many as there are blocks. The rows are stride bytes apart. Each block has one mask,
// or maskLevels of them.
func fdctBlocks(blocks []coefBlock, masks []uint64, pix []byte, stride int, q *quantizer) {
	n := len(blocks)
	if n == 0 {
		return
	}
	// What is touched is checked here, once: the kernels have no checks of their own.
	if len(masks) != n && len(masks) != maskLevels*n {
		panic("jpeg: internal error: masks and blocks do not fit")
	}
	_ = pix[7*stride : 7*stride+8*n]
	fdctKernel(blocks, masks, pix, stride, q)
}

// fdctBlocksGo is fdctBlocks in plain Go.
func fdctBlocksGo(blocks []coefBlock, masks []uint64, pix []byte, stride int, q *quantizer) {
	levels := len(masks) / len(blocks)
	var s [blockLen]float32
	for i := range blocks {
		for y := range 8 {
			line := pix[y*stride+8*i:][:8]
			for x, v := range line {
				s[8*x+y] = float32(v) // in columns
			}
		}
		for x := 0; x < blockLen; x += 8 {
			fdct8((*[8]float32)(s[x:]))
		}
		transpose(&s)
		for v := 0; v < blockLen; v += 8 {
			fdct8((*[8]float32)(s[v:]))
		}
		transpose(&s)
		s[0] -= fdctShift
		q.quantize(&blocks[i], masks[levels*i:][:levels], &s)
	}
}

// fdct8 transforms eight samples.
func fdct8(s *[8]float32) {
	p0, m0 := s[0]+s[7], s[0]-s[7]
	p1, m1 := s[1]+s[6], s[1]-s[6]
	p2, m2 := s[2]+s[5], s[2]-s[5]
	p3, m3 := s[3]+s[4], s[3]-s[4]

	a0, a3 := p0+p3, p0-p3
	a1, a2 := p1+p2, p1-p2
	s[0], s[4] = a0+a1, a0-a1
	z1 := float32((a2 + a3) * fdctC4)
	s[2], s[6] = a3+z1, a3-z1

	b0, b1, b2 := m3+m2, m2+m1, m1+m0
	z5 := float32((b0 - b2) * fdctC6)
	z2 := float32(b0*fdctC2M6) + z5
	z4 := float32(b2*fdctC2P6) + z5
	z3 := float32(b1 * fdctC4)
	c0, c1 := m0+z3, m0-z3
	s[5], s[3] = c1+z2, c1-z2
	s[1], s[7] = c0+z4, c0-z4
}

func transpose(s *[blockLen]float32) {
	for y := range 8 {
		for x := range y {
			s[8*y+x], s[8*x+y] = s[8*x+y], s[8*y+x]
		}
	}
}

// quantize divides s, which lies in columns, rounds to the nearest (of two as near, to
// the even one) and notes in masks what is not zero.
func (q *quantizer) quantize(b *coefBlock, masks []uint64, s *[blockLen]float32) {
	// Added to this number, a float has no bits left below one.
	const shift = 3 << 22
	zero := math.Float32bits(shift)
	var mask, mask2, mask4 uint64
	for k, natural := range zigzag {
		i := natural%8*8 + natural/8
		v := float32(s[i%blockLen]*q.factors[i%blockLen]) + shift
		c := int16(math.Float32bits(v) - zero)
		b[coefPlaces[k]%blockLen] = c
		if c == 0 {
			continue
		}
		mask |= 1 << k
		if a := max(c, -c); a >= 4 {
			mask2, mask4 = mask2|1<<k, mask4|1<<k
		} else if a >= 2 {
			mask2 |= 1 << k
		}
	}
	copy(masks, []uint64{mask, mask2, mask4})
}
