package codec

import "image/color"

// A dither brings rows of opaque pixels to the colours of a palette, from the top one
// down, and spreads what each pixel is off over its neighbours, as Floyd and Steinberg do.
// It does what draw.FloydSteinberg does, row by row, so that one can stop in between.
type dither struct {
	palette    []rgb48
	here, next []rgb48 // 16 times the errors that came to this row and the next; the first pixel's are at 1
}

// An rgb48 is a colour, or an error, in samples of 16 bits.
type rgb48 [3]int32

// newDither returns a dither for rows of w pixels and opaque colours.
func newDither(palette color.Palette, w int) *dither {
	d := &dither{palette: make([]rgb48, len(palette)), here: make([]rgb48, w+2), next: make([]rgb48, w+2)}
	for i, c := range palette {
		r, g, b, _ := c.RGBA()
		d.palette[i] = rgb48{int32(r), int32(g), int32(b)}
	}
	return d
}

// row writes the index of each pixel of the next row, in pix, to dst.
func (d *dither) row(dst, pix []byte) {
	for x := range dst {
		p, wanted := pix[4*x:][:4], rgb48{}
		for i := range wanted {
			wanted[i] = min(max(int32(p[i])*0x101+d.here[x+1][i]/16, 0), 0xffff)
		}
		index := d.nearest(wanted)
		dst[x] = byte(index)
		for i := range wanted {
			off := wanted[i] - d.palette[index][i]
			d.here[x+2][i] += 7 * off
			d.next[x][i] += 3 * off
			d.next[x+1][i] += 5 * off
			d.next[x+2][i] += off
		}
	}
	d.here, d.next = d.next, d.here
	clear(d.next)
}

// nearest returns the first of the colours that are nearest to c.
func (d *dither) nearest(c rgb48) int {
	best, least := 0, uint32(1<<32-1)
	for i, p := range d.palette {
		if sum := squared(c[0]-p[0]) + squared(c[1]-p[1]) + squared(c[2]-p[2]); sum < least {
			best, least = i, sum
		}
	}
	return best
}

// squared returns a quarter of d², so that three of them fit into 32 bits.
func squared(d int32) uint32 { return uint32(d) * uint32(d) >> 2 }
