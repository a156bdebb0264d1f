package resample

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var kernels = []Kernel{Box, Linear, CatmullRom, Lanczos}

func newPlane(w, h, channels int) Plane {
	stride := w*channels + 3 // no picture is taken to be without gaps
	return Plane{make([]byte, stride*h), stride, w, h, channels}
}

// noise is a plane of every frequency, with the extremes more often than by chance.
func noise(rnd *rand.Rand, w, h, channels int) Plane {
	p := newPlane(w, h, channels)
	for i := range p.Pix {
		p.Pix[i] = byte(min(max(rnd.IntN(400)-70, 0), 255))
	}
	return p
}

// A choice is an axis and what it is held against.
type choice struct {
	name string
	*Axis
	want [][]float64
}

func chooseResize(rnd *rand.Rand, in, out int) choice {
	k := kernels[rnd.IntN(len(kernels))]
	from, extent := 0.0, float64(in)
	if rnd.IntN(2) == 0 {
		from = rnd.Float64() * extent / 2
		extent = 0.01 + rnd.Float64()*(extent-from-0.01)
	}
	return choice{
		fmt.Sprintf("%v: [%.3f+%.3f of %d] to %d", k, from, extent, in, out),
		Resize(in, from, extent, out, k),
		naiveResize(in, from, extent, out, k).dense(in, out),
	}
}

func chooseBlur(rnd *rand.Rand, n int) choice {
	sigma := 0.1 + rnd.ExpFloat64()*3
	return choice{fmt.Sprintf("blur %d by %.3f", n, sigma), Blur(n, sigma), naiveBlur(n, sigma).dense(n, n)}
}

// choose returns a resize, a blur, or one behind the other.
func choose(rnd *rand.Rand, in, out int) choice {
	switch rnd.IntN(4) {
	case 0:
		return chooseBlur(rnd, in)
	case 1:
		b, r := chooseBlur(rnd, in), chooseResize(rnd, in, out)
		return choice{b.name + ", " + r.name, b.Then(r.Axis), times(r.want, b.want)}
	default:
		return chooseResize(rnd, in, out)
	}
}

func scaled(t *testing.T, s *Scaler, src Plane, x, y *Axis) Plane {
	t.Helper()
	dst := newPlane(x.Out(), y.Out(), src.Channels)
	if err := s.Scale(context.Background(), dst, src, x, y); err != nil {
		t.Fatal(err)
	}
	return dst
}

// side returns a length, short ones and multiples of vectors more often than by chance.
func side(rnd *rand.Rand) int {
	n := 1 + int(rnd.ExpFloat64()*40)
	if rnd.IntN(3) == 0 {
		n = max(16*(n/16)+rnd.IntN(3)-1, 1)
	}
	return n
}

func TestScaleAgainstReference(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var s Scaler // one for all: what is cached must not show
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		src := noise(rnd, side(rnd), side(rnd), 1+3*rnd.IntN(2))
		x, y := choose(rnd, src.Width, side(rnd)), choose(rnd, src.Height, side(rnd))
		for _, once := range []struct {
			name string
			x, y choice
		}{
			{"rows", x, same(src.Height)},
			{"columns", same(src.Width), y},
		} {
			got := scaled(t, &s, src, once.x.Axis, once.y.Axis)
			want := floats(src).alongRows(once.x.want).alongColumns(once.y.want).clamped()
			if d := want.distance(got); d > 1 {
				t.Errorf("%s of %d channels, x %s, y %s: %.2f from the reference", once.name, src.Channels, once.x.name, once.y.name, d)
			}
		}
		got := scaled(t, &s, src, x.Axis, y.Axis)
		clampedRows := floats(src).apply(x.want, y.want).distance(got)
		clampedColumns := floats(src).alongColumns(y.want).clamped().alongRows(x.want).clamped().distance(got)
		if d := math.Min(clampedRows, clampedColumns); d > 2 {
			t.Errorf("%d channels, x %s, y %s: %.2f from the reference", src.Channels, x.name, y.name, d)
		}
	}
}

func same(n int) choice {
	return choice{"as it is", Window(n, 0, n), naiveResize(n, 0, float64(n), n, Box).dense(n, n)}
}

