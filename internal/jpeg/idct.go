package jpeg

// The inverse DCT of size N, for each row and then for each column, is
//
//	x[n] = X[0] + √2 Σ X[k] cos((2n+1)kπ/2N)   n, k = 0 … N-1, k > 0 in the sum
//
// and leaves the samples eight times too large in all, for N = 8 as for the smaller
// sizes, of which the coefficients are the lowest of the 8×8: that is what makes a
// decoded corner a picture of N/8 the size. Cosines are rounded to 13 bits, between the
// two passes there are 3 bits more than whole numbers, and these values saturate at 16
// bits. Dequantised coefficients are cut to 16 bits; those of real pictures need 12. The
// kernels in assembly do the same, so that they give the same samples.
const (
	idctBits  = 13 // of the cosines
	idctExtra = 3  // between the passes
	idctDown1 = idctBits - idctExtra
	idctDown2 = idctBits + idctExtra + 3
)

// √2 cos(kπ/16) in idctBits.
const (
	cos1 = 11363
	cos2 = 10703
	cos3 = 9633
	cos5 = 6436
	cos6 = 4433
	cos7 = 2260
)

// idctPairGo dequantises and transforms two blocks, each held column by column: the
// coefficient of column u and row v is the one at 8u+v. It writes 8 rows of 8 samples to
// each of the destinations.
func idctPairGo(coefs *[2 * blockLen]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	idct8((*[blockLen]int16)(coefs[:blockLen]), steps, dst0, stride)
	idct8((*[blockLen]int16)(coefs[blockLen:]), steps, dst1, stride)
}

func idct8(b, steps *[blockLen]int16, dst []byte, stride int) {
	var t [blockLen]int32
	for v := range 8 {
		x0, x1, x2, x3, x4, x5, x6, x7 := inverse8(
			int32(b[v]*steps[v]), int32(b[v+8]*steps[v+8]),
			int32(b[v+16]*steps[v+16]), int32(b[v+24]*steps[v+24]),
			int32(b[v+32]*steps[v+32]), int32(b[v+40]*steps[v+40]),
			int32(b[v+48]*steps[v+48]), int32(b[v+56]*steps[v+56]), 1<<(idctDown1-1))
		row := (*[8]int32)(t[8*v:])
		row[0], row[1] = clamp16(x0>>idctDown1), clamp16(x1>>idctDown1)
		row[2], row[3] = clamp16(x2>>idctDown1), clamp16(x3>>idctDown1)
		row[4], row[5] = clamp16(x4>>idctDown1), clamp16(x5>>idctDown1)
		row[6], row[7] = clamp16(x6>>idctDown1), clamp16(x7>>idctDown1)
	}
	for x := range 8 {
		x0, x1, x2, x3, x4, x5, x6, x7 := inverse8(
			t[x], t[x+8], t[x+16], t[x+24], t[x+32], t[x+40], t[x+48], t[x+56], 1<<(idctDown2-1))
		dst[x] = clampSample(x0 >> idctDown2)
		dst[x+stride] = clampSample(x1 >> idctDown2)
		dst[x+2*stride] = clampSample(x2 >> idctDown2)
		dst[x+3*stride] = clampSample(x3 >> idctDown2)
		dst[x+4*stride] = clampSample(x4 >> idctDown2)
		dst[x+5*stride] = clampSample(x5 >> idctDown2)
		dst[x+6*stride] = clampSample(x6 >> idctDown2)
		dst[x+7*stride] = clampSample(x7 >> idctDown2)
	}
}

// inverse8 is the transform in one direction, with round added. The sums fit 32 bits for
// all values of 16.
func inverse8(x0, x1, x2, x3, x4, x5, x6, x7, round int32) (_, _, _, _, _, _, _, _ int32) {
	e0, e1 := (x0+x4)<<idctBits+round, (x0-x4)<<idctBits+round
	e2, e3 := cos2*x2+cos6*x6, cos6*x2-cos2*x6
	a0, a1, a2, a3 := e0+e2, e1+e3, e1-e3, e0-e2
	o0 := cos1*x1 + cos3*x3 + cos5*x5 + cos7*x7
	o1 := cos3*x1 - cos7*x3 - cos1*x5 - cos5*x7
	o2 := cos5*x1 - cos1*x3 + cos7*x5 + cos3*x7
	o3 := cos7*x1 - cos5*x3 + cos3*x5 - cos1*x7
	return a0 + o0, a1 + o1, a2 + o2, a3 + o3, a3 - o3, a2 - o2, a1 - o1, a0 - o0
}

// idctHalfPairGo is the same for the lowest 4×4 coefficients, which are held row by row. It
// writes 4 rows of 4 samples to each of the destinations.
func idctHalfPairGo(coefs *[32]int16, steps *[blockLen]int16, dst0, dst1 []byte, stride int) {
	idct4((*[16]int16)(coefs[:16]), steps, dst0, stride)
	idct4((*[16]int16)(coefs[16:]), steps, dst1, stride)
}

func idct4(b *[16]int16, steps *[blockLen]int16, dst []byte, stride int) {
	var t [16]int32
	for u := range 4 {
		x0, x1, x2, x3 := inverse4(
			int32(b[u]*steps[u]), int32(b[4+u]*steps[4+u]),
			int32(b[8+u]*steps[8+u]), int32(b[12+u]*steps[12+u]))
		t[u] = clamp16((x0 + 1<<(idctDown1-1)) >> idctDown1)
		t[4+u] = clamp16((x1 + 1<<(idctDown1-1)) >> idctDown1)
		t[8+u] = clamp16((x2 + 1<<(idctDown1-1)) >> idctDown1)
		t[12+u] = clamp16((x3 + 1<<(idctDown1-1)) >> idctDown1)
	}
	for y := range 4 {
		x0, x1, x2, x3 := inverse4(t[4*y], t[4*y+1], t[4*y+2], t[4*y+3])
		row := dst[y*stride : y*stride+4]
		row[0] = clampSample((x0 + 1<<(idctDown2-1)) >> idctDown2)
		row[1] = clampSample((x1 + 1<<(idctDown2-1)) >> idctDown2)
		row[2] = clampSample((x2 + 1<<(idctDown2-1)) >> idctDown2)
		row[3] = clampSample((x3 + 1<<(idctDown2-1)) >> idctDown2)
	}
}

func inverse4(x0, x1, x2, x3 int32) (_, _, _, _ int32) {
	e0, e1 := (x0+x2)<<idctBits, (x0-x2)<<idctBits
	o0, o1 := cos2*x1+cos6*x3, cos6*x1-cos2*x3
	return e0 + o0, e1 + o1, e1 - o1, e0 - o0
}

// idct2 is the same for the lowest 2×2, where all cosines are 1.
func idct2(b *[4]int16, steps *[blockLen]int16, dst []byte, stride int) {
	x0, x1 := int32(b[0]*steps[0]), int32(b[1]*steps[1])
	x2, x3 := int32(b[2]*steps[2]), int32(b[3]*steps[3])
	e0, e1, o0, o1 := x0+x2+4, x0-x2+4, x1+x3, x1-x3
	top, bottom := dst[:2], dst[stride:stride+2]
	top[0], top[1] = clampSample((e0+o0)>>3), clampSample((e0-o0)>>3)
	bottom[0], bottom[1] = clampSample((e1+o1)>>3), clampSample((e1-o1)>>3)
}

// clamp16 saturates at 16 bits, which is rare: a branch costs less than a choice.
func clamp16(v int32) int32 {
	if v != int32(int16(v)) {
		return v>>31 ^ (1<<15 - 1)
	}
	return v
}
