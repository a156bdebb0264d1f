package resample

import (
	"context"
	"image"
	"math"
	"math/rand/v2"
	"testing"
)

// transparent returns noise whose alpha is noise too, from nothing to opaque.
func transparent(rnd *rand.Rand, w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	p := noise(rnd, w, h, 4)
	for y := range h {
		copy(img.Pix[y*img.Stride:][:4*w], p.row(y))
	}
	return img
}

// The reference weighs colours by alpha, as floats.
func TestScaleNRGBAAgainstReference(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var s Scaler
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		src := transparent(rnd, side(rnd), side(rnd))
		b := src.Bounds()
		x, y := choose(rnd, b.Dx(), side(rnd)), choose(rnd, b.Dy(), side(rnd))
		dst := image.NewNRGBA(image.Rect(0, 0, x.Out(), y.Out()))
		if err := s.ScaleNRGBA(context.Background(), dst, src, x.Axis, y.Axis); err != nil {
			t.Fatal(err)
		}
		want := weighted(src).alongRows(x.want).limited().alongColumns(y.want)
		if d := colourDistance(want, dst); d > 2 {
			t.Errorf("x %s, y %s: %.2f from the reference", x.name, y.name, d)
		}
	}
}

// weighted returns colours multiplied by alpha, and alpha.
func weighted(img *image.NRGBA) floatPlane {
	f := floats(planeOf(img))
	for i := 0; i < len(f.pix); i += 4 {
		for c := range 3 {
			f.pix[i+c] *= f.pix[i+3] / 255
		}
	}
	return f
}

// limited returns what a picture can hold between the passes: no colour without alpha.
func (f floatPlane) limited() floatPlane {
	for i := 0; i < len(f.pix); i += 4 {
		over := math.Max(f.pix[i+3]/255, 1)
		alpha := math.Max(f.pix[i+3], 0) / over
		f.pix[i+3] = alpha
		for c := range 3 {
			f.pix[i+c] = math.Min(math.Max(f.pix[i+c]/over, 0), alpha)
		}
	}
	return f
}

// colourDistance compares where alpha is 16 or more: below that a colour has few shades.
func colourDistance(want floatPlane, got *image.NRGBA) float64 {
	d := 0.0
	for i := 0; i < len(want.pix); i += 4 {
		alpha := want.pix[i+3]
		d = math.Max(d, math.Abs(math.Min(math.Max(alpha, 0), 255)-float64(got.Pix[i+3])))
		for c := range 3 {
			if alpha < 16 {
				continue
			}
			colour := math.Min(math.Max(want.pix[i+c]/alpha*255, 0), 255)
			d = math.Max(d, math.Abs(colour-float64(got.Pix[i+c])))
		}
	}
	return d
}

// One colour of one transparency stays what it is, to the bit. (An alpha of 1 has only 191
// shades.)
func TestScaleNRGBAFlat(t *testing.T) {
	var s Scaler
	x, y := Resize(20, 0, 20, 7, Lanczos), Resize(15, 0, 15, 33, Lanczos)
	for alpha := 2; alpha < 256; alpha++ {
		src := image.NewNRGBA(image.Rect(0, 0, 20, 15))
		colour := [4]byte{byte(alpha * 7), byte(alpha * 13), byte(255 - alpha), byte(alpha)}
		for i := range src.Pix {
			src.Pix[i] = colour[i%4]
		}
		dst := image.NewNRGBA(image.Rect(0, 0, 7, 33))
		if err := s.ScaleNRGBA(context.Background(), dst, src, x, y); err != nil {
			t.Fatal(err)
		}
		for i, v := range dst.Pix {
			if v != colour[i%4] {
				t.Fatalf("%v became %v", colour, dst.Pix[i/4*4:][:4])
			}
		}
	}
}

// The colour of what cannot be seen does not bleed into what can.
func TestScaleNRGBAInvisible(t *testing.T) {
	var s Scaler
	src := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := 0; i < len(src.Pix); i += 4 {
		copy(src.Pix[i:], []byte{255, 0, 0, 0})
		if i/4%40 >= 20 {
			copy(src.Pix[i:], []byte{0, 80, 200, 255})
		}
	}
	dst := image.NewNRGBA(image.Rect(0, 0, 9, 9))
	half := Resize(40, 0, 40, 9, Lanczos)
	if err := s.ScaleNRGBA(context.Background(), dst, src, half, half); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(dst.Pix); i += 4 {
		if p := dst.Pix[i:][:4]; p[3] > 0 && (p[0] > 1 || p[1] < 79 || p[2] < 199) {
			t.Errorf("pixel %d is %v", i/4, p)
		}
	}
}

func TestIsOpaque(t *testing.T) {
	for w := 1; w < 12; w++ {
		p := newPlane(w, 3, 4)
		for i := range p.Pix {
			p.Pix[i] = 255
		}
		if !isOpaque(p) {
			t.Errorf("%d wide: not opaque", w)
		}
		for i := range p.Pix {
			at := i % p.Stride
			p.Pix[i] = 254
			if got, want := isOpaque(p), at >= 4*w || at%4 != 3; got != want {
				t.Errorf("%d wide, byte %d below 255: opaque: %v", w, i, got)
			}
			p.Pix[i] = 255
		}
	}
}

// Where everything is opaque both ways give the same, to the rounding between the passes.
func TestScaleNRGBAOpaque(t *testing.T) {
	var s Scaler
	src := transparent(rand.New(rand.NewPCG(3, 4)), 61, 47)
	for i := 3; i < len(src.Pix); i += 4 {
		src.Pix[i] = 255
	}
	x, y := Resize(61, 0, 61, 23, Lanczos), Resize(47, 0, 47, 31, Lanczos)
	opaque := image.NewNRGBA(image.Rect(0, 0, 23, 31))
	if err := s.ScaleNRGBA(context.Background(), opaque, src, x, y); err != nil {
		t.Fatal(err)
	}
	want := scaled(t, &s, planeOf(src), x, y)
	if d := floats(want).distance(planeOf(opaque)); d != 0 {
		t.Errorf("an opaque picture and its plane differ by %v", d)
	}
}
