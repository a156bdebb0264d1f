package pixel

import (
	"image/color"
	"math/rand/v2"
	"testing"
)

// TestGray holds rows of all lengths to the standard library, and to themselves: the bytes
// behind a row stay as they are.
func TestGray(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for pixel, row := range map[int]func(dst, src []uint8){3: GrayFromRGB, 4: GrayFromRGBA} {
		for n := range 100 {
			src := make([]uint8, pixel*n)
			for i := range src {
				src[i] = uint8(rng.Uint32())
				if n%3 == 0 {
					src[i] = uint8(rng.IntN(2)) * 255
				}
			}
			dst := make([]uint8, n+1)
			dst[n] = 99
			row(dst[:n], src)
			for i := range n {
				p := src[pixel*i:]
				if want, _, _ := color.RGBToYCbCr(p[0], p[1], p[2]); dst[i] != want {
					t.Fatalf("%d bytes per pixel, %d of %d: %d, want %d", pixel, i, n, dst[i], want)
				}
			}
			if dst[n] != 99 {
				t.Fatalf("%d bytes per pixel: byte behind a row of %d was written", pixel, n)
			}
		}
	}
}

func BenchmarkGrayFromRGB(b *testing.B) {
	src, dst := make([]uint8, 3*4000), make([]uint8, 4000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		GrayFromRGB(dst, src)
	}
}
