package resample

import "math"

// A matrix gives the rows of an axis in float64, one at a time: the whole of a product
// can be larger than the picture. Its scratch is reused from axis to axis.
type matrix struct {
	axis    *Axis
	bells   []bell // per step; empty for a resize
	weights []float64
	product []float64
	factor  []float64
}

// A bell is a Gaussian, not normalised.
type bell struct {
	weights []float64 // from -reach to reach
	sums    []float64 // of the weights of 0 to i, for what a border leaves of it
}

func (m *matrix) reset(a *Axis) {
	m.axis = a
	for len(m.bells) < len(a.steps) {
		m.bells = append(m.bells, bell{})
	}
	for i := range a.steps {
		m.bells[i].set(&a.steps[i])
	}
}

func (b *bell) set(s *step) {
	b.weights, b.sums = b.weights[:0], b.sums[:0]
	if s.sigma <= 0 {
		return
	}
	reach, sum := s.reach(), 0.0
	for i := -reach; i <= reach; i++ {
		d := float64(i) / s.sigma
		w := math.Exp(-d * d / 2)
		b.weights = append(b.weights, w)
		if i >= 0 {
			sum += w
			b.sums = append(b.sums, sum)
		}
	}
}

// at returns the weights of a bell around sample r of n, and what normalises them.
func (b *bell) at(r, n int) (weights []float64, scale float64) {
	reach := len(b.sums) - 1
	before, after := min(r, reach), min(n-1-r, reach)
	weights = b.weights[reach-before : reach+after+1]
	return weights, 1 / (b.sums[before] + b.sums[after] - b.sums[0])
}

// row returns the weights of row r and the sample that the first of them is for. They are
// valid until the next call.
func (m *matrix) row(r int) (int, []float64) {
	last := len(m.axis.steps) - 1
	lo, w, scale := m.stepRow(last, r)
	m.weights = append(m.weights[:0], w...)
	for i := range m.weights {
		m.weights[i] *= scale
	}
	for i := last - 1; i >= 0; i-- {
		lo = m.multiply(i, lo)
	}
	return lo, m.weights
}

// multiply replaces the row in m.weights, whose first weight is for sample lo of the
// result of step i, by its product with the matrix of step i.
func (m *matrix) multiply(i, lo int) int {
	s := &m.axis.steps[i]
	reach := span{s.span(lo).lo, s.span(lo + len(m.weights) - 1).hi}
	product := append(m.product[:0], make([]float64, reach.hi-reach.lo)...)
	for j, w := range m.weights {
		if w == 0 {
			continue
		}
		from, factor, scale := m.stepRow(i, lo+j)
		addScaled(product[from-reach.lo:][:len(factor)], factor, w*scale)
	}
	m.weights, m.product = product, m.weights
	return reach.lo
}

// addScaled adds scale times w to sum, which is as long.
func addScaled(sum, w []float64, scale float64) {
	for len(w) >= 4 && len(sum) >= 4 {
		sum[0] += scale * w[0]
		sum[1] += scale * w[1]
		sum[2] += scale * w[2]
		sum[3] += scale * w[3]
		sum, w = sum[4:], w[4:]
	}
	for i, v := range w {
		sum[i] += scale * v
	}
}

// stepRow returns the weights of row r of step i alone, not normalised, the sample of the
// first, and what normalises them. It is valid until the next call.
//
// Their sum is never near zero: the main lobe of a kernel is at least as wide as two samples
// lie apart (the box, which is one wide, takes both edges), and at least half of it
// lies within the plane.
func (m *matrix) stepRow(i, r int) (lo int, w []float64, scale float64) {
	s := &m.axis.steps[i]
	at := s.span(r)
	if s.sigma > 0 {
		w, scale = m.bells[i].at(r, s.in)
		return at.lo, w, scale
	}
	if at.hi-at.lo == 1 {
		m.factor = append(m.factor[:0], 1)
		return at.lo, m.factor, 1
	}
	c, widening := s.centre(r), s.widening()
	if s.kernel == Lanczos {
		w = appendLanczos(m.factor[:0], float64(at.lo)-c, widening, at.hi-at.lo)
	} else {
		w = m.factor[:0]
		for j := at.lo; j < at.hi; j++ {
			w = append(w, s.kernel.at((float64(j)-c)/widening))
		}
	}
	m.factor = w
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	return at.lo, w, 1 / sum
}

// appendLanczos appends the weights of the Lanczos kernel at d/widening, (d+1)/widening and
// so on, n of them. The sine of the next angle follows from that of the last, and the
// kernel takes only one sine: with y = πx/3,
//
//	sinc(x)·sinc(x/3) = sin(3y)·sin(y)/(3y²) = sin²(y)·(3 - 4·sin²(y))/(3y²)
func appendLanczos(w []float64, d, widening float64, n int) []float64 {
	unit := math.Pi / 3 / widening
	sin, cos := math.Sincos(d * unit)
	turnSin, turnCos := math.Sincos(unit)
	for range n {
		y := d * unit
		v := 0.0
		switch y2, s2 := y*y, sin*sin; {
		case y2 < 1e-6:
			v = 1 - y2*5/3
		case y2 < math.Pi*math.Pi:
			v = s2 * (3 - 4*s2) / (3 * y2)
		}
		w = append(w, v)
		sin, cos = sin*turnCos+cos*turnSin, cos*turnCos-sin*turnSin
		d++
	}
	return w
}
