package jpeg

import "math"

// The tables that T.81 gives as an example in annex K.1, and that qualities scale.
var (
	lumaQuant = [blockLen]uint8{
		16, 11, 10, 16, 24, 40, 51, 61,
		12, 12, 14, 19, 26, 58, 60, 55,
		14, 13, 16, 24, 40, 57, 69, 56,
		14, 17, 22, 29, 51, 87, 80, 62,
		18, 22, 37, 56, 68, 109, 103, 77,
		24, 35, 55, 64, 81, 104, 113, 92,
		49, 64, 78, 87, 103, 121, 120, 101,
		72, 92, 95, 98, 112, 100, 103, 99,
	}
	chromaQuant = [blockLen]uint8{
		17, 18, 24, 47, 99, 99, 99, 99,
		18, 21, 26, 66, 99, 99, 99, 99,
		24, 26, 56, 99, 99, 99, 99, 99,
		47, 66, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
		99, 99, 99, 99, 99, 99, 99, 99,
	}
)

// A quantizer divides the coefficients of a block by their steps.
type quantizer struct {
	quality int
	steps   [blockLen]uint8 // in rows of vertical frequency, as T.81 prints them

	// factors are one over the step and over the scale of the transform's result. They lie
	// in columns, as the transform leaves the coefficients: the one of the vertical
	// frequency v and the horizontal u is at 8·u+v.
	factors [blockLen]float32
}

// init makes q the quantizer of a quality, 1…100.
func (q *quantizer) init(base *[blockLen]uint8, quality int) {
	if q.quality == quality {
		return
	}
	q.quality = quality
	for i, b := range base {
		q.steps[i] = scaleStep(b, quality)
		v, u := i/8, i%8
		q.factors[8*u+v] = float32(1 / (8 * fdctScale(u) * fdctScale(v) * float64(q.steps[i])))
	}
}

// scaleStep is libjpeg's rule: quality 50 is the table itself, 100 is all ones, and 1 is
// fifty times the table, as far as a byte holds it.
func scaleStep(base uint8, quality int) uint8 {
	percent := 200 - 2*quality
	if quality < 50 {
		percent = 5000 / quality
	}
	return uint8(min(max((int(base)*percent+50)/100, 1), 255))
}

// fdctScale is the factor by which the transform leaves frequency k too large, in one
// direction, beside the factor √8 that it leaves on all.
func fdctScale(k int) float64 {
	if k == 0 {
		return 1
	}
	return math.Sqrt2 * math.Cos(float64(k)*math.Pi/16)
}
