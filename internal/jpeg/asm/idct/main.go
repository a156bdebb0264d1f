// Command idct generates the inverse DCTs of package jpeg for AVX2. They are the
// arithmetic of idctPairGo and idct4Go, operation by operation; what is different is that
// products are summed in pairs, as the instructions have it, which is the same in
// whole numbers.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The same numbers as in idct.go.
const (
	idctBits  = 13
	idctExtra = 3
	down1     = idctBits - idctExtra
	down2     = idctBits + idctExtra + 3
	one       = 1 << idctBits

	cos1 = 11363
	cos2 = 10703
	cos3 = 9633
	cos5 = 6436
	cos6 = 4433
	cos7 = 2260
)

func main() {
	pair()
	halfPair()
	Generate()
}

// pair transforms two blocks at once, one in the lower and one in the upper half of
// each register. Register u holds column u of the coefficients, so that the pass over
// registers is that over columns; between the passes the halves are transposed, and the
// second pass leaves rows.
func pair() {
	TEXT("idctPairAVX2", NOSPLIT, "func(coefs, steps *int16, dst0, dst1 *byte, stride int)")
	Doc("idctPairAVX2 is idctPairGo. It reads 128 coefficients and 64 steps, and writes 8 bytes to",
		"8 rows of each destination.")
	Pragma("noescape")
	coefs, steps := Load(Param("coefs"), GP64()), Load(Param("steps"), GP64())
	var x [8]VecVirtual
	for u := range x {
		x[u] = dequantised(coefs, steps, 16*u, 16*u+128)
	}
	x = transpose8(pass8(x, down1))
	x = pass8(x, down2)
	store8(x)
	VZEROUPPER()
	RET()
}

// dequantised loads the coefficients at two offsets into the two halves of a register.
func dequantised(coefs, steps Register, low, high int) VecVirtual {
	v, q := YMM(), YMM()
	VMOVDQU(Mem{Base: coefs, Disp: low}, v.AsX())
	VINSERTI128(Imm(1), Mem{Base: coefs, Disp: high}, v, v)
	VBROADCASTI128(Mem{Base: steps, Disp: low}, q)
	VPMULLW(q, v, v)
	return v
}

// pass8 is inverse8 on the eight registers, with rounding and the shift behind it.
func pass8(x [8]VecVirtual, down uint64) (out [8]VecVirtual) {
	p04, p26 := interleave(x[0], x[4]), interleave(x[2], x[6])
	p13, p57 := interleave(x[1], x[3]), interleave(x[5], x[7])
	even := evens8(p04, p26, down)
	odd := [4][2]Mem{
		{pairs(cos1, cos3), pairs(cos5, cos7)},
		{pairs(cos3, -cos7), pairs(-cos1, -cos5)},
		{pairs(cos5, -cos1), pairs(cos7, cos3)},
		{pairs(cos7, -cos5), pairs(cos3, -cos1)},
	}
	for k, c := range odd {
		var sum, difference [2]VecVirtual
		for half := range 2 {
			o, t := YMM(), YMM()
			VPMADDWD(c[0], p13[half], o)
			VPMADDWD(c[1], p57[half], t)
			VPADDD(t, o, o)
			sum[half], difference[half] = butterfly(even[k][half], o, down)
		}
		out[k], out[7-k] = packed(sum), packed(difference)
	}
	return out
}

// evens8 is the part of the even coefficients, with what rounds added.
func evens8(p04, p26 [2]VecVirtual, down uint64) (a [4][2]VecVirtual) {
	for half := range 2 {
		e0, e1, e2, e3 := YMM(), YMM(), YMM(), YMM()
		VPMADDWD(pairs(one, one), p04[half], e0)
		VPMADDWD(pairs(one, -one), p04[half], e1)
		VPADDD(rounding(down), e0, e0)
		VPADDD(rounding(down), e1, e1)
		VPMADDWD(pairs(cos2, cos6), p26[half], e2)
		VPMADDWD(pairs(cos6, -cos2), p26[half], e3)
		for k := range a {
			a[k][half] = YMM()
		}
		VPADDD(e2, e0, a[0][half])
		VPSUBD(e2, e0, a[3][half])
		VPADDD(e3, e1, a[1][half])
		VPSUBD(e3, e1, a[2][half])
	}
	return a
}