// A flat picture of any value stays that value, to the bit, whatever is done to it.
func TestFlatStaysFlat(t *testing.T) {
	var s Scaler
	rnd := rand.New(rand.NewPCG(3, 4))
	for v := range 256 {
		src := newPlane(side(rnd), side(rnd), 1+3*rnd.IntN(2))
		for i := range src.Pix {
			src.Pix[i] = byte(v)
		}
		x, y := choose(rnd, src.Width, side(rnd)), choose(rnd, src.Height, side(rnd))
		dst := scaled(t, &s, src, x.Axis, y.Axis)
		for row := range dst.Height {
			for i, got := range dst.row(row) {
				if got != byte(v) {
					t.Fatalf("x %s, y %s: %d became %d at %d, %d", x.name, y.name, v, got, i, row)
				}
			}
		}
	}
}

// The mirror image of a picture becomes the mirror image of the result, to one unit: the
// weights are mirrored but for the last bit of the places that they are taken at.
func TestMirror(t *testing.T) {
	var s Scaler
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		src := noise(rnd, side(rnd), side(rnd), 1)
		k := kernels[1+rnd.IntN(3)] // not the box: a sample on its edge counts wholly or not at all
		x := Resize(src.Width, 0, float64(src.Width), side(rnd), k)
		y := Blur(src.Height, 0.5+rnd.Float64()*4)
		a, b := scaled(t, &s, src, x, y), scaled(t, &s, mirror(src), x, y)
		if d := floats(mirror(a)).distance(b); d > 1 {
			t.Errorf("%d×%d to %d×%d: mirror images differ by %v", src.Width, src.Height, x.Out(), y.Out(), d)
		}
	}
}

func mirror(p Plane) Plane {
	q := newPlane(p.Width, p.Height, 1)
	for y := range p.Height {
		for x, v := range p.row(y) {
			q.row(p.Height - 1 - y)[p.Width-1-x] = v
		}
	}
	return q
}

func TestExtremeRatios(t *testing.T) {
	var s Scaler
	rnd := rand.New(rand.NewPCG(7, 8))
	for _, k := range kernels {
		for _, tt := range [][2]int{{1, 1}, {1, 500}, {2, 1}, {30000, 1}, {30000, 2}, {3, 30000}, {17, 16}, {16, 17}} {
			in, out := tt[0], tt[1]
			most := 1 + float64(in)/3e4 // each of so many taps may be off by a unit
			axis, want := Resize(in, 0, float64(in), out, k), naiveResize(in, 0, float64(in), out, k).dense(in, out)
			line := noise(rnd, in, 1, 1)
			if d := floats(line).alongRows(want).clamped().distance(scaled(t, &s, line, axis, Window(1, 0, 1))); d > most {
				t.Errorf("kernel %d, %d to %d along a row: %.2f from the reference", k, in, out, d)
			}
			line = noise(rnd, 1, in, 1)
			if d := floats(line).alongColumns(want).clamped().distance(scaled(t, &s, line, Window(1, 0, 1), axis)); d > most {
				t.Errorf("kernel %d, %d to %d along a column: %.2f from the reference", k, in, out, d)
			}
		}
	}
}

// A product is what its factors give one after the other, without the rounding between.
func TestThen(t *testing.T) {
	var s Scaler
	rnd := rand.New(rand.NewPCG(9, 10))
	for range 200 {
		src := noise(rnd, side(rnd), side(rnd), 1)
		for i, v := range src.Pix {
			src.Pix[i] = 64 + v/2 // with nothing for the pass between to clamp
		}
		blurX, blurY := Blur(src.Width, 0.5+3*rnd.Float64()), Blur(src.Height, 0.5+3*rnd.Float64())
		x := Resize(src.Width, 0, float64(src.Width), side(rnd), kernels[rnd.IntN(4)])
		y := Resize(src.Height, 0, float64(src.Height), side(rnd), kernels[rnd.IntN(4)])
		two := scaled(t, &s, scaled(t, &s, src, blurX, blurY), x, y)
		one := scaled(t, &s, src, blurX.Then(x), blurY.Then(y))
		if d := floats(two).distance(one); d > 2 {
			t.Errorf("%d×%d to %d×%d: one step and two differ by %v", src.Width, src.Height, x.Out(), y.Out(), d)
		}
	}
}

