package jpeg

import (
	"image"
	"image/color"
)

// picture makes the image of the planes, without a copy where the image type has planes
// and a ratio for them.
func (d *Decoder) picture() image.Image {
	l := &d.layout
	rect := image.Rect(0, 0, l.width, l.height)
	switch l.space {
	case Gray:
		pix, stride := d.fullPlane(0)
		d.gray = image.Gray{Pix: pix, Stride: stride, Rect: rect}
		return &d.gray
	case YCbCr:
		d.ycbcr = image.YCbCr{SubsampleRatio: l.ratio, Rect: rect}
		d.ycbcr.Y, d.ycbcr.YStride = d.fullPlane(0)
		d.ycbcr.Cb, d.ycbcr.CStride = d.fullPlane(1)
		d.ycbcr.Cr, _ = d.fullPlane(2)
		return &d.ycbcr
	case RGB:
		d.rgba = image.RGBA{Pix: d.interleaved(), Stride: 4 * l.width, Rect: rect}
		d.finish(opaque)
		return &d.rgba
	}
	d.cmyk = image.CMYK{Pix: d.interleaved(), Stride: 4 * l.width, Rect: rect}
	switch {
	case l.space == YCCK:
		d.finish(inksOfYCCK)
	case d.frame.adobe:
		d.finish(invert)
	}
	return &d.cmyk
}

// fullPlane returns a plane, replicated to full size where the layout asks for that.
func (d *Decoder) fullPlane(i int) (pix []byte, stride int) {
	l, c := &d.layout, &d.comp[i]
	if !l.grow {
		return c.pix, c.stride
	}
	stride = l.outStride()
	n := stride * l.height
	d.out = grown(d.out, int(l.outBytes()))
	pix = d.out[i*n : (i+1)*n : (i+1)*n]
	for y := range l.height {
		d.replicate(i, y, pix[y*stride:y*stride+l.width], 1)
	}
	return pix, stride
}

// interleaved puts the planes together in pixels of four bytes.
func (d *Decoder) interleaved() []byte {
	l := &d.layout
	d.out = grown(d.out, int(l.outBytes()))
	for y := range l.height {
		row := d.out[4*y*l.width : 4*(y+1)*l.width]
		for i := range l.planes {
			d.replicate(i, y, row[i:], 4)
		}
	}
	return d.out
}

// replicate writes row y of the full-sized plane to every step-th byte of dst.
func (d *Decoder) replicate(i, y int, dst []byte, step int) {
	f, c := &d.frame, &d.comp[i]
	src := c.pix[y*f.comp[i].v/f.vMax*c.stride:][:c.stride]
	h := f.comp[i].h
	for x, at := 0, 0; at < len(dst); x, at = x+1, at+step {
		dst[at] = src[x*h/f.hMax]
	}
}

// finish passes each pixel of out through f.
func (d *Decoder) finish(f func(p *[4]byte)) {
	for p := d.out; len(p) >= 4; p = p[4:] {
		f((*[4]byte)(p))
	}
}

func opaque(p *[4]byte) { p[3] = 255 }

func invert(p *[4]byte) { p[0], p[1], p[2], p[3] = ^p[0], ^p[1], ^p[2], ^p[3] }

// inksOfYCCK: the RGB behind the Y'CbCr is the inverse of the inks, which are themselves
// stored inversely, so only black is left to invert.
func inksOfYCCK(p *[4]byte) {
	p[0], p[1], p[2] = color.YCbCrToRGB(p[0], p[1], p[2])
	p[3] = ^p[3]
}
