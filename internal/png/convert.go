package png

import (
	"image/color"
	"slices"

	"imgwatchd/internal/pixel"
)

// A converter brings an unfiltered row into the picture's form: it makes as many pixels
// as dst holds.
type converter func(dst, src []byte)

// newConverter returns how rows are converted; nil: they are stored as they are wanted.
func (d *Decoder) newConverter(o DecodeOptions) converter {
	c := d.config
	if c.Kind(o) == KindGray && (c.Color != Gray || c.Depth == 16) {
		return d.grayConverter()
	}
	key := d.colourKey
	switch {
	case c.Color == Paletted && c.Depth < 8:
		return func(dst, src []byte) { unpackBits(dst, src, c.Depth, 1) }
	case c.Color == Gray && c.Depth <= 8 && c.Transparent:
		// Cut to a byte, as other decoders have it.
		return func(dst, src []byte) { grayWithKey(dst, src, c.Depth, key[1]*spread(c.Depth)) }
	case c.Color == Gray && c.Depth < 8:
		return func(dst, src []byte) { unpackBits(dst, src, c.Depth, spread(c.Depth)) }
	case c.Color == Gray && c.Transparent:
		return func(dst, src []byte) { gray16WithKey(dst, src, [2]byte(key[:2])) }
	case c.Color == GrayAlpha && c.Depth == 8:
		return expandGrayAlpha
	case c.Color == GrayAlpha:
		return expandGrayAlpha16
	case c.Color == RGB && c.Depth == 8 && c.Transparent:
		return func(dst, src []byte) { rgbWithKey(dst, src, [3]byte{key[1], key[3], key[5]}) }
	case c.Color == RGB && c.Depth == 8:
		return pixel.RGBAFromRGB
	case c.Color == RGB && c.Transparent:
		return func(dst, src []byte) { rgb16WithKey(dst, src, key) }
	case c.Color == RGB:
		return expandRGB16
	}
	return nil
}

// grayConverter returns how rows that are no gray bytes become such.
func (d *Decoder) grayConverter() converter {
	switch c := d.config; {
	case c.Color == Paletted:
		for i, p := range d.palette[:cap(d.palette)] {
			p := p.(color.RGBA)
			d.grays[i] = pixel.Luma(p.R, p.G, p.B)
		}
		return func(dst, src []byte) {
			if c.Depth < 8 {
				unpackBits(dst, src, c.Depth, 1)
				src = dst
			}
			for i := range dst {
				dst[i] = d.grays[src[i]]
			}
		}
	case c.Color == Gray:
		return highBytes
	case c.Depth == 16:
		return luma16
	}
	return pixel.GrayFromRGB
}

// noteIndices notes the greatest index of a row of a picture with a palette.
func (d *Decoder) noteIndices(row []byte) {
	if d.config.Color == Paletted && len(d.palette) < 1<<d.config.Depth {
		d.maxIndex = max(d.maxIndex, slices.Max(row))
	}
}

// spread is what a sample of less than eight bits is multiplied with to fill them.
func spread(depth int) uint8 { return uint8(255 / (1<<depth - 1)) }

// sample returns the sample number i of a row of samples of depth bits, at most eight.
func sample(row []byte, i, depth int) uint8 {
	at := i * depth
	return row[at>>3] >> (8 - depth - at&7) & uint8(1<<depth-1)
}

// unpackBits makes bytes of samples of depth bits, times factor.
func unpackBits(dst, src []byte, depth int, factor uint8) {
	for i := range dst {
		dst[i] = sample(src, i, depth) * factor
	}
}

// luma16 makes gray of the first bytes of samples of sixteen bits.
func luma16(dst, src []byte) {
	for i := range dst {
		p := src[6*i:][:6]
		dst[i] = pixel.Luma(p[0], p[2], p[4])
	}
}

// highBytes keeps the first byte of every two.
func highBytes(dst, src []byte) {
	src = src[:2*len(dst)]
	for i := range dst {
		dst[i] = src[2*i]
	}
}

// alphaFor returns the alpha of a pixel.
func alphaFor(transparent bool) uint8 {
	if transparent {
		return 0
	}
	return 255
}

func grayWithKey(dst, src []byte, depth int, key uint8) {
	factor := spread(depth)
	for i := range len(dst) / 4 {
		y := sample(src, i, depth) * factor
		p := dst[4*i:][:4]
		p[0], p[1], p[2], p[3] = y, y, y, alphaFor(y == key)
	}
}

func gray16WithKey(dst, src []byte, key [2]byte) {
	for i := range len(dst) / 8 {
		y, p := [2]byte(src[2*i:]), dst[8*i:][:8]
		a := alphaFor(y == key)
		p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7] = y[0], y[1], y[0], y[1], y[0], y[1], a, a
	}
}

func expandGrayAlpha(dst, src []byte) {
	for i := range len(dst) / 4 {
		s, p := src[2*i:][:2], dst[4*i:][:4]
		p[0], p[1], p[2], p[3] = s[0], s[0], s[0], s[1]
	}
}

func expandGrayAlpha16(dst, src []byte) {
	for i := range len(dst) / 8 {
		s, p := src[4*i:][:4], dst[8*i:][:8]
		p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7] = s[0], s[1], s[0], s[1], s[0], s[1], s[2], s[3]
	}
}

func rgbWithKey(dst, src []byte, key [3]byte) {
	for i := range len(dst) / 4 {
		s, p := [3]byte(src[3*i:]), dst[4*i:][:4]
		p[0], p[1], p[2], p[3] = s[0], s[1], s[2], alphaFor(s == key)
	}
}

func expandRGB16(dst, src []byte) {
	for i := range len(dst) / 8 {
		p := dst[8*i:][:8]
		copy(p, src[6*i:][:6])
		p[6], p[7] = 255, 255
	}
}

func rgb16WithKey(dst, src []byte, key [6]byte) {
	for i := range len(dst) / 8 {
		s, p := [6]byte(src[6*i:]), dst[8*i:][:8]
		copy(p, s[:])
		a := alphaFor(s == key)
		p[6], p[7] = a, a
	}
}