// butterfly returns a+o and a-o, shifted down. It uses up o.
func butterfly(a, o VecVirtual, down uint64) (sum, difference VecVirtual) {
	sum, difference = YMM(), o
	VPADDD(o, a, sum)
	VPSUBD(o, a, difference)
	VPSRAD(Imm(down), sum, sum)
	VPSRAD(Imm(down), difference, difference)
	return sum, difference
}

// packed puts the halves that interleave took apart together again, saturated.
func packed(v [2]VecVirtual) VecVirtual {
	VPACKSSDW(v[1], v[0], v[0])
	return v[0]
}

// interleave pairs the words of two registers, for multiplication in pairs.
func interleave(a, b VecVirtual) (p [2]VecVirtual) {
	p[0], p[1] = YMM(), YMM()
	VPUNPCKLWD(b, a, p[0])
	VPUNPCKHWD(b, a, p[1])
	return p
}

// transpose8 transposes the 8×8 words of each half.
func transpose8(r [8]VecVirtual) (c [8]VecVirtual) {
	var t, u [8]VecVirtual
	for i := 0; i < 8; i += 2 {
		t[i], t[i+1] = YMM(), YMM()
		VPUNPCKLWD(r[i+1], r[i], t[i])
		VPUNPCKHWD(r[i+1], r[i], t[i+1])
	}
	for i, from := range [4]int{0, 1, 4, 5} {
		u[2*i], u[2*i+1] = YMM(), YMM()
		VPUNPCKLDQ(t[from+2], t[from], u[2*i])
		VPUNPCKHDQ(t[from+2], t[from], u[2*i+1])
	}
	for i := range 4 {
		c[2*i], c[2*i+1] = YMM(), YMM()
		VPUNPCKLQDQ(u[i+4], u[i], c[2*i])
		VPUNPCKHQDQ(u[i+4], u[i], c[2*i+1])
	}
	return c
}

// store8 clips the rows to bytes and writes them, two rows at a time.
func store8(x [8]VecVirtual) {
	stride := Load(Param("stride"), GP64())
	to := [2]Register{Load(Param("dst0"), GP64()), Load(Param("dst1"), GP64())}
	for y := 0; y < 8; y += 2 {
		VPACKSSWB(x[y+1], x[y], x[y])
		VPADDB(repeated("level", 0x80, 1), x[y], x[y])
		upper := XMM()
		VEXTRACTI128(Imm(1), x[y], upper)
		for half, v := range []Op{x[y].AsX(), upper} {
			VMOVQ(v, Mem{Base: to[half]})
			VMOVHPD(v, Mem{Base: to[half], Index: stride, Scale: 1})
			if y < 6 {
				LEAQ(Mem{Base: to[half], Index: stride, Scale: 2}, to[half])
			}
		}
	}
}

// halfPair transforms the 4×4 corners of two blocks, each of which is one register of
// rows. They are sorted into registers that have one block in each half.
func halfPair() {
	TEXT("idctHalfPairAVX2", NOSPLIT, "func(coefs, steps *int16, dst0, dst1 *byte, stride int)")
	Doc("idctHalfPairAVX2 is idctHalfPairGo. It reads 32 coefficients and 16 steps, and writes 4 bytes to",
		"4 rows of each destination.")
	Pragma("noescape")
	coefs, steps := Load(Param("coefs"), GP64()), Load(Param("steps"), GP64())
	a, b, q := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: steps}, q)
	VPMULLW(Mem{Base: coefs}, q, a)
	VPMULLW(Mem{Base: coefs, Disp: 32}, q, b)
	upper, lower := YMM(), YMM() // rows 0 and 1, rows 2 and 3
	VPERM2I128(Imm(0x20), b, a, upper)
	VPERM2I128(Imm(0x31), b, a, lower)
	p := interleave(upper, lower)
	x := pass4(p[0], p[1], down1)

	// Of each row, the words of columns 0 and 2 and those of columns 1 and 3 side by side.
	VPACKSSDW(x[1], x[0], x[0])
	VPACKSSDW(x[3], x[2], x[2])
	VPSHUFB(shuffle("evenodd", 0, 1, 4, 5, 2, 3, 6, 7), x[0], x[0])
	VPSHUFB(shuffle("evenodd"), x[2], x[2])
	p02, p13 := YMM(), YMM()
	VSHUFPS(Imm(0x88), x[2], x[0], p02)
	VSHUFPS(Imm(0xdd), x[2], x[0], p13)
	x = pass4(p02, p13, down2)

	VPACKSSDW(x[1], x[0], x[0])
	VPACKSSDW(x[3], x[2], x[2])
	VPACKSSWB(x[2], x[0], x[0])
	VPADDB(repeated("level", 0x80, 1), x[0], x[0])
	VPSHUFB(transposed(), x[0], x[0])
	store4(x[0])
	VZEROUPPER()
	RET()
}

