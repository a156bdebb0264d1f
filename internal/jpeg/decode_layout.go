package jpeg

import "image"

// A layout says which planes of a picture are decoded, at which scale, and what becomes
// of them.
type layout struct {
	frame  *frameHeader
	size   int // samples of a side of a scaled block: 8, 4, 2 or 1
	width  int // of the scaled picture
	height int
	space  ColorSpace
	planes int // the first so many components are decoded, the others passed over
	ratio  image.YCbCrSubsampleRatio
	grow   bool // the planes do not fit the image type: they are replicated to full size
}

func newLayout(f *frameHeader, o DecodeOptions) layout {
	scale := o.scale()
	l := layout{
		frame:  f,
		size:   8 / scale,
		width:  ceilDiv(f.width, scale),
		height: ceilDiv(f.height, scale),
		space:  f.colorSpace(),
		planes: f.n,
	}
	if o.Gray && l.space == YCbCr {
		l.space, l.planes = Gray, 1
	}
	switch l.space {
	case Gray:
		l.grow = f.comp[0].h != f.hMax || f.comp[0].v != f.vMax
	case YCbCr:
		var ok bool
		l.ratio, ok = f.ratio()
		l.grow = !ok
	}
	return l
}

// ratio finds the name that package image has for the sampling factors. There is none
// for chroma that is larger than luma, for thirds, and for planes of three sizes.
func (f *frameHeader) ratio() (image.YCbCrSubsampleRatio, bool) {
	y, cb, cr := f.comp[0], f.comp[1], f.comp[2]
	if cb.h != cr.h || cb.v != cr.v || y.h%cb.h != 0 || y.v%cb.v != 0 {
		return image.YCbCrSubsampleRatio444, false
	}
	switch [2]int{y.h / cb.h, y.v / cb.v} {
	case [2]int{1, 1}:
		return image.YCbCrSubsampleRatio444, true
	case [2]int{2, 1}:
		return image.YCbCrSubsampleRatio422, true
	case [2]int{2, 2}:
		return image.YCbCrSubsampleRatio420, true
	case [2]int{1, 2}:
		return image.YCbCrSubsampleRatio440, true
	case [2]int{4, 1}:
		return image.YCbCrSubsampleRatio411, true
	case [2]int{4, 2}:
		return image.YCbCrSubsampleRatio410, true
	}
	return image.YCbCrSubsampleRatio444, false
}

// planeSize is the number of bytes of the plane of a component, which goes to the end
// of the last MCU.
func (l *layout) planeSize(i int) int64 {
	c := l.frame.comp[i]
	return int64(c.mcuCols*l.size) * int64(c.mcuRows*l.size)
}

func (l *layout) planeBytes() int64 {
	var n int64
	for i := range l.planes {
		n += l.planeSize(i)
	}
	return n
}

// coefBytes is what progressive pictures store between their scans.
func (l *layout) coefBytes() int64 {
	if !l.frame.progressive {
		return 0
	}
	var blocks int64
	for _, c := range l.frame.comp[:l.planes] {
		blocks += int64(c.mcuCols) * int64(c.mcuRows)
	}
	n := 2 * int64(l.size*l.size) * blocks
	if l.size > 1 {
		n += 8 * blocks
	}
	return n
}

// outStride is the width of planes that were replicated.
func (l *layout) outStride() int { return l.frame.mcusX * l.frame.hMax * l.size }

// outBytes is the size of the picture where the planes are not the picture.
func (l *layout) outBytes() int64 {
	pixels := int64(l.width) * int64(l.height)
	switch {
	case l.space == RGB || l.space == CMYK || l.space == YCCK:
		return 4 * pixels
	case l.grow:
		return int64(l.outStride()) * int64(l.height) * int64(l.planes)
	}
	return 0
}
