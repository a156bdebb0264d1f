// Command asm writes the AVX2 kernels of package resample. Each computes the bytes that
// the function of plain Go that it names computes.
//
// The heart of all of them is VPMADDWD: it multiplies 16 words by 16 words and adds
// neighbours, so samples and weights come in pairs of two taps.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const precision = 14 // fractional bits of a weight

// The layout of a band, a row of a table: start, at and two more, each an int32.
const (
	bandStart = 0
	bandAt    = 4
	bandSize  = 16
)

func main() {
	ConstraintExpr("amd64")
	rows8()
	rows16()
	taps8()
	pixels8()
	pixels16()
	multiply()
	Generate()
}

// dwords returns a register with v in each of its 32-bit lanes.
func dwords(v uint32) VecVirtual {
	x, y := XMM(), YMM()
	r := GP32()
	MOVL(U32(v), r)
	VMOVD(r, x)
	VPBROADCASTD(x, y)
	return y
}

func rounding() VecVirtual { return dwords(1 << (precision - 1)) }

// signs returns the sign bit of each word: what turns uint16 into int16 less 2^15.
func signs() VecVirtual { return dwords(0x80008000) }

func zeros() VecVirtual {
	y := YMM()
	VPXOR(y, y, y)
	return y
}

// constant returns 32 bytes of read-only data.
func constant(name string, b [32]byte) Mem {
	m := GLOBL(name, 8|16) // RODATA|NOPTR
	for i, v := range b {
		DATA(i, U8(v))
	}
	return m
}

// columns are the arguments of a pass along the columns.
type columns struct {
	dst, src, stride, weights, taps, n Register
}

func loadColumns() columns {
	return columns{
		Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("stride"), GP64()),
		Load(Param("weights"), GP64()), Load(Param("taps"), GP64()), Load(Param("n"), GP64()),
	}
}

// inBlocks covers n columns by blocks of a vector, as many as unroll says at a time, the
// last of which overlaps the one before. n is a vector at least.
func (c *columns) inBlocks(vector, size, unroll int, block func(vectors int)) {
	advance := func(columns int) {
		ADDQ(I32(int32(columns*size)), c.dst)
		ADDQ(I32(int32(columns*size)), c.src)
		SUBQ(I32(int32(columns)), c.n)
	}
	Label("wide")
	CMPQ(c.n, I32(int32(unroll*vector)))
	JLT(LabelRef("narrow"))
	block(unroll)
	advance(unroll * vector)
	JMP(LabelRef("wide"))

	Label("narrow")
	CMPQ(c.n, I32(int32(vector)))
	JLT(LabelRef("tail"))
	block(1)
	advance(vector)
	JMP(LabelRef("narrow"))

	Label("tail")
	TESTQ(c.n, c.n)
	JE(LabelRef("done"))
	back := GP64()
	LEAQ(Mem{Base: c.n}.Offset(-vector), back)
	if size == 2 {
		ADDQ(back, back)
	}
	ADDQ(back, c.dst)
	ADDQ(back, c.src)
	MOVQ(I32(int32(vector)), c.n)
	JMP(LabelRef("narrow"))

	Label("done")
	VZEROUPPER()
	RET()
}

// pairs calls pair for two rows at a time, with the vector of their weights, and single
// for the last of an odd number.
func (c *columns) pairs(label string, pair, single func(row Mem, weights VecVirtual)) {
	p, w, k := GP64(), GP64(), GP64()
	MOVQ(c.src, p)
	MOVQ(c.weights, w)
	MOVQ(c.taps, k)
	SUBQ(Imm(2), k)
	JLT(LabelRef(label + "odd"))
	Label(label + "pairs")
	v := YMM()
	VPBROADCASTD(Mem{Base: w}, v)
	pair(Mem{Base: p}, v)
	LEAQ(Mem{Base: p, Index: c.stride, Scale: 2}, p)
	ADDQ(Imm(4), w)
	SUBQ(Imm(2), k)
	JGE(LabelRef(label + "pairs"))
	Label(label + "odd")
	TESTQ(I32(1), k)
	JE(LabelRef(label + "even"))
	last := YMM()
	VPBROADCASTW(Mem{Base: w}, last)
	single(Mem{Base: p}, last)
	Label(label + "even")
}