// pass4 is inverse4 on pairs of words, with rounding and the shift behind it.
func pass4(p02, p13 VecVirtual, down uint64) (x [4]VecVirtual) {
	e0, e1, o0, o1 := YMM(), YMM(), YMM(), YMM()
	VPMADDWD(pairs(one, one), p02, e0)
	VPMADDWD(pairs(one, -one), p02, e1)
	VPADDD(rounding(down), e0, e0)
	VPADDD(rounding(down), e1, e1)
	VPMADDWD(pairs(cos2, cos6), p13, o0)
	VPMADDWD(pairs(cos6, -cos2), p13, o1)
	x[0], x[3] = butterfly(e0, o0, down)
	x[1], x[2] = butterfly(e1, o1, down)
	return x
}

// store4 writes a half as four rows of four bytes, and the other half elsewhere.
func store4(v VecVirtual) {
	stride := Load(Param("stride"), GP64())
	upper := XMM()
	VEXTRACTI128(Imm(1), v, upper)
	for half, x := range []Op{v.AsX(), upper} {
		to := Load(Param(fmt.Sprintf("dst%d", half)), GP64())
		VMOVD(x, Mem{Base: to})
		VPEXTRD(Imm(1), x, Mem{Base: to, Index: stride, Scale: 1})
		LEAQ(Mem{Base: to, Index: stride, Scale: 2}, to)
		VPEXTRD(Imm(2), x, Mem{Base: to})
		VPEXTRD(Imm(3), x, Mem{Base: to, Index: stride, Scale: 1})
	}
}

// transposed is the shuffle that transposes 4×4 bytes.
func transposed() Mem {
	var order []int
	for i := range 16 {
		order = append(order, i%4*4+i/4)
	}
	return shuffle("transpose", order...)
}

// shuffle is a constant that moves bytes within each half, in the same way in each part of
// it where there are less than 16.
func shuffle(name string, order ...int) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	m := GLOBL("idct_"+name, RODATA|NOPTR)
	for i := range 32 {
		at := i % 16
		DATA(i, U8(at/len(order)*len(order)+order[at%len(order)]))
	}
	constants[name] = m
	return m
}

// rounding is half of what a shift takes away.
func rounding(down uint64) Mem { return repeated(fmt.Sprintf("round%d", down), 1<<(down-1), 4) }

// pairs is a constant of alternating words.
func pairs(a, b int16) Mem {
	return repeated(fmt.Sprintf("pair_%s_%s", signed(a), signed(b)), uint64(uint16(a))|uint64(uint16(b))<<16, 4)
}

func signed(v int16) string {
	if v < 0 {
		return fmt.Sprintf("m%d", -v)
	}
	return fmt.Sprint(v)
}

var constants = map[string]Mem{}

// repeated is a constant of 32 bytes that repeats a value of some bytes.
func repeated(name string, value uint64, size int) Mem {
	if m, ok := constants[name]; ok {
		return m
	}
	for n := size; n < 8; n *= 2 {
		value |= value << (8 * n)
	}
	m := GLOBL("idct_"+name, RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(value))
	}
	constants[name] = m
	return m
}