// A fractional window is that part of the whole, with its neighbours: what is cut off
// before or after makes no difference.
func TestWindowHasNeighbours(t *testing.T) {
	var s Scaler
	src := noise(rand.New(rand.NewPCG(11, 12)), 120, 90, 1)
	whole := scaled(t, &s, src, Resize(120, 0, 120, 40, Lanczos), Resize(90, 0, 90, 30, Lanczos))
	part := scaled(t, &s, src, Resize(120, 30, 60, 20, Lanczos), Resize(90, 15, 45, 15, Lanczos))
	cut := scaled(t, &s, whole, Window(40, 10, 20), Window(30, 5, 15))
	if d := floats(cut).distance(part); d > 1 {
		t.Errorf("the part of the whole and the whole of the part differ by %v", d)
	}
	again := scaled(t, &s, src, Resize(120, 0, 120, 40, Lanczos).Then(Window(40, 10, 20)), Resize(90, 0, 90, 30, Lanczos).Then(Window(30, 5, 15)))
	if d := floats(cut).distance(again); d > 1 {
		t.Errorf("a resize and a window behind it differ from their product by %v", d)
	}
}

// A long axis is worked out in parts, and gives what the short one gives.
func TestAxisLongerThanTable(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	const n, sigma = 1500, 250.0
	var s Scaler
	rnd := rand.New(rand.NewPCG(13, 14))
	want := naiveBlur(n, sigma).dense(n, n)
	src := noise(rnd, n, 3, 1)
	if d := floats(src).alongRows(want).distance(scaled(t, &s, src, Blur(n, sigma), Window(3, 0, 3))); d > 1 {
		t.Errorf("along a row: %.2f from the reference", d)
	}
	src = noise(rnd, 3, n, 1)
	if d := floats(src).alongColumns(want).distance(scaled(t, &s, src, Window(3, 0, 3), Blur(n, sigma))); d > 1 {
		t.Errorf("along a column: %.2f from the reference", d)
	}
	src = noise(rnd, n, 70, 1)
	both := floats(src).alongRows(want).alongColumns(naiveBlur(70, 5).dense(70, 70))
	if d := both.distance(scaled(t, &s, src, Blur(n, sigma), Blur(70, 5))); d > 1.5 {
		t.Errorf("along both: %.2f from the reference", d)
	}
}

func TestScaleStopsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var s Scaler
	src := newPlane(100, 100, 1)
	for _, y := range []*Axis{Blur(100, 3), Window(100, 0, 100), Resize(100, 0, 100, 10, Lanczos)} {
		x := Resize(100, 0, 100, 10, Lanczos)
		if err := s.Scale(ctx, newPlane(10, y.Out(), 1), src, x, y); !errors.Is(err, context.Canceled) {
			t.Errorf("Scale with a context that is done: %v", err)
		}
	}
}

