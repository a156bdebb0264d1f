package resample

import (
	"context"
	"image"
	"math/rand/v2"
	"testing"
)

// held returns the bytes that a Scaler has, cache and all.
func (s *Scaler) held() int64 {
	n := cap(s.band) + cap(s.row) + cap(s.ring.pix)
	n += 2 * (cap(s.colours.source) + cap(s.colours.result) + cap(s.colours.ring.pix))
	for _, t := range []*table{&s.x, &s.y, &s.cache.compact} {
		n += 2*cap(t.weights) + bandBytes*cap(t.rows)
	}
	for _, e := range s.cache.entries {
		n += 2*cap(e.table.weights) + bandBytes*cap(e.table.rows)
	}
	m := &s.cache.compiler.matrix
	n += 8*(cap(m.weights)+cap(m.product)+cap(m.factor)) + 2*cap(s.cache.compiler.fixed)
	for _, b := range m.bells {
		n += 8 * (cap(b.weights) + cap(b.sums))
	}
	return int64(n)
}

func TestMemory(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	ctx := context.Background()
	for i := range 400 {
		w, h := 1+rnd.IntN(300), 1+rnd.IntN(300)
		if i%100 == 0 {
			w, h = 2500, 60 // an axis longer than a table
		}
		x, y := randomAxis(rnd, w), randomAxis(rnd, h)
		if i%100 == 0 {
			x = Blur(w, 400)
		}
		var s Scaler
		var err error
		channels := 1
		if rnd.IntN(2) == 0 {
			channels = 4
			err = s.ScaleNRGBA(ctx, image.NewNRGBA(image.Rect(0, 0, x.Out(), y.Out())), image.NewNRGBA(image.Rect(0, 0, w, h)), x, y)
		} else {
			err = s.Scale(ctx, newPlane(x.Out(), y.Out(), 1), newPlane(w, h, 1), x, y)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, bound := s.held(), Memory(x, y, channels); got > bound {
			t.Errorf("%+v, %+v, %d channels: %d bytes, bound %d", x, y, channels, got, bound)
		}
	}
}

func randomAxis(rnd *rand.Rand, in int) *Axis {
	a := Resize(in, 0, float64(in), side(rnd), kernels[rnd.IntN(4)])
	if rnd.IntN(2) == 0 {
		a = Blur(in, rnd.ExpFloat64()*10).Then(a)
	}
	return a
}
