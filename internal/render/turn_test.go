package render

import (
	"bytes"
	"fmt"
	"image"
	"testing"

	"imgwatchd/internal/resample"
)

// numbered is a plane whose samples differ from those near them.
func numbered(w, h, channels int) resample.Plane {
	p := planeOf(make([]uint8, w*h*channels), w*channels, image.Pt(w, h), channels)
	for i := range p.Pix {
		p.Pix[i] = uint8(i * i >> 3)
	}
	return p
}

// turns are the views of all orientations, of a plane that keeps its size otherwise.
func turns() (all []view) {
	for o := range 8 {
		all = append(all, view{x: side{mirrored: o&1 != 0}, y: side{mirrored: o&2 != 0}, transposed: o&4 != 0})
	}
	return all
}

// turned returns a plane for what v sees of src.
func turned(src resample.Plane, v view) resample.Plane {
	if v.transposed {
		return numbered(src.Height, src.Width, src.Channels)
	}
	return numbered(src.Width, src.Height, src.Channels)
}

// TestTurnedSamplesAreWhereTheyBelong holds each sample to its place in the source.
func TestTurnedSamplesAreWhereTheyBelong(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 40}, {40, 1}, {16, 32}, {17, 33}, {100, 75}} {
		for _, channels := range []int{1, 4} {
			src := numbered(size.X, size.Y, channels)
			for _, v := range turns() {
				dst := turned(src, v)
				writeTurned(dst, src, &v)
				if at := misplaced(dst, src, v); at != "" {
					t.Errorf("%v with %d channels, transposed %v, mirrored %v %v: wrong sample at %s",
						size, channels, v.transposed, v.x.mirrored, v.y.mirrored, at)
				}
			}
		}
	}
}

// misplaced returns the place of the first sample of dst that is not src's, or "".
func misplaced(dst, src resample.Plane, v view) string {
	c := src.Channels
	for y := range dst.Height {
		for x := range dst.Width {
			sx, sy := x, y
			if v.x.mirrored {
				sx = dst.Width - 1 - x
			}
			if v.y.mirrored {
				sy = dst.Height - 1 - y
			}
			if v.transposed {
				sx, sy = sy, sx
			}
			if !bytes.Equal(dst.Pix[y*dst.Stride+c*x:][:c], src.Pix[sy*src.Stride+c*sx:][:c]) {
				return fmt.Sprint(image.Pt(x, y))
			}
		}
	}
	return ""
}

// BenchmarkTurn is the reason for turning in tiles.
func BenchmarkTurn(b *testing.B) {
	for _, channels := range []int{1, 4} {
		src := numbered(4000, 3000, channels)
		for _, v := range turns() {
			dst := turned(src, v)
			b.Run(fmt.Sprintf("channels=%d/transposed=%v/mirrored=%v,%v", channels, v.transposed, v.x.mirrored, v.y.mirrored), func(b *testing.B) {
				b.SetBytes(int64(len(dst.Pix)))
				for b.Loop() {
					writeTurned(dst, src, &v)
				}
			})
		}
	}
}
