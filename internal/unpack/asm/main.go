// Asm generates the AVX2 kernel of package unpack, which sums bytes for the checksum of zlib.
//
// The checksum adds up the bytes, and beside that each such sum. Of 32 bytes the second
// sum is 32 times the first sum of before, and each byte as often as there are bytes from it to the
// end of the 32.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	sums()
	Generate()
}

func sums() {
	weights := GLOBL("sumWeights", RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(32-i))
	}
	TEXT("sumAVX2", NOSPLIT, "func(src *byte, n int) (sum, sums uint64)")
	Pragma("noescape")
	Doc("sumAVX2 returns the sum of n > 0 bytes, a multiple of 32 and at most 2¹⁶, and the sum of the",
		"sums up to each of them.")
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	zero, one, sum, before, weighted := YMM(), YMM(), YMM(), YMM(), YMM()
	for _, r := range []VecVirtual{zero, sum, before, weighted} {
		VPXOR(r, r, r)
	}
	VPCMPEQW(one, one, one)
	VPSRLW(Imm(15), one, one)

	Label("bytes")
	b, s, w := YMM(), YMM(), YMM()
	VMOVDQU(Mem{Base: src}, b)
	VPADDQ(sum, before, before)
	VPSADBW(zero, b, s)
	VPADDQ(s, sum, sum)
	VPMADDUBSW(weights, b, w)
	VPMADDWD(one, w, w)
	VPADDD(w, weighted, weighted)
	ADDQ(Imm(32), src)
	SUBQ(Imm(32), n)
	JNZ(LabelRef("bytes"))

	// The weights in 64 bits, with those of what came before.
	low, high := YMM(), YMM()
	VPUNPCKLDQ(zero, weighted, low)
	VPUNPCKHDQ(zero, weighted, high)
	VPADDQ(low, high, weighted)
	VPSLLQ(Imm(5), before, before)
	VPADDQ(before, weighted, weighted)
	Store(total(sum), Return("sum"))
	Store(total(weighted), Return("sums"))
	VZEROUPPER()
	RET()
}

// total returns the sum of the four 64-bit words of a register.
func total(r VecVirtual) Register {
	upper, x := XMM(), XMM()
	VEXTRACTI128(Imm(1), r, upper)
	VPADDQ(upper, r.AsX(), x)
	VPSHUFD(Imm(0x4e), x, upper)
	VPADDQ(upper, x, x)
	g := GP64()
	VMOVQ(x, g)
	return g
}