// add adds words times weights to sum.
func add(words, weights, sum VecVirtual) {
	VPMADDWD(weights, words, words)
	VPADDD(words, sum, sum)
}

// sumsOf returns registers that begin with what a sum is rounded by.
func sumsOf(n int, round VecVirtual) []VecVirtual {
	sums := make([]VecVirtual, n)
	for i := range sums {
		sums[i] = YMM()
		VMOVDQA(round, sums[i])
	}
	return sums
}

func rows8() {
	TEXT("rows8AVX2", NOSPLIT, "func(dst, src *byte, stride int, weights *int16, taps, n int)")
	Doc("rows8AVX2 is sumRows for n columns of bytes, at least 32.")
	c := loadColumns()
	zero, round := zeros(), rounding()
	c.inBlocks(32, 1, 2, func(vectors int) {
		sums := sumsOf(4*vectors, round)
		spread := func(bytes VecVirtual, to []VecVirtual, weights VecVirtual) {
			low, high := YMM(), YMM()
			VPUNPCKLBW(zero, bytes, low)
			add(low, weights, to[0])
			VPUNPCKHBW(zero, bytes, high)
			add(high, weights, to[1])
		}
		each := func(second func(i int, row Mem) VecVirtual) func(Mem, VecVirtual) {
			return func(row Mem, weights VecVirtual) {
				for i := range vectors {
					a, b, low, high := YMM(), second(i, row), YMM(), YMM()
					VMOVDQU(row.Offset(32*i), a)
					VPUNPCKLBW(b, a, low)
					VPUNPCKHBW(b, a, high)
					spread(low, sums[4*i:], weights)
					spread(high, sums[4*i+2:], weights)
				}
			}
		}
		next := func(i int, row Mem) VecVirtual {
			b := YMM()
			VMOVDQU(Mem{Base: row.Base, Index: c.stride, Scale: 1}.Offset(32*i), b)
			return b
		}
		c.pairs(label(vectors), each(next), each(func(int, Mem) VecVirtual { return zero }))
		for i := range vectors {
			s := sums[4*i:][:4]
			for _, v := range s {
				VPSRAD(Imm(precision), v, v)
			}
			VPACKSSDW(s[1], s[0], s[0])
			VPACKSSDW(s[3], s[2], s[2])
			VPACKUSWB(s[2], s[0], s[0])
			VMOVDQU(s[0], Mem{Base: c.dst}.Offset(32*i))
		}
	})
}

func label(vectors int) string {
	if vectors == 1 {
		return "one"
	}
	return "many"
}

func rows16() {
	TEXT("rows16AVX2", NOSPLIT, "func(dst, src *uint16, stride int, weights *int16, taps, n int)")
	Doc("rows16AVX2 is sumRows for n columns of words, at least 16.")
	c := loadColumns()
	ADDQ(c.stride, c.stride)
	sign, round, zero := signs(), rounding(), zeros()
	c.inBlocks(16, 2, 2, func(vectors int) {
		sums := sumsOf(2*vectors, round)
		each := func(second func(i int, row Mem) VecVirtual) func(Mem, VecVirtual) {
			return func(row Mem, weights VecVirtual) {
				for i := range vectors {
					a, b, low, high := YMM(), second(i, row), YMM(), YMM()
					VPXOR(row.Offset(32*i), sign, a)
					VPUNPCKLWD(b, a, low)
					add(low, weights, sums[2*i])
					VPUNPCKHWD(b, a, high)
					add(high, weights, sums[2*i+1])
				}
			}
		}
		next := func(i int, row Mem) VecVirtual {
			b := YMM()
			VPXOR(Mem{Base: row.Base, Index: c.stride, Scale: 1}.Offset(32*i), sign, b)
			return b
		}
		c.pairs(label(vectors), each(next), each(func(int, Mem) VecVirtual { return zero }))
		for i := range vectors {
			low, high := sums[2*i], sums[2*i+1]
			VPSRAD(Imm(precision), low, low)
			VPSRAD(Imm(precision), high, high)
			VPACKSSDW(high, low, low)
			VPXOR(sign, low, low)
			VMOVDQU(low, Mem{Base: c.dst}.Offset(32*i))
		}
	})
}

