package jpeg

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// photo is a picture with the smooth parts, edges and noise of a photo, as image/jpeg
// writes it: 4:2:0.
func photo(b *testing.B, width, height int) []byte {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			v := 128 + 60*math.Sin(fx/97)*math.Cos(fy/131) + 20*math.Sin(fx*fy/9000)
			v += rng.NormFloat64() * 6 * (1 + math.Sin(fx/300+fy/200))
			img.Y[y*img.YStride+x] = byte(min(max(v, 0), 255))
		}
	}
	for i := range img.Cb {
		img.Cb[i] = byte(128 + 30*math.Sin(float64(i%img.CStride)/70))
		img.Cr[i] = byte(128 + 30*math.Sin(float64(i/img.CStride)/90))
	}
	var out bytes.Buffer
	if err := stdjpeg.Encode(&out, img, &stdjpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []image.Point{{500, 375}, {4032, 3024}} {
		data := photo(b, size.X, size.Y)
		for _, scale := range scales {
			b.Run(fmt.Sprintf("%dx%d/scale=%d", size.X, size.Y, scale), func(b *testing.B) {
				var d Decoder
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if _, err := d.Decode(context.Background(), data, DecodeOptions{Scale: scale}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkDecodeNewTables has other Huffman tables from picture to picture.
func BenchmarkDecodeNewTables(b *testing.B) {
	data := photo(b, 500, 375)
	for _, scale := range scales {
		b.Run(fmt.Sprintf("scale=%d", scale), func(b *testing.B) {
			var d Decoder
			for b.Loop() {
				for i := range 4 {
					d.dc[i].spec, d.ac[i].spec = nil, nil
				}
				if _, err := d.Decode(context.Background(), data, DecodeOptions{Scale: scale}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
