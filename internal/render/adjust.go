package render

import (
	"image"
	"math"

	"github.com/disintegration/imaging"
)

// maxSigma bounds a blur, in pixels: the time of one grows with its radius.
const maxSigma = 100

// reach returns how many pixels away a Gaussian of this sigma still counts.
func reach(sigma float64) int { return int(math.Ceil(3 * sigma)) }

// Grayscale takes the colour out, by the luma weights of ITU-R BT.601.
type Grayscale struct{}

// Name returns "grayscale".
func (*Grayscale) Name() string { return "grayscale" }

// Validate returns nil: there is nothing to be wrong.
func (*Grayscale) Validate() error { return nil }

func (*Grayscale) size(w, h int) (int, int) { return w, h }

// project does nothing to luma; it is the pass that drops chroma.
func (*Grayscale) project(*view) {}

func (*Grayscale) apply(img *image.NRGBA) *image.NRGBA { return imaging.Grayscale(img) }

// Blur is a Gaussian blur.
type Blur struct {
	Sigma float64 `yaml:"sigma" json:"sigma"` // pixels
}

// Name returns "blur".
func (*Blur) Name() string { return "blur" }

// Validate returns the faults of the parameters.
func (b *Blur) Validate() error { return within("sigma", b.Sigma, 0.1, maxSigma) }

func (*Blur) size(w, h int) (int, int) { return w, h }

func (b *Blur) reach() int { return reach(b.Sigma) }

func (b *Blur) project(v *view) {
	v.x.blur(b.Sigma)
	v.y.blur(b.Sigma)
}

func (b *Blur) apply(img *image.NRGBA) *image.NRGBA { return imaging.Blur(img, b.Sigma) }

// Sharpen is an unsharp mask of strength 1.
type Sharpen struct {
	Sigma float64 `yaml:"sigma" json:"sigma"` // pixels
}

// Name returns "sharpen".
func (*Sharpen) Name() string { return "sharpen" }

// Validate returns the faults of the parameters.
func (s *Sharpen) Validate() error { return within("sigma", s.Sigma, 0.1, maxSigma) }

func (*Sharpen) size(w, h int) (int, int) { return w, h }

func (s *Sharpen) reach() int { return reach(s.Sigma) }

func (s *Sharpen) apply(img *image.NRGBA) *image.NRGBA { return imaging.Sharpen(img, s.Sigma) }

// Brightness adds to every channel.
type Brightness struct {
	Percent float64 `yaml:"percent" json:"percent"` // -100 black … 100 white
}

// Name returns "brightness".
func (*Brightness) Name() string { return "brightness" }

// Validate returns the faults of the parameters.
func (b *Brightness) Validate() error { return within("percent", b.Percent, -100, 100) }

func (*Brightness) size(w, h int) (int, int) { return w, h }

func (b *Brightness) apply(img *image.NRGBA) *image.NRGBA {
	return imaging.AdjustBrightness(img, b.Percent)
}

// Contrast spreads the channels about the middle.
type Contrast struct {
	Percent float64 `yaml:"percent" json:"percent"` // -100 gray … 100
}

// Name returns "contrast".
func (*Contrast) Name() string { return "contrast" }

// Validate returns the faults of the parameters.
func (c *Contrast) Validate() error { return within("percent", c.Percent, -100, 100) }

func (*Contrast) size(w, h int) (int, int) { return w, h }

func (c *Contrast) apply(img *image.NRGBA) *image.NRGBA {
	return imaging.AdjustContrast(img, c.Percent)
}

// Saturation strengthens or weakens the colours.
type Saturation struct {
	Percent float64 `yaml:"percent" json:"percent"` // -100 gray … 100 twice as strong
}

// Name returns "saturation".
func (*Saturation) Name() string { return "saturation" }

// Validate returns the faults of the parameters.
func (s *Saturation) Validate() error { return within("percent", s.Percent, -100, 100) }

func (*Saturation) size(w, h int) (int, int) { return w, h }

func (s *Saturation) apply(img *image.NRGBA) *image.NRGBA {
	return imaging.AdjustSaturation(img, s.Percent)
}

// Gamma bends the tone curve: below 1 darker, above 1 lighter.
type Gamma struct {
	Gamma float64 `yaml:"gamma" json:"gamma"`
}

// Name returns "gamma".
func (*Gamma) Name() string { return "gamma" }

// Validate returns the faults of the parameters.
func (g *Gamma) Validate() error { return within("gamma", g.Gamma, 0.1, 10) }

func (*Gamma) size(w, h int) (int, int) { return w, h }

func (g *Gamma) apply(img *image.NRGBA) *image.NRGBA { return imaging.AdjustGamma(img, g.Gamma) }
