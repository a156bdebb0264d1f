// Asm generates the AVX2 kernels of package png, which undo the filters of rows.
//
// All filters but one look at the pixel before, so a row is undone pixel by pixel, with the
// samples of a pixel beside each other as words. What costs is how long it takes from one pixel
// to the next. Loads and stores are of four bytes, also where pixels have three: the fourth
// byte of a store is the first of the next pixel, which comes after.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	for _, pixel := range []int{3, 4} {
		kernel("sub", pixel, sub)
		kernel("average", pixel, average)
		kernel("paeth", pixel, paeth)
	}
	up()
	Generate()
}

// pixels are the neighbours of a pixel, as words: left and corner are zero at first.
type pixels struct {
	left, up, corner VecVirtual
	zero             VecVirtual
}

// kernel generates a loop over pixels. predict returns what the filter subtracted.
func kernel(name string, pixel int, predict func(p *pixels) VecVirtual) {
	name = fmt.Sprintf("%s%dAVX2", name, pixel)
	TEXT(name, NOSPLIT, "func(dst *byte, src *byte, prev *byte, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s undoes n > 0 pixels of %d bytes, and reads and writes %d bytes more.", name, pixel, 4-pixel))
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	prev := Load(Param("prev"), GP64())
	n := Load(Param("n"), GP64())
	p := &pixels{left: XMM(), up: XMM(), corner: XMM(), zero: XMM()}
	for _, r := range []VecVirtual{p.left, p.corner, p.zero} {
		VPXOR(r, r, r)
	}

	Label("pixels")
	coded, out := XMM(), XMM()
	VMOVD(Mem{Base: prev}, p.up)
	VPUNPCKLBW(p.zero, p.up, p.up)
	VMOVD(Mem{Base: src}, coded)
	VPUNPCKLBW(p.zero, coded, coded)
	VPADDB(coded, predict(p), p.left)
	VMOVDQA(p.up, p.corner)
	VPACKUSWB(p.left, p.left, out)
	VMOVD(out, Mem{Base: dst})
	for _, r := range []Register{dst, src, prev} {
		ADDQ(Imm(uint64(pixel)), r)
	}
	DECQ(n)
	JNZ(LabelRef("pixels"))
	RET()
}

func sub(p *pixels) VecVirtual { return p.left }

func average(p *pixels) VecVirtual {
	r := XMM()
	VPADDW(p.up, p.left, r)
	VPSRLW(Imm(1), r, r)
	return r
}

// paeth chooses the neighbour that is nearest to left + up - corner. With up and corner given, that
// is left itself outside of some interval; inside it is the smaller of the two up to some
// threshold, and the greater behind. So left is only compared, with what is known before it is:
//
//	slope     = up - corner
//	low, high = corner + the smaller and the greater of slope and -2·slope
//	threshold = corner - slope/2, where up wins if it is as near
func paeth(p *pixels) VecVirtual {
	slope, twice := XMM(), XMM()
	VPSUBW(p.corner, p.up, slope)
	VPADDW(slope, slope, twice)
	VPSUBW(twice, p.zero, twice)
	low, high := XMM(), XMM()
	VPMINSW(twice, slope, low)
	VPMAXSW(twice, slope, high)
	VPADDW(p.corner, low, low)
	VPADDW(p.corner, high, high)
	threshold, rising := XMM(), XMM()
	VPCMPGTW(p.zero, slope, rising)
	VPADDW(p.corner, p.corner, threshold)
	VPSUBW(slope, threshold, threshold)
	VPADDW(rising, threshold, threshold)
	VPSRAW(Imm(1), threshold, threshold)
	smaller, greater := XMM(), XMM()
	VPMINSW(p.up, p.corner, smaller)
	VPMAXSW(p.up, p.corner, greater)

	r := XMM()
	VPCMPGTW(low, p.left, low)
	VPCMPGTW(p.left, high, high)
	VPCMPGTW(threshold, p.left, threshold)
	VPAND(low, high, low)
	VPBLENDVB(threshold, greater, smaller, r)
	VPBLENDVB(low, r, p.left, r)
	return r
}

// up generates the kernel of the filter that only looks up.
func up() {
	TEXT("upAVX2", NOSPLIT, "func(dst *byte, src *byte, prev *byte, n int)")
	Pragma("noescape")
	Doc("upAVX2 undoes n > 0 bytes, a multiple of 32.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	prev := Load(Param("prev"), GP64())
	n := Load(Param("n"), GP64())

	Label("bytes")
	r := YMM()
	VMOVDQU(Mem{Base: src}, r)
	VPADDB(Mem{Base: prev}, r, r)
	VMOVDQU(r, Mem{Base: dst})
	for _, g := range []Register{dst, src, prev} {
		ADDQ(Imm(32), g)
	}
	SUBQ(Imm(32), n)
	JNZ(LabelRef("bytes"))
	VZEROUPPER()
	RET()
}