func TestScaleRefuses(t *testing.T) {
	whole := Window(10, 0, 10)
	ok := newPlane(10, 10, 1)
	resize := func(in int, from, extent float64, out int, k Kernel) *Axis { return Resize(in, from, extent, out, k) }
	tests := []struct {
		name     string
		dst, src Plane
		x, y     *Axis
		want     string
	}{
		{"source too short", ok, Plane{make([]byte, 99), 10, 10, 10, 1}, whole, whole, "in 99 bytes"},
		{"rows overlap", Plane{make([]byte, 100), 9, 10, 10, 1}, ok, whole, whole, "9 bytes apart"},
		{"no pixels", ok, Plane{}, whole, whole, "0 channels"},
		{"no width", Plane{Channels: 1}, ok, whole, whole, "0×0"},
		{"two channels", ok, newPlane(10, 10, 2), whole, whole, "2 channels"},
		{"other channels", ok, newPlane(10, 10, 4), whole, whole, "4 channels to 1"},
		{"x of another width", ok, ok, Window(11, 0, 10), whole, "from 11×10"},
		{"y of another height", ok, ok, whole, Window(10, 0, 11), "to 10×11"},
		{"no axis", ok, ok, nil, whole, "empty axis"},
		{"zero axis", ok, ok, whole, &Axis{}, "empty axis"},
		{"no samples", ok, ok, resize(0, 0, 1, 10, Box), whole, "0 to 10 samples"},
		{"no result", ok, ok, resize(10, 0, 10, -1, Box), whole, "10 to -1 samples"},
		{"no extent", ok, ok, resize(10, 0, 0, 10, Box), whole, "window of 0"},
		{"extent that is none", ok, ok, resize(10, 0, math.NaN(), 10, Box), whole, "window of NaN"},
		{"from nowhere", ok, ok, resize(10, math.Inf(-1), 10, 10, Box), whole, "from -Inf"},
		{"unknown kernel", ok, ok, resize(10, 0, 10, 10, 9), whole, "no kernel 9"},
		{"sigma that is none", ok, ok, Blur(10, math.NaN()), whole, "sigma of NaN"},
		{"steps that do not meet", ok, ok, Blur(10, 1).Then(Blur(11, 1)), whole, "gives 10 samples before one that takes 11"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s Scaler
			err := s.Scale(context.Background(), tt.dst, tt.src, tt.x, tt.y)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Scale: %v, want %q", err, tt.want)
			}
		})
	}
}

// Whatever the sizes are, nothing outside of the result's rows is written, and the result
// does not depend on what lies outside of the source's.
func TestScaleKeepsToThePlanes(t *testing.T) {
	var s Scaler
	rnd := rand.New(rand.NewPCG(15, 16))
	for range 300 {
		src := noise(rnd, side(rnd), side(rnd), 1+3*rnd.IntN(2))
		x, y := choose(rnd, src.Width, side(rnd)), choose(rnd, src.Height, side(rnd))
		exact := Plane{nil, src.samples(), src.Width, src.Height, src.Channels}
		for row := range src.Height {
			exact.Pix = append(exact.Pix, src.row(row)...)
		}
		exact.Pix = slices.Clip(exact.Pix)
		a, b := scaled(t, &s, src, x.Axis, y.Axis), scaled(t, &s, exact, x.Axis, y.Axis)
		if !bytes.Equal(a.Pix, b.Pix) {
			t.Fatalf("%d×%d: x %s, y %s: the gaps between the rows count", src.Width, src.Height, x.name, y.name)
		}
		for i, v := range a.Pix {
			if i%a.Stride >= a.samples() && v != 0 {
				t.Fatalf("%d×%d: x %s, y %s: wrote between the rows", src.Width, src.Height, x.name, y.name)
			}
		}
	}
}

func TestRelease(t *testing.T) {
	var s Scaler
	src := noise(rand.New(rand.NewPCG(17, 18)), 40, 40, 1)
	x := Resize(40, 0, 40, 10, Lanczos)
	before := scaled(t, &s, src, x, x)
	s.Release()
	if n := s.held(); n != 0 {
		t.Errorf("%d bytes are held", n)
	}
	if !bytes.Equal(before.Pix, scaled(t, &s, src, x, x).Pix) {
		t.Error("the result is another one")
	}
}

func TestScaleAllocatesNothing(t *testing.T) {
	var s Scaler
	src, dst := newPlane(504, 378, 1), newPlane(256, 192, 1)
	x, y := Blur(504, 2).Then(Resize(504, 0, 504, 256, Lanczos)), Resize(378, 0, 378, 192, Lanczos)
	ctx := context.Background()
	if n := testing.AllocsPerRun(5, func() { _ = s.Scale(ctx, dst, src, x, y) }); n != 0 {
		t.Errorf("Scale allocates %v times", n)
	}
	img, small := image.NewNRGBA(image.Rect(0, 0, 504, 378)), image.NewNRGBA(image.Rect(0, 0, 256, 192))
	if n := testing.AllocsPerRun(5, func() { _ = s.ScaleNRGBA(ctx, small, img, x, y) }); n != 0 {
		t.Errorf("ScaleNRGBA allocates %v times", n)
	}
}
