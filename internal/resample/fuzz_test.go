package resample

import (
	"context"
	"image"
	"testing"
)

// maxFuzzed bounds the samples of source and result together, so that a run takes no time.
const maxFuzzed = 1 << 18

// Any sizes, windows and chains give a result or an error.
func FuzzScale(f *testing.F) {
	f.Add(uint16(504), uint16(378), uint16(256), uint16(192), 0.0, 504.0, 0.0, uint8(3))
	f.Add(uint16(1), uint16(1), uint16(1), uint16(300), -5.0, 1e9, 1e300, uint8(1))
	f.Add(uint16(65535), uint16(1), uint16(1), uint16(1), 65534.5, 1e-300, 5e-324, uint8(0))
	f.Add(uint16(16), uint16(17), uint16(33), uint16(31), 1e8, 3.0, 1000.0, uint8(2))
	f.Fuzz(func(t *testing.T, w, h, outW, outH uint16, from, extent, sigma float64, k uint8) {
		in, out := int(w)*int(h), int(outW)*int(outH)
		if in+out+int(w)*int(outH)+int(h)*int(outW) > maxFuzzed || (in == 0 || out == 0) && in+out > 0 {
			return
		}
		var s Scaler
		ctx := context.Background()
		for _, x := range []*Axis{
			Resize(int(w), from, extent, int(outW), Kernel(k)),
			Blur(int(w), sigma).Then(Resize(int(w), 0, float64(w), int(outW), Kernel(k%4))),
		} {
			y := Resize(int(h), from, extent, int(outH), Kernel(k))
			src, dst := newPlane(int(w), int(h), 1), newPlane(int(outW), int(outH), 1)
			for i := range src.Pix {
				src.Pix[i] = 200
			}
			if err := s.Scale(ctx, dst, src, x, y); err == nil && dst.Pix[0] != 200 {
				t.Errorf("200 became %d", dst.Pix[0])
			}
			img, small := image.NewNRGBA(image.Rect(0, 0, int(w), int(h))), image.NewNRGBA(image.Rect(0, 0, int(outW), int(outH)))
			if err := s.ScaleNRGBA(ctx, small, img, x, y); err == nil && small.Pix[0] != 0 {
				t.Errorf("0 became %d", small.Pix[0])
			}
		}
	})
}
