// Ycbcr generates the AVX2 kernels that make rows of chroma of RGBA pixels.
//
// They compute in 32 bits with the factors of color.RGBToYCbCr, so that they give the same
// samples. A pixel is four words, red, green, blue and a fourth, that are
// multiplied and summed in two steps, VPMADDWD and VPHADDD. 32768 fits in no signed word, so
// all is summed with the signs turned.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	chroma(1)
	chroma(2)
	Generate()
}

// words is a register's worth of four words, repeated.
func words(name string, v [4]int16) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, I16(v[i%4]))
	}
	return m
}

// doubles is a register's worth of one 32-bit word.
func doubles(name string, v uint32) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(v))
	}
	return m
}

// shuffle is a mask for VPSHUFB that does lo to the lower half of a register and hi to the
// upper; -1 is a zero.
func shuffle(name string, lo, hi [16]int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 32 {
		DATA(i, U8(append(lo[:], hi[:]...)[i]))
	}
	return m
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

// chroma generates the kernel whose samples stand for across pixels of each of two rows.
func chroma(across int) {
	name := fmt.Sprintf("chroma%dRowAVX2", across)
	pairs := shuffle("chromaPairs"+fmt.Sprint(across),
		[16]int{0, 4, 1, 5, 2, 6, -1, -1, 8, 12, 9, 13, 10, 14, -1, -1},
		[16]int{0, 4, 1, 5, 2, 6, -1, -1, 8, 12, 9, 13, 10, 14, -1, -1})
	ones := words("chromaOnes"+fmt.Sprint(across), [4]int16{0x101, 0x101, 0x101, 0x101})
	blue := words("chromaBlue"+fmt.Sprint(across), [4]int16{11056, 21712, -32768, 0})
	red := words("chromaRed"+fmt.Sprint(across), [4]int16{-32768, 27440, 5328, 0})
	// 128 and a half, times the pixels that are summed.
	offset := doubles("chromaOffset"+fmt.Sprint(across), uint32(2*across*257)<<15)
	shift := Imm(uint64(16 + across))

	TEXT(name, NOSPLIT, "func(cb *byte, cr *byte, top *byte, bottom *byte, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s makes n > 0 samples, a multiple of 8, each the mean of", name),
		fmt.Sprintf("%d pixels of top and as many of bottom.", across))
	cb := Load(Param("cb"), GP64())
	cr := Load(Param("cr"), GP64())
	top := Load(Param("top"), GP64())
	bottom := Load(Param("bottom"), GP64())
	n := Load(Param("n"), GP64())

	Label("samples")
	var sums [2]VecVirtual // of four samples: words of red, green, blue, and one not counted
	for i := range sums {
		a, b := YMM(), YMM()
		if across == 1 {
			VPMOVZXBW(Mem{Base: top, Disp: 16 * i}, a)
			VPMOVZXBW(Mem{Base: bottom, Disp: 16 * i}, b)
		} else {
			VMOVDQU(Mem{Base: top, Disp: 32 * i}, a)
			VMOVDQU(Mem{Base: bottom, Disp: 32 * i}, b)
			for _, r := range []VecVirtual{a, b} {
				VPSHUFB(pairs, r, r)
				VPMADDUBSW(ones, r, r)
			}
		}
		VPADDW(a, b, b)
		sums[i] = b
	}
	var planes [2]VecVirtual
	for i, factors := range []Mem{blue, red} {
		a, b, r := YMM(), YMM(), YMM()
		VPMADDWD(factors, sums[0], a)
		VPMADDWD(factors, sums[1], b)
		VPHADDD(b, a, a)
		VMOVDQU(offset, r)
		VPSUBD(a, r, r)
		VPSRAD(shift, r, r)
		planes[i] = r
	}
	x := packInOrder(planes[0], planes[1])
	VMOVQ(x, Mem{Base: cb})
	VPEXTRQ(Imm(1), x, Mem{Base: cr})
	ADDQ(Imm(uint64(32*across)), top)
	ADDQ(Imm(uint64(32*across)), bottom)
	ADDQ(Imm(8), cb)
	ADDQ(Imm(8), cr)
	SUBQ(Imm(8), n)
	JNZ(LabelRef("samples"))
	VZEROUPPER()
	RET()
}
