// Asm generates the AVX2 kernels of package pixel.
//
// Those for gray compute in 32 bits. A pixel is four words, red, green, blue and green again, that are
// multiplied and summed in two steps, VPMADDWD and VPHADDD: the factor of green fits in no
// signed word and is halved.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	gray("grayFromRGBAVX2", 3)
	gray("grayFromRGBAAVX2", 4)
	expand()
	Generate()
}

// spread is a mask for VPSHUFB that makes words of four pixels, the first of which lies at
// byte from. Each half of the register has the same sixteen bytes and makes two of the pixels.
func spread(name string, pixel, from int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		at := from + pixel*i
		for j, b := range []int{at, at + 1, at + 2, at + 1} {
			DATA(8*i+2*j, U8(b))
			DATA(8*i+2*j+1, U8(0xff))
		}
	}
	return m
}

func gray(name string, pixel int) {
	pixels := spread(name+"Spread", pixel, 0)
	last := pixels
	if pixel == 3 {
		last = spread(name+"Last", pixel, 4) // loaded four bytes before, so as not to end behind the row
	}
	weights := GLOBL(name+"Weights", RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, I16([]int16{19595, 38470 / 2, 7471, 38470 / 2}[i%4]))
	}
	half := GLOBL(name+"Half", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(1<<15))
	}

	TEXT(name, NOSPLIT, "func(dst *byte, src *byte, n int)")
	Pragma("noescape")
	Doc(name + " makes n > 0 samples, a multiple of 16.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())

	Label("pixels")
	var eights [2]VecVirtual
	for i := range eights {
		var fours [2]VecVirtual
		for j := range fours {
			r := YMM()
			at, mask := 4*pixel*(2*i+j), pixels
			if i == 1 && j == 1 {
				at, mask = at+4*pixel-16, last
			}
			VBROADCASTI128(Mem{Base: src, Disp: at}, r)
			VPSHUFB(mask, r, r)
			VPMADDWD(weights, r, r)
			fours[j] = r
		}
		r := YMM()
		VPHADDD(fours[1], fours[0], r)
		VPADDD(half, r, r)
		VPSRLD(Imm(16), r, r)
		eights[i] = r
	}
	VMOVDQU(packInOrder(eights[0], eights[1]), Mem{Base: dst})
	ADDQ(Imm(uint64(16*pixel)), src)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("pixels"))
	VZEROUPPER()
	RET()
}

// packInOrder makes bytes of two registers whose eight sums lie as VPHADDD left them: 0 1 4 5
// and 2 3 6 7.
func packInOrder(a, b VecVirtual) VecVirtual {
	w := YMM()
	VPACKSSDW(b, a, w)
	VPACKUSWB(w, w, w)
	upper, x := XMM(), XMM()
	VEXTRACTI128(Imm(1), w, upper)
	VPUNPCKLWD(upper, w.AsX(), x)
	return x
}

// expand generates the kernel that makes pixels of four bytes.
func expand() {
	mask := func(name string, from int) Mem {
		m := GLOBL(name, RODATA|NOPTR)
		for i := range 4 {
			for j := range 3 {
				DATA(4*i+j, U8(from+3*i+j))
			}
			DATA(4*i+3, U8(0xff))
		}
		return m
	}
	pixels, last := mask("expandPixels", 0), mask("expandLast", 4)
	alpha := GLOBL("expandAlpha", RODATA|NOPTR)
	for i := range 4 {
		DATA(4*i, U32(0xff000000))
	}

	TEXT("expandAVX2", NOSPLIT, "func(dst *byte, src *byte, n int)")
	Pragma("noescape")
	Doc("expandAVX2 makes n > 0 pixels, a multiple of 16.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())

	Label("pixels")
	for i := range 4 {
		r := XMM()
		at, m := 12*i, pixels
		if i == 3 {
			at, m = at-4, last
		}
		VMOVDQU(Mem{Base: src, Disp: at}, r)
		VPSHUFB(m, r, r)
		VPOR(alpha, r, r)
		VMOVDQU(r, Mem{Base: dst, Disp: 16 * i})
	}
	ADDQ(Imm(48), src)
	ADDQ(Imm(64), dst)
	SUBQ(Imm(16), n)
	JNZ(LabelRef("pixels"))
	VZEROUPPER()
	RET()
}
