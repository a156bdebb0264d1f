// Fdct generates the AVX2 kernel of the forward DCT with quantisation.
//
// A block is eight registers of eight floats. The transform works on whole registers,
// first on rows, which gives the vertical frequencies, then, after a transposition, on
// columns. The result is stored as it then lies: whoever wants a coefficient looks its place
// up. Only the masks are put into zigzag order, a byte for each coefficient being enough there.
package main

import (
	"encoding/binary"
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	kernel("fdctBlocksAVX2", 1)
	kernel("fdctBlocks3AVX2", 3)
	Generate()
}

// kernel generates the kernel that stores levels masks for each block.
func kernel(name string, levels int) {
	TEXT(name, NOSPLIT, "func(blocks *int16, masks *uint64, pix *byte, stride int, n int, factors *float32)")
	Pragma("noescape")
	Doc(name + " transforms n > 0 blocks that lie side by side from pix on, and stores " +
		[]string{1: "a mask", 3: "three masks"}[levels] + " for each.")
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
	VSUBPS(shift(), s[0], s[0])
	outer, inner := zigzag(storeBlock(s, factors, blocks))
	storeMasks(outer, inner, masks, levels)

	ADDQ(Imm(8), pix)
	ADDQ(Imm(8), lower)
	ADDQ(Imm(128), blocks)
	ADDQ(Imm(uint64(8*levels)), masks)
	DECQ(n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// globals are the constants that were written, by name.
var globals = map[string]Mem{}

// global is a constant of the bytes b, written once.
func global(name string, b [32]byte) Mem {
	m, ok := globals[name]
	if !ok {
		m = GLOBL(name, RODATA|NOPTR)
		for i, v := range b {
			DATA(i, U8(v))
		}
		globals[name] = m
	}
	return m
}

// constant is a register's worth of floats.
func constant(name string, v [8]float32) Mem {
	var b [32]byte
	for i, f := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(f))
	}
	return global(name, b)
}

// all is v in all places.
func all(v float32) [8]float32 { return [8]float32{v, v, v, v, v, v, v, v} }

// shift is what samples from 0 to 255 add to the DC coefficient, beside those of T.81.
func shift() Mem { return constant("fdctShift", [8]float32{128 * 64}) }

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

// transform is the AAN transform of eight samples, in eight places at once. The order of
// its operations is that of the portable form, whose names it has.
func transform(s [8]VecVirtual) (f [8]VecVirtual) {
	cos := func(k float64) float64 { return math.Cos(k * math.Pi / 16) }
	c4 := constant("fdctC4", all(float32(cos(4))))
	c6 := constant("fdctC6", all(float32(cos(6))))
	c2m6 := constant("fdctC2M6", all(float32(cos(2)-cos(6))))
	c2p6 := constant("fdctC2P6", all(float32(cos(2)+cos(6))))
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

// storeBlock multiplies by the factors, rounds to integers and stores them as words. It
// returns them as bytes, saturated: columns 0 to 3 in the first register and the others in
// the second, of each the upper four rows in the lower half.
func storeBlock(s [8]VecVirtual, factors, blocks Register) (b [2]VecVirtual) {
	for i := range s {
		VMULPS(Mem{Base: factors, Disp: 32 * i}, s[i], s[i])
		VCVTPS2DQ(s[i], s[i])
	}
	for i := 0; i < 8; i += 2 {
		VPACKSSDW(s[i+1], s[i], s[i])
		VMOVDQU(s[i], Mem{Base: blocks, Disp: 16 * i})
	}
	for i := range b {
		b[i] = YMM()
		VPACKSSWB(s[4*i+2], s[4*i], b[i])
	}
	return b
}

// zigzag puts bytes into zigzag order: of its quarters outer has the last and the first,
// inner the third and the second. The order looks the same from both ends, so that the two
// halves of a register come from quadrants of the block that lie opposite each other.
func zigzag(b [2]VecVirtual) (outer, inner VecVirtual) {
	const lower, upper = 0, 1 // half of a register
	half := func(register, half int) uint64 { return uint64(2*register + half) }
	// By column and row: above 4 each and below; below and above; above and below.
	var quadrants [3]VecVirtual
	for i, halves := range [3][2]uint64{
		{half(1, upper), half(0, lower)},
		{half(1, lower), half(0, upper)},
		{half(0, upper), half(1, lower)},
	} {
		quadrants[i] = YMM()
		VPERM2I128(Imm(halves[0]|halves[1]<<4), b[1], b[0], quadrants[i])
	}
	gather := func(name string, quarters [2]int) VecVirtual {
		sum := YMM()
		for i, q := range quadrants {
			mask := shuffle(fmt.Sprint(name, i), quarters, i)
			if i == 0 {
				VPSHUFB(mask, q, sum)
				continue
			}
			part := YMM()
			VPSHUFB(mask, q, part)
			VPOR(part, sum, sum)
		}
		return sum
	}
	return gather("fdctOuter", [2]int{3, 0}), gather("fdctInner", [2]int{2, 1})
}

// shuffle is the mask that takes what two quarters of the zigzag order have of the two
// quadrants of a register, in its two halves.
func shuffle(name string, quarters [2]int, register int) Mem {
	// Where the columns and rows of the quadrants begin.
	corners := [3][2][2]int{{{4, 4}, {0, 0}}, {{4, 0}, {0, 4}}, {{0, 4}, {4, 0}}}[register]
	var b [32]byte
	for i := range b {
		b[i] = 0x80
		k, corner := 16*quarters[i/16]+i%16, corners[i/16]
		if c, r := column[k]-corner[0], row[k]-corner[1]; c >= 0 && c < 4 && r >= 0 && r < 4 {
			b[i] = byte(4*c + r)
		}
	}
	return global(name, b)
}

// storeMasks stores a bit for each coefficient that is not zero. With three levels follow
// masks of those of 2 and more and of those of 4 and more.
func storeMasks(outer, inner VecVirtual, masks Register, levels int) {
	zero := YMM()
	VPXOR(zero, zero, zero)
	if levels > 1 {
		for _, r := range []VecVirtual{outer, inner} {
			negative := YMM()
			VPSUBSB(r, zero, negative)
			VPMAXSB(negative, r, r)
		}
	}
	for level := range levels {
		o, i := outer, inner
		if level == levels-1 {
			compare(level, zero, o, i)
		} else {
			o, i = YMM(), YMM()
			VMOVDQA(outer, o)
			VMOVDQA(inner, i)
			compare(level, zero, o, i)
		}
		ends, middle := GP32(), GP32()
		VPMOVMSKB(o, ends)
		VPMOVMSKB(i, middle)
		RORQ(Imm(16), ends.As64())
		RORL(Imm(16), middle)
		SHLQ(Imm(16), middle.As64())
		ORQ(ends.As64(), middle.As64())
		if level == 0 {
			NOTQ(middle.As64())
		}
		MOVQ(middle.As64(), Mem{Base: masks, Disp: 8 * level})
	}
}

// compare sets the bytes that are zero, for level 0, or that are at least 1<<level.
func compare(level int, zero VecVirtual, registers ...VecVirtual) {
	for _, r := range registers {
		if level == 0 {
			VPCMPEQB(zero, r, r)
			continue
		}
		var limit [32]byte
		for i := range limit {
			limit[i] = 1<<level - 1
		}
		VPCMPGTB(global(fmt.Sprint("fdctLevel", level), limit), r, r)
	}
}