// along are the arguments of a pass along a row.
type along struct {
	dst, src, rows, weights, taps, n Register
}

func loadAlong() along {
	return along{
		Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("rows"), GP64()),
		Load(Param("weights"), GP64()), Load(Param("taps"), GP64()), Load(Param("n"), GP64()),
	}
}

// start returns a register with the index of the first sample of the row that is i behind
// the current one, and at one with that of its first weight.
func (a *along) start(i int) Register {
	r := GP64()
	MOVLQSX(Mem{Base: a.rows}.Offset(bandSize*i+bandStart), r)
	return r
}

func (a *along) at(i int) Register {
	r := GP64()
	MOVLQSX(Mem{Base: a.rows}.Offset(bandSize*i+bandAt), r)
	return r
}

// sum4 adds up each of four vectors and returns the sums as four dwords.
func sum4(v []VecVirtual) VecVirtual {
	VPHADDD(v[1], v[0], v[0])
	VPHADDD(v[3], v[2], v[2])
	VPHADDD(v[2], v[0], v[0])
	high := XMM()
	VEXTRACTI128(Imm(1), v[0], high)
	VPADDD(v[0].AsX(), high, high)
	return high
}

// sum8 adds up each of eight vectors and returns the sums as eight dwords.
func sum8(v []VecVirtual) VecVirtual {
	for i := 0; i < 8; i += 2 {
		VPHADDD(v[i+1], v[i], v[i])
	}
	VPHADDD(v[2], v[0], v[0])
	VPHADDD(v[6], v[4], v[4])
	low := YMM()
	VPERM2I128(Imm(0x20), v[4], v[0], low)
	VPERM2I128(Imm(0x31), v[4], v[0], v[0])
	VPADDD(low, v[0], v[0])
	return v[0]
}

// sixteen sums the first 16 taps of the row that is i behind the current one.
func (a *along) sixteen(i int) VecVirtual {
	sum, start, at := YMM(), a.start(i), a.at(i)
	VPMOVZXBW(Mem{Base: a.src, Index: start, Scale: 1}, sum)
	VPMADDWD(Mem{Base: a.weights, Index: at, Scale: 2}, sum, sum)
	return sum
}

// eights is taps8 for 16 taps, the most frequent number: eight results at a time. It goes
// on at the label "four" for what is left, which it makes four results at least.
func (a *along) eights(round VecVirtual) {
	Label("eights")
	CMPQ(a.n, Imm(8))
	JLT(LabelRef("rest"))
	var sums [8]VecVirtual
	for i := range sums {
		sums[i] = a.sixteen(i)
	}
	s := sum8(sums[:])
	VPADDD(round, s, s)
	VPSRAD(Imm(precision), s, s)
	VPACKSSDW(s, s, s)
	VPACKUSWB(s, s, s)
	high := XMM()
	VEXTRACTI128(Imm(1), s, high)
	VPUNPCKLDQ(high, s.AsX(), high)
	VMOVQ(high, Mem{Base: a.dst})
	ADDQ(Imm(8), a.dst)
	ADDQ(I32(8*bandSize), a.rows)
	SUBQ(Imm(8), a.n)
	JMP(LabelRef("eights"))

	Label("rest")
	TESTQ(a.n, a.n)
	JE(LabelRef("done"))
	CMPQ(a.n, Imm(4))
	JGE(LabelRef("four"))
	back := GP64()
	LEAQ(Mem{Base: a.n}.Offset(-4), back)
	ADDQ(back, a.dst)
	SHLQ(Imm(4), back) // by the size of a band
	ADDQ(back, a.rows)
	MOVQ(U32(4), a.n)
}

