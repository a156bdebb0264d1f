package jpeg

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"
)

// testRGB is noise with channels that are often empty or full.
func testRGB(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	r := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	for i := range img.Pix {
		img.Pix[i] = uint8(min(max(r.IntN(400)-70, 0), 255))
	}
	return img
}

func TestToYCbCrLikeColor(t *testing.T) {
	src := testRGB(301, 40)
	copy(src.Pix, []byte{0, 0, 255, 255, 255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 255, 255, 255, 0})
	dst := image.NewYCbCr(src.Rect, image.YCbCrSubsampleRatio444)
	ToYCbCr(dst, src)
	for y := range 40 {
		for x := range 301 {
			c := src.NRGBAAt(x, y)
			var want color.YCbCr
			want.Y, want.Cb, want.Cr = color.RGBToYCbCr(c.R, c.G, c.B)
			if got := dst.YCbCrAt(x, y); got != want {
				t.Fatalf("%v became %v, want %v", c, got, want)
			}
		}
	}
}

// meanChroma is the chroma of a group of pixels by its definition.
func meanChroma(src *image.NRGBA, ratio image.Point, cx, cy int) (cb, cr float64) {
	size := src.Rect.Size()
	for y := cy * ratio.Y; y < (cy+1)*ratio.Y; y++ {
		for x := cx * ratio.X; x < (cx+1)*ratio.X; x++ {
			p := src.NRGBAAt(src.Rect.Min.X+min(x, size.X-1), src.Rect.Min.Y+min(y, size.Y-1))
			r, g, b := float64(p.R), float64(p.G), float64(p.B)
			cb += -0.168736*r - 0.331264*g + 0.5*b
			cr += 0.5*r - 0.418688*g - 0.081312*b
		}
	}
	n := float64(ratio.X * ratio.Y)
	return min(cb/n+128, 255), min(cr/n+128, 255)
}

func TestToYCbCrMean(t *testing.T) {
	for _, ratio := range testRatios {
		for width := 1; width <= 70; width += 1 + width/20 {
			for height := 1; height <= 9; height++ {
				src := testRGB(width+5, height+5).SubImage(image.Rect(3, 3, 3+width, 3+height)).(*image.NRGBA)
				dst := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
				ToYCbCr(dst, src)
				checkMeans(t, dst, src)
			}
		}
	}
}

func checkMeans(t *testing.T, dst *image.YCbCr, src *image.NRGBA) {
	t.Helper()
	ratio := samplesPerChroma(dst.SubsampleRatio)
	for i := range dst.Cb {
		cb, cr := meanChroma(src, ratio, i%dst.CStride, i/dst.CStride)
		for _, d := range []float64{float64(dst.Cb[i]) - cb, float64(dst.Cr[i]) - cr} {
			if max(d, -d) > 0.51 {
				t.Fatalf("%v of %v, chroma sample %d: %d, %d, exactly %.2f, %.2f",
					dst.SubsampleRatio, dst.Rect, i, dst.Cb[i], dst.Cr[i], cb, cr)
			}
		}
	}
}

// TestToYCbCrKernels holds kernels to plain Go at every width that they part otherwise.
func TestToYCbCrKernels(t *testing.T) {
	for n := 8; n < 70; n++ {
		for across := 1; across <= 2; across++ {
			src := testRGB(n*across, 2)
			cb, cr := make([]byte, n), make([]byte, n)
			done := chromaKernel(cb, cr, src.Pix[:src.Stride], src.Pix[src.Stride:], across)
			g := rgbGroup{pix: src.Pix, stride: src.Stride, across: across, down: 2, width: n * across, height: 2}
			for i := range done {
				if b, r := g.sample(i); b != cb[i] || r != cr[i] {
					t.Fatalf("sample %d of %d: %d, %d, in plain Go %d, %d", i, n, cb[i], cr[i], b, r)
				}
			}
		}
	}
}

func TestToYCbCrOfOtherSize(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a picture of another size was converted")
		}
	}()
	ToYCbCr(image.NewYCbCr(image.Rect(0, 0, 4, 4), image.YCbCrSubsampleRatio420), testRGB(5, 4))
}

func BenchmarkToYCbCr(b *testing.B) {
	src := testRGB(1920, 1080)
	for _, ratio := range testRatios[:4] {
		b.Run(fmt.Sprint(ratio), func(b *testing.B) {
			dst := image.NewYCbCr(src.Rect, ratio)
			b.SetBytes(int64(len(src.Pix)))
			b.ReportAllocs()
			for b.Loop() {
				ToYCbCr(dst, src)
			}
		})
	}
}
