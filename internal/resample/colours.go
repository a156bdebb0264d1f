package resample

import (
	"context"
	"encoding/binary"
	"image"
)

// colours is what the transparent pictures of a [Scaler] need: rows of 16-bit samples.
type colours struct {
	source []uint16 // a row of the source
	result []uint16 // a row of the result
	ring   ring[uint16]
}

// ScaleNRGBA is [Scaler.Scale] for pictures with transparency: each pixel counts as much as
// it is opaque. Colours are multiplied by alpha in 16 bits, scaled so, and divided by alpha
// at the end: what is nearly transparent keeps its colour. Where alpha is 0 the result is 0
// altogether. An opaque picture is scaled as 8-bit plane.
func (s *Scaler) ScaleNRGBA(ctx context.Context, dst, src *image.NRGBA, x, y *Axis) error {
	d, p := planeOf(dst), planeOf(src)
	if err := check(d, p, x, y); err != nil {
		return err
	}
	if isOpaque(p) {
		return s.scale(ctx, d, p, x, y)
	}
	pic, err := s.open(ctx, x, y, pixelsUnit)
	if err != nil {
		return err
	}
	pic.dst, pic.src = d, p
	return pic.scaleColours(ctx, &s.colours)
}

// isOpaque reports whether the fourth sample of every pixel is 255.
func isOpaque(p Plane) bool {
	const alphas = 255<<56 | 255<<24 // of two pixels
	for y := range p.Height {
		row, all := p.row(y), ^uint64(0)
		for ; len(row) >= 16; row = row[16:] {
			all &= binary.LittleEndian.Uint64(row) & binary.LittleEndian.Uint64(row[8:])
		}
		for ; len(row) >= 4; row = row[4:] {
			all &= uint64(binary.LittleEndian.Uint32(row))<<32 | 1<<32 - 1
		}
		if all&alphas != alphas {
			return false
		}
	}
	return true
}

func planeOf(img *image.NRGBA) Plane {
	return Plane{img.Pix, img.Stride, img.Rect.Dx(), img.Rect.Dy(), 4}
}

// scaleColours is scaleRowsFirst for 16-bit samples of colours multiplied by alpha.
func (p *picture) scaleColours(ctx context.Context, s *colours) error {
	step := p.x.lines()
	covered := p.y.axis.covered()
	s.source = sized(s.source, max(p.src.Width, p.x.taps())*4*step)
	s.result = sized(s.result, p.dst.samples())
	s.ring.reset(p.dst.samples(), p.y.window()+step, covered.hi-covered.lo)
	for r := range p.dst.Height {
		t, err := p.y.at(ctx, r)
		if err != nil {
			return err
		}
		start, w := t.row(r)
		keep := p.y.axis.span(r).lo // trimmed of its zeros a later row can begin before an earlier one
		s.ring.skip(keep)
		for s.ring.next < start+len(w) {
			if err := ctx.Err(); err != nil {
				return err
			}
			lo, hi := s.ring.next, min(s.ring.next+step, covered.hi)
			if err := p.alongColours(ctx, s, s.ring.grow(keep, hi), p.src.rows(lo, hi)); err != nil {
				return err
			}
		}
		sumRows16(s.result, s.ring.from(start), s.ring.width, w)
		divide(p.dst.row(r), s.result)
	}
	return nil
}

// alongColours multiplies the rows of src by alpha and applies x to each.
func (p *picture) alongColours(ctx context.Context, s *colours, dst []uint16, src Plane) error {
	stride := len(s.source) / p.x.lines()
	for y := range src.Height {
		multiply(s.source[y*stride:], src.row(y))
	}
	for lo := 0; lo < p.dst.Width; {
		t, err := p.x.at(ctx, lo)
		if err != nil {
			return err
		}
		for y := range src.Height {
			to := dst[y*p.dst.samples():][lo*4 : t.hi*4]
			sumPixels16(to, s.source[y*stride:][:stride], t)
			limit(to)
		}
		lo = t.hi
	}
	return nil
}

// opaque is the alpha of an opaque pixel in 16 bits. What is left above it is for the
// overshoot of kernels at the edge of what is opaque: a third is as much as they have.
const opaque = (255*255*3 + 2) / 4

// multiplyGo writes pixels with their colours multiplied by alpha, and alpha by 255, so that
// all four have the same scale: three quarters of the product.
func multiplyGo(dst []uint16, src []byte) {
	for len(src) >= 4 && len(dst) >= 4 {
		a := 3 * uint32(src[3])
		dst[0] = uint16((uint32(src[0])*a + 2) / 4)
		dst[1] = uint16((uint32(src[1])*a + 2) / 4)
		dst[2] = uint16((uint32(src[2])*a + 2) / 4)
		dst[3] = uint16((255*a + 2) / 4)
		dst, src = dst[4:], src[4:]
	}
}

// limit brings what a kernel with negative lobes gave back to what a pixel can be. An
// alpha above opaque takes its colours with it: they stay the colours that they are. None
// is more than alpha allows.
func limit(pix []uint16) {
	for ; len(pix) >= 4; pix = pix[4:] {
		a := pix[3]
		if a > opaque {
			for c := range 3 {
				pix[c] = uint16((uint32(pix[c])*opaque + uint32(a)/2) / uint32(a))
			}
			a = opaque
		}
		pix[0], pix[1], pix[2], pix[3] = min(pix[0], a), min(pix[1], a), min(pix[2], a), a
	}
}

// divide undoes multiply, and limits as limit does.
func divide(dst []byte, src []uint16) {
	for len(dst) >= 4 && len(src) >= 4 {
		a := uint32(src[3])
		alpha := min((a*255+opaque/2)/opaque, 255)
		if alpha == 0 {
			dst[0], dst[1], dst[2], dst[3] = 0, 0, 0, 0
		} else {
			dst[0] = byte(min((uint32(src[0])*255+a/2)/a, 255))
			dst[1] = byte(min((uint32(src[1])*255+a/2)/a, 255))
			dst[2] = byte(min((uint32(src[2])*255+a/2)/a, 255))
			dst[3] = byte(alpha)
		}
		dst, src = dst[4:], src[4:]
	}
}
