//go:build linux

package jpeg

import (
	"context"
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

// TestKernelsKeepToTheirPlanes converts, encodes and transforms between fences.
func TestKernelsKeepToTheirPlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 23))
	var e Encoder
	for i := range 300 {
		behind := i%2 == 0
		img := fencedPlanes(t, rng, behind)
		size := img.Rect.Size()
		stride := 4 * (size.X + rng.IntN(3))
		src := &image.NRGBA{Pix: fenced(t, stride*(size.Y-1)+4*size.X, behind), Stride: stride, Rect: img.Rect}
		for k := range src.Pix {
			src.Pix[k] = byte(rng.Uint32())
		}
		ToYCbCr(img, src)
		if _, err := e.Encode(context.Background(), nil, img, EncodeOptions{Quality: 90, Progressive: i%4 < 2}); err != nil {
			t.Fatal(err)
		}

		stride = 8 + rng.IntN(20)
		var coefs [2 * blockLen]int16
		var steps [blockLen]int16
		idctPair(&coefs, &steps, fenced(t, 7*stride+8, behind), fenced(t, 7*stride+8, behind), stride)
		idctHalfPair((*[32]int16)(coefs[:]), &steps, fenced(t, 3*stride+4, behind), fenced(t, 3*stride+4, behind), stride)
	}
}

// fencedPlanes returns a picture of random size and ratio, its planes no longer than they
// must be.
func fencedPlanes(t *testing.T, rng *rand.Rand, behind bool) *image.YCbCr {
	img := &image.YCbCr{
		SubsampleRatio: image.YCbCrSubsampleRatio(rng.IntN(int(image.YCbCrSubsampleRatio410) + 1)),
		Rect:           image.Rect(0, 0, 1+rng.IntN(100), 1+rng.IntN(60)),
	}
	size, ratio := img.Rect.Size(), samplesPerChroma(img.SubsampleRatio)
	chroma := image.Pt(ceilDiv(size.X, ratio.X), ceilDiv(size.Y, ratio.Y))
	img.YStride, img.CStride = size.X+rng.IntN(5), chroma.X+rng.IntN(5)
	img.Y = fenced(t, img.YStride*(size.Y-1)+size.X, behind)
	img.Cb = fenced(t, img.CStride*(chroma.Y-1)+chroma.X, behind)
	img.Cr = fenced(t, img.CStride*(chroma.Y-1)+chroma.X, behind)
	return img
}
