// Fdct generates the AVX2 kernel of the forward DCT with quantisation.
//
// A block is eight registers of eight floats. The transform works on whole registers,
// first on rows, which gives the vertical frequencies, then, after a transposition, on
// columns. The result stays transposed: the shuffles that put it into zigzag order undo that.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	TEXT("fdctBlocksAVX2", NOSPLIT, "func(blocks *int16, masks *uint64, pix *byte, stride int, n int, factors *float32)")
	Pragma("noescape")
	Doc("fdctBlocksAVX2 transforms n > 0 blocks that lie side by side from pix on.")
	blocks := Load(Param("blocks"), GP64())
	masks := Load(Param("masks"), GP64())
	pix := Load(Param("pix"), GP64())
	stride := Load(Param("stride"), GP64())
	n := Load(Param("n"), GP64())
	factors := Load(Param("factors"), GP64())

	lower := GP64() // the row with number 4
	LEAQ(Mem{Base: pix, Index: stride, Scale: 4}, lower)
	three := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, three)

	Label("block")
	s := loadBlock(pix, lower, stride, three)
	s = transform(s)
	s = transpose(s)
	s = transform(s)
	VSUBPS(constant("fdctShift", [8]float32{128 * 64}), s[0], s[0])
	z := zigzag(quantize(s, factors))
	storeBlock(z, blocks)
	storeMask(z, masks)

	ADDQ(Imm(8), pix)
	ADDQ(Imm(8), lower)
	ADDQ(Imm(128), blocks)
	ADDQ(Imm(8), masks)
	DECQ(n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
	Generate()
}

// constant is a register's worth of floats in memory.
func constant(name string, v [8]float32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i, f := range v {
		DATA(4*i, U32(math.Float32bits(f))) // as F32, a whole number would be written as an integer
	}
	return m
}

// all is v in all places.
func all(v float32) [8]float32 { return [8]float32{v, v, v, v, v, v, v, v} }

// loadBlock reads eight rows of samples and makes floats of them.
func loadBlock(pix, lower, stride, three Register) (s [8]VecVirtual) {
	for y := range s {
		m := Mem{Base: pix}
		if y >= 4 {
			m.Base = lower
		}
		switch y % 4 {
		case 1:
			m.Index, m.Scale = stride, 1
		case 2:
			m.Index, m.Scale = stride, 2
		case 3:
			m.Index, m.Scale = three, 1
		}
		s[y] = YMM()
		VPMOVZXBD(m, s[y])
		VCVTDQ2PS(s[y], s[y])
	}
	return s
}

func add(a, b VecVirtual) VecVirtual {
	r := YMM()
	VADDPS(b, a, r)
	return r
}

// sub is a-b.
func sub(a, b VecVirtual) VecVirtual {
	r := YMM()
	VSUBPS(b, a, r)
	return r
}

func mul(a VecVirtual, m Mem) VecVirtual {
	r := YMM()
	VMULPS(m, a, r)
	return r
}

var c4, c6, c2m6, c2p6 Mem

// transform is the AAN transform of eight samples, in eight places at once. The order of
// its operations is that of the portable form, whose names it has.
func transform(s [8]VecVirtual) (f [8]VecVirtual) {
	if c4.Symbol.Name == "" {
		cos := func(k float64) float64 { return math.Cos(k * math.Pi / 16) }
		c4 = constant("fdctC4", all(float32(cos(4))))
		c6 = constant("fdctC6", all(float32(cos(6))))
		c2m6 = constant("fdctC2M6", all(float32(cos(2)-cos(6))))
		c2p6 = constant("fdctC2P6", all(float32(cos(2)+cos(6))))
	}
	p0, m0 := add(s[0], s[7]), sub(s[0], s[7])
	p1, m1 := add(s[1], s[6]), sub(s[1], s[6])
	p2, m2 := add(s[2], s[5]), sub(s[2], s[5])
	p3, m3 := add(s[3], s[4]), sub(s[3], s[4])

	a0, a3 := add(p0, p3), sub(p0, p3)
	a1, a2 := add(p1, p2), sub(p1, p2)
	f[0], f[4] = add(a0, a1), sub(a0, a1)
	z1 := mul(add(a2, a3), c4)
	f[2], f[6] = add(a3, z1), sub(a3, z1)

	b0, b1, b2 := add(m3, m2), add(m2, m1), add(m1, m0)
	z5 := mul(sub(b0, b2), c6)
	z2 := add(mul(b0, c2m6), z5)
	z4 := add(mul(b2, c2p6), z5)
	z3 := mul(b1, c4)
	d0, d1 := add(m0, z3), sub(m0, z3)
	f[5], f[3] = add(d1, z2), sub(d1, z2)
	f[1], f[7] = add(d0, z4), sub(d0, z4)
	return f
}

