package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"
	"testing"
)

// speckled is a picture of random colours, some of its pixels transparent.
func speckled(w, h int) *image.NRGBA {
	r := rand.New(rand.NewPCG(1, 2))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(r.IntN(256))
	}
	return m
}

// TestDitherIsTheLibrarys holds the rows of a dither to the picture of the standard library.
func TestDitherIsTheLibrarys(t *testing.T) {
	for name, palette := range map[string]color.Palette{
		"one colour":    {color.White},
		"black, white":  {color.Black, color.White},
		"one twice":     {color.Gray{90}, color.Gray{90}, color.Gray{200}},
		"of its own":    medianCut(must(histogram(t.Context(), speckled(67, 41))), 255),
		"far from them": {color.RGBA{255, 0, 0, 255}, color.RGBA{254, 0, 1, 255}},
	} {
		for _, src := range []*image.NRGBA{speckled(67, 41), gradient(64, 48), speckled(1, 9), speckled(9, 1)} {
			for i := 3; i < len(src.Pix); i += 4 {
				src.Pix[i] = 255
			}
			got, want := image.NewPaletted(src.Rect, palette), image.NewPaletted(src.Rect, palette)
			draw.FloydSteinberg.Draw(want, want.Rect, src, image.Point{})
			d := newDither(palette, src.Rect.Dx())
			for y, row := range rows(t.Context(), src) {
				d.row(got.Pix[y*got.Stride:][:got.Stride], row)
			}
			if !bytes.Equal(got.Pix, want.Pix) {
				t.Errorf("%s: a picture of %v is not the library's", name, src.Rect.Max)
			}
		}
	}
}

// A countdown is a context that ends when it has been asked so many times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestPaletteStopsWithItsContext ends the context at every moment at which it is asked for,
// which is at each row of each pass.
func TestPaletteStopsWithItsContext(t *testing.T) {
	const height = 20
	for _, test := range []struct {
		name   string
		img    image.Image
		passes int
	}{
		{"few colours", grayscale(30, height), 2},
		{"many colours", speckled(30, height), 3},
		{"nothing but holes", image.NewNRGBA(image.Rect(0, 0, 30, height)), 2},
	} {
		asked := 0
		for ; ; asked++ {
			ctx := &countdown{t.Context(), asked}
			_, err := palettedPicture(ctx, test.img)
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: error %v", test.name, err)
			}
			if more := -1 - ctx.left; more > 1 {
				t.Errorf("%s: went on for %d rows", test.name, more)
			}
		}
		if asked < test.passes*height {
			t.Errorf("%s: asked %d times whether to go on, want %d", test.name, asked, test.passes*height)
		}
	}
}
