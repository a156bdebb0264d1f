package resample

import "math"

// A matrix gives the rows of an axis in float64, one at a time: the whole of a product
// can be larger than the picture. Its scratch is reused from axis to axis.
type matrix struct {
	axis    *Axis
	bells   [][]float64 // per step: a Gaussian from its centre outwards; empty for a resize
	weights []float64
	product []float64
	factor  []float64
}

func (m *matrix) reset(a *Axis) {
	m.axis = a
	for len(m.bells) < len(a.steps) {
		m.bells = append(m.bells, nil)
	}
	for i := range a.steps {
		m.bells[i] = a.steps[i].bell(m.bells[i][:0])
	}
}

// bell appends the weights of a Gaussian, by distance. What a normalisation would
// divide by is left out: rows are normalised at the end.
func (s *step) bell(to []float64) []float64 {
	if s.sigma <= 0 {
		return to
	}
	for i := range s.reach() + 1 {
		d := float64(i) / s.sigma
		to = append(to, math.Exp(-d*d/2))
	}
	return to
}

// row returns the weights of row r and the sample that the first of them is for. They are
// valid until the next call.
func (m *matrix) row(r int) (int, []float64) {
	last := len(m.axis.steps) - 1
	lo, w := m.stepRow(last, r, m.weights[:0])
	m.weights = w
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
		from, factor := m.stepRow(i, lo+j, m.factor[:0])
		m.factor = factor
		to := product[from-reach.lo:][:len(factor)]
		for k, f := range factor {
			to[k] += w * f
		}
	}
	m.weights, m.product = product, m.weights
	return reach.lo
}

// stepRow appends the weights of row r of step i alone to w, which is empty, and returns
// the sample of the first.
func (m *matrix) stepRow(i, r int, w []float64) (int, []float64) {
	s := &m.axis.steps[i]
	at := s.span(r)
	if s.sigma > 0 {
		for j := at.lo; j < at.hi; j++ {
			w = append(w, m.bells[i][max(j-r, r-j)])
		}
		return at.lo, normalise(w)
	}
	if at.hi-at.lo == 1 {
		return at.lo, append(w, 1)
	}
	c, widening := s.centre(r), s.widening()
	for j := at.lo; j < at.hi; j++ {
		w = append(w, s.kernel.at((float64(j)-c)/widening))
	}
	return at.lo, normalise(w)
}

// normalise divides weights by their sum. It is never near zero: the main lobe of a kernel
// is at least as wide as two samples lie apart (the box, which is one wide, takes both
// edges), and at least half of it lies within the plane.
func normalise(w []float64) []float64 {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}
