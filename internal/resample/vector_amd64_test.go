package resample

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"
)

// The assembly gives the bytes of plain Go, whatever the sizes are.
func TestAVX2AgainstGo(t *testing.T) {
	if !hasAVX2 {
		t.Skip("no AVX2")
	}
	defer func() { hasAVX2 = true }()
	var s Scaler
	rnd := rand.New(rand.NewPCG(1, 2))
	ctx := context.Background()
	for range 400 {
		img := transparent(rnd, side(rnd), side(rnd))
		w, h := img.Rect.Dx(), img.Rect.Dy()
		x, y := choose(rnd, w, side(rnd)), choose(rnd, h, side(rnd))
		gray := noise(rnd, w, h, 1)
		var got [2][3][]byte
		for i := range got {
			hasAVX2 = i == 0
			got[i][0] = scaled(t, &s, gray, x.Axis, y.Axis).Pix
			got[i][1] = scaled(t, &s, planeOf(img), x.Axis, y.Axis).Pix
			dst := *img
			dst.Pix, dst.Stride, dst.Rect.Max.X, dst.Rect.Max.Y = make([]byte, 4*x.Out()*y.Out()), 4*x.Out(), x.Out(), y.Out()
			if err := s.ScaleNRGBA(ctx, &dst, img, x.Axis, y.Axis); err != nil {
				t.Fatal(err)
			}
			got[i][2] = dst.Pix
		}
		for i, name := range []string{"gray", "four channels", "transparent"} {
			if !bytes.Equal(got[0][i], got[1][i]) {
				t.Fatalf("%s: %d×%d, x %s, y %s: assembly and Go differ", name, w, h, x.name, y.name)
			}
		}
	}
}
