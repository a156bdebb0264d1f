package resample

import "golang.org/x/sys/cpu"

// Each function here computes what the one of pass.go does after which it is named. The
// assembly does not check anything: it is called with rows and tables of checked sizes, and
// reads and writes nothing beyond what those name. Rows shorter than a vector are left to
// plain Go.

var hasAVX2 = cpu.X86.HasAVX2

func multiply(dst []uint16, src []byte) {
	n := len(src) / 4 &^ 3
	if hasAVX2 && n > 0 {
		_, _ = dst[:4*n], src[:4*n]
		multiplyAVX2(&dst[0], &src[0], n)
	} else {
		n = 0
	}
	multiplyGo(dst[4*n:], src[4*n:])
}

func sumRows8(dst, src []uint8, stride int, weights []int16) {
	n := len(dst)
	if !hasAVX2 || n < 32 || len(weights) == 0 {
		sumRows(dst, src, stride, weights)
		return
	}
	src = src[:(len(weights)-1)*stride+n]
	rows8AVX2(&dst[0], &src[0], stride, &weights[0], len(weights), n)
}

func sumRows16(dst, src []uint16, stride int, weights []int16) {
	n := len(dst)
	if !hasAVX2 || n < 16 || len(weights) == 0 {
		sumRows(dst, src, stride, weights)
		return
	}
	src = src[:(len(weights)-1)*stride+n]
	rows16AVX2(&dst[0], &src[0], stride, &weights[0], len(weights), n)
}

func sumTaps8(dst, src []uint8, t *table) {
	n := len(dst)
	if !hasAVX2 || n < 4 || t.taps%tapsUnit != 0 {
		sumTaps(dst, src, t)
		return
	}
	src, rows := src[:t.source], t.rows[:n]
	taps8AVX2(&dst[0], &src[0], &rows[0].start, &t.weights[0], t.taps, n)
}

func sumPixels8(dst, src []uint8, t *table) {
	n := len(dst) / 4
	if !hasAVX2 || n < 1 || t.taps%pixelsUnit != 0 {
		sumPixels(dst, src, t)
		return
	}
	src, rows := src[:4*t.source], t.rows[:n]
	pixels8AVX2(&dst[0], &src[0], &rows[0].start, &t.weights[0], t.taps, n)
}

func sumPixels16(dst, src []uint16, t *table) {
	n := len(dst) / 4
	if !hasAVX2 || n < 1 || t.taps%pixelsUnit != 0 {
		sumPixels(dst, src, t)
		return
	}
	src, rows := src[:4*t.source], t.rows[:n]
	pixels16AVX2(&dst[0], &src[0], &rows[0].start, &t.weights[0], t.taps, n)
}
