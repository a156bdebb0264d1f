package resample

import (
	"fmt"
	"math"
	"slices"
)

// maxSide bounds the samples of a side, so that their indexes fit an int32 with room to
// spare.
const maxSide = 1 << 28

// An Axis is how the samples of one side of a picture become those of another: a banded
// matrix whose rows sum to one. It is only a description, cheap to make; a [Scaler]
// works it out and remembers it by what it describes. An Axis does not change and may be
// shared. Numbers that make no sense (a side below 1, an extent that is not positive) are
// reported when it is used.
type Axis struct {
	steps []step
}

// A step is one matrix of the product, by its parameters: a Gaussian where sigma is set,
// else a resize. It is comparable, which makes chains of steps keys of the cache.
type step struct {
	in, out      int
	from, extent float64
	sigma        float64
	kernel       Kernel
}

// Resize returns the axis by which the samples [from, from+extent) of in samples become
// out samples. Both may be fractional: the chroma of a picture of odd width w covers w/2
// samples of its plane, a picture decoded at an eighth covers w/8.
//
// Sample i of the result stands at from + (i+0.5)·extent/out - 0.5, and the kernel is
// centred there, widened by extent/out where that shrinks. Its taps are limited by the
// plane, not by the window: samples beyond the window count as they do when the whole is
// resized and cropped after. Taps beyond the plane are left out and the others normalised.
// What stands outside the plane altogether is taken at its border.
func Resize(in int, from, extent float64, out int, k Kernel) *Axis {
	return &Axis{steps: []step{{in: in, out: out, from: from, extent: extent, kernel: k}}}
}

// Blur returns the axis of a Gaussian over n samples, with sigma in samples. It reaches
// ceil(3·sigma) samples to each side; taps beyond the plane are left out and the others
// normalised. A sigma of 0 or less changes nothing.
//
// Alone it costs n rows of 6·sigma multiplications. In front of a resize to out samples
// it only widens the out rows of that, by 6·sigma taps.
func Blur(n int, sigma float64) *Axis {
	if sigma <= 0 {
		return Window(n, 0, n)
	}
	return &Axis{steps: []step{{in: n, out: n, extent: float64(n), sigma: sigma}}}
}

// Window returns the axis that takes out samples of n as they are, beginning with from.
func Window(n, from, out int) *Axis {
	return Resize(n, float64(from), float64(out), out, Box)
}

// Then returns the product of two axes: a, and b on what a gives. The samples that come
// out of a must be as many as go into b.
//
// To work it out costs the taps of a times those of b for each row that is not like another;
// to apply it, only the taps of the product: those of b, stretched by what a shrinks, and
// those of a.
func (a *Axis) Then(b *Axis) *Axis {
	return &Axis{steps: slices.Concat(a.steps, b.steps)}
}

// In returns how many samples the axis takes.
func (a *Axis) In() int { return a.steps[0].in }

// Out returns how many samples the axis gives.
func (a *Axis) Out() int { return a.steps[len(a.steps)-1].out }

// check returns what makes the axis no matrix.
func (a *Axis) check() error {
	if a == nil || len(a.steps) == 0 {
		return fmt.Errorf("empty axis")
	}
	for i, s := range a.steps {
		if err := s.check(); err != nil {
			return err
		}
		if i > 0 && a.steps[i-1].out != s.in {
			return fmt.Errorf("a step that gives %d samples before one that takes %d", a.steps[i-1].out, s.in)
		}
	}
	return nil
}

func (s *step) check() error {
	switch {
	case s.in < 1 || s.in > maxSide || s.out < 1 || s.out > maxSide:
		return fmt.Errorf("%d to %d samples: sides are 1 to %d", s.in, s.out, maxSide)
	case !(s.extent > 0) || s.extent > maxSide || !(math.Abs(s.from) <= maxSide):
		return fmt.Errorf("window of %v samples from %v", s.extent, s.from)
	case math.IsNaN(s.sigma):
		return fmt.Errorf("sigma of %v", s.sigma)
	case !s.kernel.valid():
		return fmt.Errorf("no kernel %d", s.kernel)
	}
	return nil
}

// A span is the half-open range of samples [lo, hi) that a row of weights covers.
type span struct{ lo, hi int }

// span returns the samples that row r may have weights for. Both ends grow with r.
func (s *step) span(r int) span {
	if s.sigma > 0 {
		reach := s.reach()
		return span{max(r-reach, 0), min(r+reach+1, s.in)}
	}
	c := s.centre(r)
	reach := s.kernel.support()*s.widening() + 1e-6 // the kernel decides about what lies on its edge
	lo, hi := max(int(math.Ceil(c-reach)), 0), min(int(math.Floor(c+reach))+1, s.in)
	if lo >= hi { // between two samples a narrow kernel can miss both
		lo = min(max(int(math.Round(c)), 0), s.in-1)
		hi = lo + 1
	}
	return span{lo, hi}
}

// reach returns the radius of a Gaussian, no more than the side is long.
func (s *step) reach() int {
	return int(min(math.Ceil(3*s.sigma), float64(s.in)))
}

// taps returns how many samples a row can have weights for.
func (s *step) taps() int {
	if s.sigma > 0 {
		return min(2*s.reach()+1, s.in)
	}
	return int(min(2*s.kernel.support()*s.widening()+2, float64(s.in)))
}

// centre returns where the sample r of the result stands in the source.
func (s *step) centre(r int) float64 {
	c := s.from + (float64(r)+0.5)*(s.extent/float64(s.out)) - 0.5
	return min(max(c, -0.5), float64(s.in)-0.5)
}

// widening returns by how much the kernel is stretched over the source.
func (s *step) widening() float64 { return max(s.extent/float64(s.out), 1) }

// span returns the samples that row r of the product may have weights for.
func (a *Axis) span(r int) span {
	s := span{r, r + 1}
	for i := len(a.steps) - 1; i >= 0; i-- {
		s = span{a.steps[i].span(s.lo).lo, a.steps[i].span(s.hi - 1).hi}
	}
	return s
}

// inside reports whether row r is what it would be in a plane without borders.
func (a *Axis) inside(r int) bool {
	at := span{r, r + 1}
	for i := len(a.steps) - 1; i >= 0; i-- {
		s := &a.steps[i]
		at = span{s.span(at.lo).lo, s.span(at.hi - 1).hi}
		if at.lo == 0 || at.hi == s.in {
			return false
		}
	}
	return true
}

// period returns after how many rows the weights of rows inside are the same again, and
// by how many samples they have moved on then; 0 if they never are.
func (a *Axis) period() (rows, samples int) {
	rows, samples = 1, 1
	for i := len(a.steps) - 1; i >= 0; i-- {
		s := &a.steps[i]
		extent := int(s.extent)
		switch {
		case s.sigma > 0:
			continue
		case float64(extent) != s.extent, s.kernel == Box && extent != s.out:
			return 0, 0 // whether a sample is on the edge of a box depends on the last bit
		}
		divisor := gcd(extent, s.out)
		from, to := extent/divisor, s.out/divisor
		times := to / gcd(samples, to)
		if times > a.Out() || rows*times > a.Out() {
			return 0, 0
		}
		rows *= times
		samples = samples * times / to * from
	}
	return rows, samples
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// covered returns the samples that the axis depends on at all.
func (a *Axis) covered() span {
	return span{a.span(0).lo, a.span(a.Out() - 1).hi}
}

// taps returns the length of the longest row, at most.
func (a *Axis) taps() int {
	n := 0
	for r := range a.Out() {
		s := a.span(r)
		n = max(n, s.hi-s.lo)
	}
	return n
}
