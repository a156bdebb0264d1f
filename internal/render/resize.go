package render

import (
	"errors"
	"fmt"
	"image"
	"math"

	"github.com/disintegration/imaging"

	"imgwatchd/internal/resample"
)

// maxSide bounds a target size, in pixels: the largest side that WebP, GIF and
// most viewers can still show.
const maxSide = 30000

// A Fit says how a picture is brought to the size that is asked for.
type Fit string

const (
	Inside  Fit = "inside"  // as large as fits inside width×height, aspect ratio kept
	Outside Fit = "outside" // as small as covers width×height, aspect ratio kept
	Cover   Fit = "cover"   // covers width×height, what hangs over is cropped by gravity
	Contain Fit = "contain" // inside width×height, the rest padded with background
	Fill    Fit = "fill"    // exactly width×height, aspect ratio given up
)

// A Filter is the resampling kernel of a resize.
type Filter string

const (
	Lanczos    Filter = "lanczos"     // sharpest; the default
	CatmullRom Filter = "catmull-rom" // what other tools call bicubic
	Linear     Filter = "linear"
	Box        Filter = "box"
	Nearest    Filter = "nearest"
)

var filters = map[Filter]imaging.ResampleFilter{
	"":         imaging.Lanczos,
	Lanczos:    imaging.Lanczos,
	CatmullRom: imaging.CatmullRom,
	Linear:     imaging.Linear,
	Box:        imaging.Box,
	Nearest:    imaging.NearestNeighbor,
}

var kernels = map[Filter]resample.Kernel{
	"":         resample.Lanczos,
	Lanczos:    resample.Lanczos,
	CatmullRom: resample.CatmullRom,
	Linear:     resample.Linear,
	Box:        resample.Box,
}

// Resize brings a picture to a size. With fit inside or outside one of Width
// and Height may be 0: it follows from the other. Unless Enlarge is set a
// picture is never scaled up; fit fill always gives the exact size.
type Resize struct {
	Fit        Fit     `yaml:"fit" json:"fit"` // "": inside
	Width      int     `yaml:"width" json:"width"`
	Height     int     `yaml:"height" json:"height"`
	Enlarge    bool    `yaml:"enlarge" json:"enlarge"`
	Gravity    Gravity `yaml:"gravity" json:"gravity"`       // cover: what is kept; contain: where the picture stands
	Background Color   `yaml:"background" json:"background"` // contain: the padding
	Filter     Filter  `yaml:"filter" json:"filter"`         // "": lanczos
}

// Name returns "resize".
func (*Resize) Name() string { return "resize" }

// Validate returns the faults of the parameters.
func (r *Resize) Validate() error {
	errs := []error{
		oneOf("fit", r.Fit, Inside, Outside, Cover, Contain, Fill),
		oneOf("filter", r.Filter, Lanczos, CatmullRom, Linear, Box, Nearest),
		r.Gravity.validate(),
		within("width", float64(r.Width), 0, maxSide),
		within("height", float64(r.Height), 0, maxSide),
	}
	switch r.Fit {
	case "", Inside, Outside:
		if r.Width == 0 && r.Height == 0 {
			errs = append(errs, errors.New("width: width or height must be given"))
		}
	case Cover, Contain, Fill:
		if r.Width == 0 || r.Height == 0 {
			errs = append(errs, fmt.Errorf("width: fit %q needs both width and height", r.Fit))
		}
	}
	return errors.Join(errs...)
}

func (r *Resize) size(w, h int) (int, int) {
	switch r.Fit {
	case Fill, Contain:
		return r.Width, r.Height
	case Cover:
		w, h = r.scaled(w, h)
		return min(w, r.Width), min(h, r.Height)
	default:
		return r.scaled(w, h)
	}
}

// scaled returns the size that a w×h picture is resampled to, before it is
// cropped or padded.
func (r *Resize) scaled(w, h int) (int, int) {
	if r.Fit == Fill {
		return r.Width, r.Height
	}
	sx, sy := float64(r.Width)/float64(w), float64(r.Height)/float64(h)
	byWidth := sx <= sy // inside: the side that is reached first
	if r.Fit == Outside || r.Fit == Cover {
		byWidth = sx >= sy
	}
	if r.Width == 0 || r.Height == 0 {
		byWidth = r.Height == 0
	}
	scale := sy
	if byWidth {
		scale = sx
	}
	switch {
	case scale >= 1 && !r.Enlarge:
		return w, h
	case byWidth:
		return r.Width, follow(r.Width, w, h)
	default:
		return follow(r.Height, h, w), r.Height
	}
}

// follow returns the length of the side that goes with a side scaled from
// "from" to "to", other being its length before: of the two whole numbers around
// the exact one, that which keeps the ratio of the sides best, as Pillow's
// thumbnail does; at least 1.
func follow(to, from, other int) int {
	exact := float64(to) * float64(other) / float64(from)
	down, up := math.Floor(exact), math.Ceil(exact)
	ratio := float64(from) / float64(other)
	if down >= 1 && math.Abs(ratio-float64(to)/down) <= math.Abs(ratio-float64(to)/up) {
		return int(down)
	}
	return max(int(up), 1)
}

// kept returns the part of the scaled picture that is not cropped.
func (r *Resize) kept(scaled image.Point) image.Rectangle {
	if r.Fit != Cover {
		return image.Rectangle{Max: scaled}
	}
	return r.Gravity.place(image.Pt(min(scaled.X, r.Width), min(scaled.Y, r.Height)), scaled)
}

func (r *Resize) project(v *view) {
	w, h := r.scaled(v.size())
	box := r.kept(image.Pt(w, h))
	v.x.resize(w, box.Min.X, box.Dx(), kernels[r.Filter])
	v.y.resize(h, box.Min.Y, box.Dy(), kernels[r.Filter])
}

func (r *Resize) apply(img *image.NRGBA) *image.NRGBA {
	w, h := r.scaled(img.Rect.Dx(), img.Rect.Dy())
	if w != img.Rect.Dx() || h != img.Rect.Dy() {
		img = imaging.Resize(img, w, h, filters[r.Filter])
	}
	if r.Fit == Contain {
		return r.padding().apply(img)
	}
	return cropped(img, r.kept(image.Pt(w, h)))
}

// padding returns the second half of fit contain.
func (r *Resize) padding() *pad {
	return &pad{r.Width, r.Height, r.Gravity, r.Background}
}

// A pad puts a picture on a canvas. It is no step of the configuration: a resize with
// fit contain is taken apart into one with fit inside and a pad.
type pad struct {
	width, height int
	gravity       Gravity
	background    Color
}

// Name returns "resize", of which it is a part.
func (*pad) Name() string { return "resize" }

// Validate returns nil: the resize was validated.
func (*pad) Validate() error { return nil }

func (p *pad) size(int, int) (int, int) { return p.width, p.height }

func (p *pad) apply(img *image.NRGBA) *image.NRGBA {
	if img.Rect.Dx() == p.width && img.Rect.Dy() == p.height {
		return img
	}
	canvas := imaging.New(p.width, p.height, p.background.NRGBA)
	at := p.gravity.place(img.Rect.Size(), image.Pt(p.width, p.height)).Min
	return imaging.Overlay(canvas, img, at, 1)
}
