package render

import (
	"fmt"
	"image"
	"slices"
)

// A Step is one operation of a preset. Its concrete type is what the
// configuration spells: a struct whose yaml tags are the step's parameters.
type Step interface {
	// Name returns the word that the configuration uses for the step.
	Name() string
	// Validate returns every fault of the parameters, joined, or nil.
	Validate() error

	// size returns the size of the result for an input of w×h pixels, w and
	// h at least 1; it is exact, so that a plan knows the size of a rendition
	// before a pixel is decoded.
	size(w, h int) (int, int)
	// apply returns the result; it never writes to img.
	apply(img *image.NRGBA) *image.NRGBA
}

// A local step makes each pixel from those near it, so that it can be carried out
// band by band.
type local interface {
	// reach returns how far away, in pixels, a pixel still counts.
	reach() int
}

// A linear step makes each sample a weighted sum of the samples of a row and a column, the
// same for every plane of a picture. Such steps need no pixels of their own: a chain of
// them is carried out as one, on planes of whatever fineness.
type linear interface {
	Step
	// project takes the view through the step.
	project(v *view)
}

// asLinear returns s as a linear step, and false when its parameters make it none.
func asLinear(s Step) (linear, bool) {
	l, ok := s.(linear)
	switch s := s.(type) {
	case *Resize:
		ok = s.Filter != Nearest
	case *Rotate:
		ok = s.isQuarter()
	}
	return l, ok
}

// steps makes each step with its defaults, by name.
var steps = map[string]func() Step{
	"resize":     func() Step { return &Resize{} },
	"crop":       func() Step { return &Crop{} },
	"rotate":     func() Step { return &Rotate{} },
	"flip":       func() Step { return &Flip{} },
	"grayscale":  func() Step { return &Grayscale{} },
	"blur":       func() Step { return &Blur{} },
	"sharpen":    func() Step { return &Sharpen{} },
	"brightness": func() Step { return &Brightness{} },
	"contrast":   func() Step { return &Contrast{} },
	"saturation": func() Step { return &Saturation{} },
	"gamma":      func() Step { return &Gamma{} },
}

// NewStep returns a pointer to the step called name, to decode its parameters
// into, and false when there is no such step.
func NewStep(name string) (Step, bool) {
	f, ok := steps[name]
	if !ok {
		return nil, false
	}
	return f(), true
}

// StepNames returns the names of all steps, sorted.
func StepNames() []string {
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// within returns a fault unless lo ≤ v ≤ hi.
func within(name string, v, lo, hi float64) error {
	if v >= lo && v <= hi { // false for NaN
		return nil
	}
	return fmt.Errorf("%s: %v is not between %v and %v", name, v, lo, hi)
}

// oneOf returns a fault unless v is one of the known words; the empty word
// stands for the default and is always known.
func oneOf[T ~string](name string, v T, known ...T) error {
	if v == "" || slices.Contains(known, v) {
		return nil
	}
	return fmt.Errorf("%s: %q is not one of %q", name, v, known)
}