// taps8 goes by four results at a time. The last four overlap those before.
func taps8() {
	TEXT("taps8AVX2", NOSPLIT, "func(dst, src *byte, rows *int32, weights *int16, taps, n int)")
	Doc("taps8AVX2 is sumTaps for n samples, at least 4, and a multiple of 16 taps.")
	a := loadAlong()
	round := rounding()
	CMPQ(a.taps, Imm(16))
	JNE(LabelRef("four"))
	a.eights(round)

	Label("four")
	var sums, words [4]VecVirtual
	var src, weights [4]Register
	for i := range 4 {
		src[i], weights[i] = a.start(i), a.at(i)
		ADDQ(a.src, src[i])
		LEAQ(Mem{Base: a.weights, Index: weights[i], Scale: 2}, weights[i])
		sums[i], words[i] = YMM(), YMM()
		VPMOVZXBW(Mem{Base: src[i]}, sums[i])
		VPMADDWD(Mem{Base: weights[i]}, sums[i], sums[i])
	}
	k := GP64()
	MOVQ(U32(16), k)
	CMPQ(k, a.taps)
	JGE(LabelRef("sum"))
	Label("taps")
	for i := range 4 {
		VPMOVZXBW(Mem{Base: src[i], Index: k, Scale: 1}, words[i])
		VPMADDWD(Mem{Base: weights[i], Index: k, Scale: 2}, words[i], words[i])
		VPADDD(words[i], sums[i], sums[i])
	}
	ADDQ(Imm(16), k)
	CMPQ(k, a.taps)
	JLT(LabelRef("taps"))

	Label("sum")
	s := sum4(sums[:])
	VPADDD(round.AsX(), s, s)
	VPSRAD(Imm(precision), s, s)
	VPACKSSDW(s, s, s)
	VPACKUSWB(s, s, s)
	VMOVD(s, Mem{Base: a.dst})

	a.next(4, 1)
}

// next steps on by so many results of so many bytes, jumping back to the label "four",
// or ends.
func (a *along) next(results, size int) {
	SUBQ(Imm(uint64(results)), a.n)
	JLE(LabelRef("done"))
	step := GP64()
	MOVQ(U32(uint32(results)), step)
	CMPQ(a.n, step)
	CMOVQLT(a.n, step)
	LEAQ(Mem{Base: a.dst, Index: step, Scale: uint8(size)}, a.dst)
	SHLQ(Imm(4), step) // by the size of a band
	ADDQ(step, a.rows)
	MOVQ(U32(uint32(results)), step)
	CMPQ(a.n, step)
	CMOVQLT(step, a.n)
	JMP(LabelRef("four"))
	Label("done")
	VZEROUPPER()
	RET()
}

// spreadWeights returns what picks, of eight weights in both halves of a register, those
// of the pixels first and first+1 for its lower half and of second and second+1 for its
// upper, each pair four times.
func spreadWeights(first, second int) (b [32]byte) {
	for i := range 16 {
		b[i], b[16+i] = byte(2*first+i%4), byte(2*second+i%4)
	}
	return b
}

// pairPixels returns what brings together the channels of two pixels next to each other,
// of so many bytes per sample.
func pairPixels(size int) (b [32]byte) {
	for i := range 32 {
		at := i % 16
		group := 8 * size // bytes of two pixels
		in := at % group
		sample, part := in/size, in%size
		b[i] = byte(at/group*group + (sample%2*4+sample/2)*size + part)
	}
	return b
}

func pixels8() {
	TEXT("pixels8AVX2", NOSPLIT, "func(dst, src *byte, rows *int32, weights *int16, taps, n int)")
	Doc("pixels8AVX2 is sumPixels for n pixels of bytes and a multiple of 8 taps.")
	low, high := constant("weights8low", spreadWeights(0, 4)), constant("weights8high", spreadWeights(2, 6))
	pair := constant("pairs8", pairPixels(1))
	zero := zeros()
	pixels(4, low, high, pair, func(src Mem, paired VecVirtual) (a, b VecVirtual) {
		a, b = YMM(), YMM()
		VMOVDQU(src, b)
		VPSHUFB(paired, b, b)
		VPUNPCKLBW(zero, b, a)
		VPUNPCKHBW(zero, b, b)
		return a, b
	}, func(sum VecVirtual, dst Mem) {
		VPACKSSDW(sum, sum, sum)
		VPACKUSWB(sum, sum, sum)
		VMOVD(sum, dst)
	})
}