// transpose makes rows of columns: pairs, then fours, then halves of registers change
// places.
func transpose(s [8]VecVirtual) (r [8]VecVirtual) {
	var pairs, fours [8]VecVirtual
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(s[i+1], s[i], pairs[i])
		VUNPCKHPS(s[i+1], s[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 {
		for j := range 2 {
			lo, hi := YMM(), YMM()
			VSHUFPS(Imm(0x44), pairs[i+2+j], pairs[i+j], lo)
			VSHUFPS(Imm(0xee), pairs[i+2+j], pairs[i+j], hi)
			fours[i+2*j], fours[i+2*j+1] = lo, hi
		}
	}
	for i := range 4 {
		r[i], r[i+4] = YMM(), YMM()
		VPERM2F128(Imm(0x20), fours[i+4], fours[i], r[i])
		VPERM2F128(Imm(0x31), fours[i+4], fours[i], r[i+4])
	}
	return r
}

// quantize multiplies by the factors, rounds to integers, and packs them: in register
// u the columns u and 7-u.
func quantize(s [8]VecVirtual, factors Register) (q [4]VecVirtual) {
	for i := range s {
		VMULPS(Mem{Base: factors, Disp: 32 * i}, s[i], s[i])
		VCVTPS2DQ(s[i], s[i])
	}
	for u := range q {
		q[u] = YMM()
		VPACKSSDW(s[7-u], s[u], q[u])
		VPERMQ(Imm(0xd8), q[u], q[u])
	}
	return q
}

// column and row give the place of each coefficient in zigzag order.
var column, row = func() (c, r [64]int) {
	x, y := 0, 0
	for k := range c {
		c[k], r[k] = x, y
		up := (x+y)%2 == 0
		switch {
		case up && x == 7, !up && y < 7 && x == 0:
			y++
		case up && y == 0, !up && y == 7:
			x++
		case up:
			x, y = x+1, y-1
		default:
			x, y = x-1, y+1
		}
	}
	return c, r
}()

// zigzag makes, in register i, the eighths i and 7-i of the block in zigzag order. The order
// looks the same from both ends, so the two halves of a register always come from
// a column and from the one that lies opposite.
func zigzag(q [4]VecVirtual) (z [4]VecVirtual) {
	var swapped [4]VecVirtual
	for u := range swapped {
		swapped[u] = YMM()
		VPERMQ(Imm(0x4e), q[u], swapped[u])
	}
	for i := range z {
		for u := range 8 {
			source := q[min(u, 7-u)]
			if u >= 4 {
				source = swapped[7-u]
			}
			mask, used := shuffle(i, u)
			if !used {
				continue
			}
			part := YMM()
			VPSHUFB(mask, source, part)
			if z[i] == nil {
				z[i] = part
				continue
			}
			VPOR(part, z[i], z[i])
		}
	}
	return z
}

// shuffle is the mask that takes what column u has of eighth i, and column 7-u of eighth
// 7-i.
func shuffle(i, u int) (mask Mem, used bool) {
	var b [32]byte
	for place := range 16 {
		b[2*place], b[2*place+1] = 0x80, 0x80
		k := 8*i + place
		from := u
		if place >= 8 {
			k, from = 8*(7-i)+place-8, 7-u
		}
		if column[k] == from {
			b[2*place], b[2*place+1] = byte(2*row[k]), byte(2*row[k]+1)
			used = true
		}
	}
	if !used {
		return Mem{}, false
	}
	mask = GLOBL("fdctZigzag"+string(rune('0'+i))+string(rune('0'+u)), RODATA|NOPTR)
	for j, v := range b {
		DATA(j, U8(v))
	}
	return mask, true
}

func storeBlock(z [4]VecVirtual, blocks Register) {
	for i := range z {
		VMOVDQU(z[i].AsX(), Mem{Base: blocks, Disp: 16 * i})
		VEXTRACTI128(Imm(1), z[i], Mem{Base: blocks, Disp: 16 * (7 - i)})
	}
}

// storeMask stores a bit for each coefficient that is not zero.
func storeMask(z [4]VecVirtual, masks Register) {
	zero := YMM()
	VPXOR(zero, zero, zero)
	for i := range z {
		VPCMPEQW(zero, z[i], z[i])
	}
	outer, inner := YMM(), YMM() // eighths 0 1 7 6, 2 3 5 4
	VPACKSSWB(z[1], z[0], outer)
	VPACKSSWB(z[3], z[2], inner)
	lo, hi := YMM(), YMM()
	VPERM2I128(Imm(0x20), inner, outer, lo)
	VPERM2I128(Imm(0x13), inner, outer, hi) // 5 4 7 6
	VPSHUFD(Imm(0x4e), hi, hi)
	low, high := GP32(), GP32()
	VPMOVMSKB(lo, low)
	VPMOVMSKB(hi, high)
	SHLQ(Imm(32), high.As64())
	ORQ(low.As64(), high.As64())
	NOTQ(high.As64())
	MOVQ(high.As64(), Mem{Base: masks})
}
