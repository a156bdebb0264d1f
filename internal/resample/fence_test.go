//go:build linux

package resample

import (
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// fenced returns n bytes with a page that nobody may touch right in front of them, or right
// behind: a kernel that reads or writes one too many ends the test.
func fenced(t *testing.T, n int, behind bool) []byte {
	t.Helper()
	page := unix.Getpagesize()
	size := (n+page-1)/page*page + 2*page
	m, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(m) })
	for _, fence := range [][]byte{m[:page], m[size-page:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	if behind {
		return m[size-page-n : size-page]
	}
	return m[page : page+n]
}

func fencedPlane(t *testing.T, width, height, channels, spare int, behind bool) Plane {
	p := Plane{Stride: width*channels + spare, Width: width, Height: height, Channels: channels}
	p.Pix = fenced(t, p.Stride*(height-1)+p.samples(), behind)
	return p
}

// TestKernelsKeepToTheirPlanes scales from and to planes between fences.
func TestKernelsKeepToTheirPlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 23))
	var s Scaler
	axis := func(in, out int) *Axis {
		a := Resize(in, rng.Float64()*float64(in)/2, 0.1+rng.Float64()*float64(in), out, Kernel(rng.IntN(4)))
		if rng.IntN(3) == 0 {
			return Blur(in, 6*rng.Float64()).Then(a)
		}
		return a
	}
	side := func() int { return 1 + rng.IntN(90) }
	for i := range 600 {
		behind, channels := i%2 == 0, []int{1, 4}[i/2%2]
		src := fencedPlane(t, side(), side(), channels, rng.IntN(9), behind)
		dst := fencedPlane(t, side(), side(), channels, rng.IntN(9), behind)
		for k := range src.Pix {
			src.Pix[k] = byte(rng.Uint32())
		}
		x, y := axis(src.Width, dst.Width), axis(src.Height, dst.Height)
		if err := s.Scale(t.Context(), dst, src, x, y); err != nil {
			t.Fatal(err)
		}
		if channels == 4 {
			if err := s.ScaleNRGBA(t.Context(), nrgba(dst), nrgba(src), x, y); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func nrgba(p Plane) *image.NRGBA {
	return &image.NRGBA{Pix: p.Pix, Stride: p.Stride, Rect: image.Rect(0, 0, p.Width, p.Height)}
}
