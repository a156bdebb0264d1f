package render

import (
	"math"

	"imgwatchd/internal/resample"
)

// A side is one axis of a plane as it stands after some linear steps: which samples it
// has, and where among them the pixels of the picture lie. The two are not the same
// where a plane is coarser than its picture: chroma has half as many samples as the
// picture has pixels, and a picture decoded at an eighth of its size has an eighth.
type side struct {
	axis    *resample.Axis // from the samples stored to those here; nil: they are the same
	samples int
	pixels  int
	from    float64 // where the first pixel begins, in samples
	pitch   float64 // samples per pixel
	aim     float64 // samples per pixel that the result is to have

	// mirrored: the picture is the mirror image of the samples, which are only turned at
	// the very end. Until then every step, whose kernels are symmetric, sees it mirrored.
	mirrored bool
}

// then puts another step behind those that were taken.
func (s *side) then(next *resample.Axis, samples int) {
	if s.axis == nil {
		s.axis = next
	} else {
		s.axis = s.axis.Then(next)
	}
	s.samples = samples
}

// crop keeps some pixels. Samples that lie wholly beyond them count for nothing from then
// on: what is cropped away must not show again in a blur.
func (s *side) crop(at, pixels int) {
	if at == 0 && pixels == s.pixels {
		return
	}
	from := s.from + float64(s.inSamples(at, pixels, s.pixels))*s.pitch
	lo, hi := s.touched(from, from+float64(pixels)*s.pitch)
	s.then(resample.Window(s.samples, lo, hi-lo), hi-lo)
	s.from, s.pixels = from-float64(lo), pixels
}

// touched returns the samples that a stretch of the side shows something of, at least one.
func (s *side) touched(from, to float64) (lo, hi int) {
	const rounding = 1e-6 // of places that are the product of a few factors
	lo = min(max(int(math.Floor(from+rounding)), 0), s.samples-1)
	return lo, min(max(int(math.Ceil(to-rounding)), lo+1), s.samples)
}

// inSamples returns where n of all pixels, from at on, begin in the direction of the
// samples.
func (s *side) inSamples(at, n, all int) int {
	if s.mirrored {
		return all - n - at
	}
	return at
}

// flip turns the side round.
func (s *side) flip() { s.mirrored = !s.mirrored }

// blur lays a Gaussian of sigma pixels over the side.
func (s *side) blur(sigma float64) {
	s.then(resample.Blur(s.samples, sigma*s.pitch), s.samples)
}

// resize scales the side to a number of pixels, and keeps some of these.
func (s *side) resize(pixels, at, kept int, k resample.Kernel) {
	if pixels == s.pixels {
		s.crop(at, kept)
		return
	}
	width := float64(s.pixels) * s.pitch / float64(pixels)
	at = s.inSamples(at, kept, pixels)
	s.sample(s.from+float64(at)*width, width, kept, k)
}

// settle brings the samples to where they are aimed at.
func (s *side) settle() {
	if s.from != s.overhang()*s.aim || s.pitch != s.aim || s.samples != s.wanted(s.pixels) {
		s.sample(s.from, s.pitch, s.pixels, resample.Linear)
	}
}

// sample makes the samples that are aimed at for pixels of the given width in samples,
// the first of which begins at from.
func (s *side) sample(from, width float64, pixels int, k resample.Kernel) {
	s.pixels = pixels
	n := s.wanted(pixels)
	from -= s.overhang() * width
	s.then(resample.Resize(s.samples, from, float64(n)/s.aim*width, n, k), n)
	s.from, s.pitch = s.overhang()*s.aim, s.aim
}

// wanted returns how many samples are aimed at for pixels.
func (s *side) wanted(pixels int) int { return int(math.Ceil(float64(pixels) * s.aim)) }

// overhang returns how many pixels the aimed samples reach beyond the picture at its
// beginning: they are to do so at the end that is last when all is turned.
func (s *side) overhang() float64 {
	if !s.mirrored {
		return 0
	}
	return float64(s.wanted(s.pixels))/s.aim - float64(s.pixels)
}

// orWhole returns the axis, or that which changes nothing.
func (s *side) orWhole() *resample.Axis {
	if s.axis == nil {
		return resample.Window(s.samples, 0, s.samples)
	}
	return s.axis
}

// A view is a plane as it stands after some linear steps.
type view struct {
	x, y       side
	transposed bool // x runs down the stored plane
}

// size returns the size of the picture, in pixels.
func (v *view) size() (w, h int) { return v.x.pixels, v.y.pixels }

// transpose mirrors the view at the diagonal from the upper left.
func (v *view) transpose() {
	v.x, v.y = v.y, v.x
	v.transposed = !v.transposed
}

// isTurned reports whether the picture stands otherwise than its samples.
func (v *view) isTurned() bool { return v.transposed || v.x.mirrored || v.y.mirrored }

// stored returns the sides as the plane is stored.
func (v *view) stored() (x, y *side) {
	if v.transposed {
		return &v.y, &v.x
	}
	return &v.x, &v.y
}

// upright turns the view as the EXIF orientation o asks.
func (v *view) upright(o int) {
	if o >= 5 {
		v.transpose()
	}
	if o == 2 || o == 3 || o == 6 || o == 7 {
		v.x.flip()
	}
	if o == 3 || o == 4 || o == 7 || o == 8 {
		v.y.flip()
	}
}

// settle brings the samples of both sides to where they are aimed at.
func (v *view) settle() {
	v.x.settle()
	v.y.settle()
}