func pixels16() {
	TEXT("pixels16AVX2", NOSPLIT, "func(dst, src *uint16, rows *int32, weights *int16, taps, n int)")
	Doc("pixels16AVX2 is sumPixels for n pixels of words and a multiple of 8 taps.")
	low, high := constant("weights16low", spreadWeights(0, 2)), constant("weights16high", spreadWeights(4, 6))
	pair := constant("pairs16", pairPixels(2))
	sign := signs()
	pixels(8, low, high, pair, func(src Mem, paired VecVirtual) (a, b VecVirtual) {
		a, b = YMM(), YMM()
		VPXOR(src, sign, a)
		VPSHUFB(paired, a, a)
		VPXOR(src.Offset(32), sign, b)
		VPSHUFB(paired, b, b)
		return a, b
	}, func(sum VecVirtual, dst Mem) {
		VPACKSSDW(sum, sum, sum)
		VPXOR(sign.AsX(), sum, sum)
		VMOVQ(sum, dst)
	})
}

// pixels is the pass along a row of pixels of so many bytes: load gives eight of them as
// two vectors of pairs, store rounds their sum's four channels.
func pixels(size int, low, high, pair Mem, load func(Mem, VecVirtual) (a, b VecVirtual), store func(VecVirtual, Mem)) {
	a := loadAlong()
	round := rounding()
	lowWeights, highWeights, paired := YMM(), YMM(), YMM()
	VMOVDQU(low, lowWeights)
	VMOVDQU(high, highWeights)
	VMOVDQU(pair, paired)

	Label("pixel")
	src, weights, k := a.start(0), a.at(0), GP64()
	if size == 8 {
		ADDQ(src, src)
	}
	LEAQ(Mem{Base: a.src, Index: src, Scale: 4}, src)
	LEAQ(Mem{Base: a.weights, Index: weights, Scale: 2}, weights)
	MOVQ(a.taps, k)
	sums := [2]VecVirtual{YMM(), YMM()}
	VPXOR(sums[0], sums[0], sums[0])
	VPXOR(sums[1], sums[1], sums[1])
	Label("taps")
	w, wl, wh := YMM(), YMM(), YMM()
	VBROADCASTI128(Mem{Base: weights}, w)
	VPSHUFB(lowWeights, w, wl)
	VPSHUFB(highWeights, w, wh)
	p, q := load(Mem{Base: src}, paired)
	add(p, wl, sums[0])
	add(q, wh, sums[1])
	ADDQ(I32(int32(8*size)), src)
	ADDQ(Imm(16), weights)
	SUBQ(Imm(8), k)
	JG(LabelRef("taps"))

	VPADDD(sums[1], sums[0], sums[0])
	sum := XMM()
	VEXTRACTI128(Imm(1), sums[0], sum)
	VPADDD(sums[0].AsX(), sum, sum)
	VPADDD(round.AsX(), sum, sum)
	VPSRAD(Imm(precision), sum, sum)
	store(sum, Mem{Base: a.dst})
	ADDQ(Imm(uint64(size)), a.dst)
	ADDQ(Imm(bandSize), a.rows)
	DECQ(a.n)
	JNE(LabelRef("pixel"))
	VZEROUPPER()
	RET()
}

// multiply takes four pixels at a time. Three quarters of p, rounded, are p less a quarter
// of p+1, which stays within 16 bits.
func multiply() {
	TEXT("multiplyAVX2", NOSPLIT, "func(dst *uint16, src *byte, n int)")
	Doc("multiplyAVX2 is multiplyGo for n pixels, a multiple of 4.")
	var spread [32]byte
	for i := range spread {
		spread[i] = byte(i&8 + 6 + i%2)
	}
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("n"), GP64())
	alphas, most, one := YMM(), dwords(255<<16|255), dwords(1<<16|1)
	VMOVDQU(constant("alphas", spread), alphas)
	Label("pixels")
	p, a := YMM(), YMM()
	VPMOVZXBW(Mem{Base: src}, p)
	VPSHUFB(alphas, p, a)
	VPBLENDW(Imm(0x88), most, p, p)
	VPMULLW(a, p, p)
	VPADDW(one, p, a)
	VPSRLW(Imm(2), a, a)
	VPSUBW(a, p, p)
	VMOVDQU(p, Mem{Base: dst})
	ADDQ(Imm(16), src)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(4), n)
	JNE(LabelRef("pixels"))
	VZEROUPPER()
	RET()
}
