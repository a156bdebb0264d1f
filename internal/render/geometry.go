package render

import (
	"errors"
	"image"
	"math"

	"github.com/disintegration/imaging"
)

// A Gravity names the part of a picture that is held on to: its centre, an edge
// or a corner. The empty Gravity is center.
type Gravity string

// gravities maps each Gravity to where a small box stands in a large one: 0 at
// the left or top, 1 in the middle, 2 at the right or bottom.
var gravities = map[Gravity]image.Point{
	"": {1, 1}, "center": {1, 1},
	"north": {1, 0}, "south": {1, 2}, "west": {0, 1}, "east": {2, 1},
	"northwest": {0, 0}, "northeast": {2, 0}, "southwest": {0, 2}, "southeast": {2, 2},
}

func (g Gravity) validate() error {
	return oneOf("gravity", g, "center", "north", "south", "west", "east",
		"northwest", "northeast", "southwest", "southeast")
}

// place returns where a box of the inner size stands in one of the outer size.
func (g Gravity) place(inner, outer image.Point) image.Rectangle {
	at := gravities[g]
	free := outer.Sub(inner)
	min := image.Pt(free.X*at.X/2, free.Y*at.Y/2)
	return image.Rectangle{Min: min, Max: min.Add(inner)}
}

// Crop cuts a box out of the picture: of Width×Height pixels held by Gravity,
// or, when X or Y is given, from that corner on. What lies beyond the picture is
// left out, so the result may be smaller, but never empty.
type Crop struct {
	Width   int     `yaml:"width" json:"width"`
	Height  int     `yaml:"height" json:"height"`
	X       *int    `yaml:"x" json:"x,omitempty"`
	Y       *int    `yaml:"y" json:"y,omitempty"`
	Gravity Gravity `yaml:"gravity" json:"gravity"`
}

// Name returns "crop".
func (*Crop) Name() string { return "crop" }

// Validate returns the faults of the parameters.
func (c *Crop) Validate() error {
	errs := []error{
		within("width", float64(c.Width), 1, maxSide),
		within("height", float64(c.Height), 1, maxSide),
		c.Gravity.validate(),
	}
	if (c.X == nil) != (c.Y == nil) {
		errs = append(errs, errors.New("x: x and y must be given together"))
	}
	if c.X != nil && c.Gravity != "" {
		errs = append(errs, errors.New("gravity: give either gravity or x and y"))
	}
	if c.X != nil {
		errs = append(errs, within("x", float64(*c.X), 0, maxSide))
	}
	if c.Y != nil {
		errs = append(errs, within("y", float64(*c.Y), 0, maxSide))
	}
	return errors.Join(errs...)
}

func (c *Crop) size(w, h int) (int, int) { s := c.box(w, h).Size(); return s.X, s.Y }

// box returns what is cut out of a w×h picture.
func (c *Crop) box(w, h int) image.Rectangle {
	whole := image.Rect(0, 0, w, h)
	if c.X != nil && c.Y != nil {
		at := image.Pt(min(*c.X, w-1), min(*c.Y, h-1))
		return image.Rectangle{Min: at, Max: at.Add(image.Pt(c.Width, c.Height))}.Intersect(whole)
	}
	return c.Gravity.place(image.Pt(min(c.Width, w), min(c.Height, h)), whole.Size())
}

func (c *Crop) apply(img *image.NRGBA) *image.NRGBA {
	return cropped(img, c.box(img.Rect.Dx(), img.Rect.Dy()))
}

func (c *Crop) project(v *view) {
	r := c.box(v.size())
	v.x.crop(r.Min.X, r.Dx())
	v.y.crop(r.Min.Y, r.Dy())
}

// cropped returns the box r of img, whose corner is (0, 0).
func cropped(img *image.NRGBA, r image.Rectangle) *image.NRGBA {
	if r == img.Rect {
		return img
	}
	return imaging.Crop(img, r)
}

// Rotate turns the picture clockwise. Other than by quarters, the canvas grows
// to hold it and the corners are filled with Background.
type Rotate struct {
	Angle      float64 `yaml:"angle" json:"angle"` // degrees
	Background Color   `yaml:"background" json:"background"`
}

// Name returns "rotate".
func (*Rotate) Name() string { return "rotate" }

// Validate returns the faults of the parameters.
func (r *Rotate) Validate() error { return within("angle", r.Angle, -360, 360) }

// turned returns the angle as a counter-clockwise one in [0, 360).
func (r *Rotate) turned() float64 { return math.Mod(360-r.Angle, 360) }

// isQuarter reports whether the picture only turns by quarters.
func (r *Rotate) isQuarter() bool { return math.Mod(r.turned(), 90) == 0 }

func (r *Rotate) project(v *view) {
	switch r.turned() {
	case 90:
		v.transpose()
		v.y.flip()
	case 180:
		v.x.flip()
		v.y.flip()
	case 270:
		v.transpose()
		v.x.flip()
	}
}

func (r *Rotate) size(w, h int) (int, int) {
	switch r.turned() {
	case 0, 180:
		return w, h
	case 90, 270:
		return h, w
	}
	// The corners of a w×h box turned about its centre, as imaging places them:
	// it rounds outwards to the next whole pixel.
	sin, cos := math.Sincos(math.Pi * r.turned() / 180)
	fw, fh := float64(w-1), float64(h-1)
	corners := [][2]float64{{fw * cos, fw * sin}, {fw*cos - fh*sin, fw*sin + fh*cos}, {-fh * sin, fh * cos}}
	var minX, maxX, minY, maxY float64
	for _, c := range corners {
		minX, maxX = min(minX, c[0]), max(maxX, c[0])
		minY, maxY = min(minY, c[1]), max(maxY, c[1])
	}
	return outwards(maxX - minX), outwards(maxY - minY)
}

// outwards returns how many whole pixels a side of n+1 pixels takes.
func outwards(n float64) int {
	n++
	if n-math.Floor(n) > 0.1 {
		n++
	}
	return int(n)
}

func (r *Rotate) apply(img *image.NRGBA) *image.NRGBA {
	switch r.turned() {
	case 0:
		return img
	case 90:
		return imaging.Rotate90(img)
	case 180:
		return imaging.Rotate180(img)
	case 270:
		return imaging.Rotate270(img)
	default:
		return imaging.Rotate(img, r.turned(), r.Background.NRGBA)
	}
}

// Flip mirrors the picture.
type Flip struct {
	Direction Direction `yaml:"direction" json:"direction"` // "": horizontal
}

// A Direction is the axis of a flip.
type Direction string

const (
	Horizontal Direction = "horizontal" // left becomes right
	Vertical   Direction = "vertical"   // top becomes bottom
)

// Name returns "flip".
func (*Flip) Name() string { return "flip" }

// Validate returns the faults of the parameters.
func (f *Flip) Validate() error { return oneOf("direction", f.Direction, Horizontal, Vertical) }

func (*Flip) size(w, h int) (int, int) { return w, h }

func (f *Flip) project(v *view) {
	if f.Direction == Vertical {
		v.y.flip()
		return
	}
	v.x.flip()
}

func (f *Flip) apply(img *image.NRGBA) *image.NRGBA {
	if f.Direction == Vertical {
		return imaging.FlipV(img)
	}
	return imaging.FlipH(img)
}
