package resample

import (
	"context"
	"image"
	"math/rand/v2"
	"testing"
)

func shrink(in, out int) *Axis { return Resize(in, 0, float64(in), out, Lanczos) }

func BenchmarkScale(b *testing.B) {
	for _, bb := range []struct {
		name     string
		channels int
		x, y     *Axis
	}{
		{"504x378-256x192", 1, shrink(504, 256), shrink(378, 192)},
		{"250x188-128x96", 1, shrink(250, 128), shrink(188, 96)},
		{"504x378-504x378-half-a-sample-off", 1, Resize(504, 0.5, 504, 504, CatmullRom), Resize(378, 0.5, 378, 378, CatmullRom)},
		{"150x112-128x96", 1, shrink(150, 128), shrink(112, 96)},
		{"4032x3024-1920x1440", 1, shrink(4032, 1920), shrink(3024, 1440)},
		{"4032x3024-256x192", 1, shrink(4032, 256), shrink(3024, 192)},
		{"4000x3000-blur10-128x96", 1, Blur(4000, 10).Then(shrink(4000, 128)), Blur(3000, 10).Then(shrink(3000, 96))},
		{"1000x750-blur10", 1, Blur(1000, 10), Blur(750, 10)},
		{"128x96-500x375", 1, shrink(128, 500), shrink(96, 375)},
		{"4000x3000x4-300x225", 4, shrink(4000, 300), shrink(3000, 225)},
		{"504x378x4-256x192", 4, shrink(504, 256), shrink(378, 192)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			src := noise(rand.New(rand.NewPCG(1, 2)), bb.x.In(), bb.y.In(), bb.channels)
			dst := newPlane(bb.x.Out(), bb.y.Out(), bb.channels)
			var s Scaler
			ctx := context.Background()
			b.SetBytes(int64(src.samples() * src.Height))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Scale(ctx, dst, src, bb.x, bb.y); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScaleNRGBA(b *testing.B) {
	src := transparent(rand.New(rand.NewPCG(1, 2)), 4000, 3000)
	dst := image.NewNRGBA(image.Rect(0, 0, 300, 225))
	x, y := shrink(4000, 300), shrink(3000, 225)
	var s Scaler
	b.SetBytes(int64(len(src.Pix)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.ScaleNRGBA(context.Background(), dst, src, x, y); err != nil {
			b.Fatal(err)
		}
	}
}

// What the first picture of a size costs beside the passes.
func BenchmarkCompile(b *testing.B) {
	for _, bb := range []struct {
		name string
		axis *Axis
	}{
		{"504-256", shrink(504, 256)},
		{"4032-1920", shrink(4032, 1920)},
		{"blur10-4000-128", Blur(4000, 10).Then(shrink(4000, 128))},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var c compiler
			var t table
			for b.Loop() {
				if err := c.compile(context.Background(), &t, bb.axis, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
