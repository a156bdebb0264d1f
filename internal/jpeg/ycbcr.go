package jpeg

import (
	"fmt"
	"image"
	"math/bits"

	"imgwatchd/internal/pixel"
)

// ToYCbCr converts the opaque picture src, whose alpha is not looked at, to full-range BT.601
// as JFIF has it. dst must be as large; its subsample ratio may be any, and its
// rectangle begins on a chroma sample. Samples of luma, and of chroma at 4:4:4, are those of
// [image/color.RGBToYCbCr]. A sample of subsampled chroma is the mean of the pixels that it
// stands for, rounded once: red, green and blue are summed before they are converted. At
// an edge that halves such a group its last column or row counts again.
func ToYCbCr(dst *image.YCbCr, src *image.NRGBA) {
	var l encodeLayout
	size := src.Rect.Size()
	if size.X <= 0 || size.Y <= 0 {
		return
	}
	if err := l.init(dst); err != nil || dst.Rect.Size() != size {
		panic(fmt.Sprintf("jpeg: ToYCbCr of %v into %v with %v: %v", src.Rect, dst.Rect, dst.SubsampleRatio, err))
	}
	ratio := samplesPerChroma(dst.SubsampleRatio)
	chroma := &l.planes[1]
	for cy := range chroma.height {
		for y := cy * ratio.Y; y < min((cy+1)*ratio.Y, size.Y); y++ {
			pixel.GrayFromRGBA(dst.Y[y*dst.YStride:][:size.X], src.Pix[y*src.Stride:][:4*size.X])
		}
		g := rgbGroup{pix: src.Pix[cy*ratio.Y*src.Stride:], stride: src.Stride, across: ratio.X, down: ratio.Y,
			width: size.X, height: min(ratio.Y, size.Y-cy*ratio.Y)}
		at := cy * dst.CStride
		g.chromaRow(dst.Cb[at:][:chroma.width], dst.Cr[at:][:chroma.width])
	}
}

// An rgbGroup is the rows of pixels that a row of chroma stands for.
type rgbGroup struct {
	pix           []byte // RGBA
	stride        int
	across, down  int // pixels of a sample
	width, height int // of what there is; height is less than down at the edge
}

// chromaRow makes the samples of a row. The kernels do those that have all of their columns.
func (g *rgbGroup) chromaRow(cb, cr []byte) {
	done := 0
	if n := g.width / g.across; g.across <= 2 && g.down <= 2 {
		// A single row counts twice, which changes no mean.
		bottom := g.pix[(g.height-1)*g.stride:]
		done = chromaKernel(cb[:n], cr[:n], g.pix[:4*g.width], bottom[:4*g.width], g.across)
	}
	for i := done; i < len(cb); i++ {
		cb[i], cr[i] = g.sample(i)
	}
}

// sample is the mean of chroma over a group of pixels, with the factors of
// color.RGBToYCbCr and, like there, 16 bits of fraction.
func (g *rgbGroup) sample(i int) (cb, cr uint8) {
	var red, green, blue int32
	for y := range g.down {
		line := g.pix[min(y, g.height-1)*g.stride:]
		for x := i * g.across; x < (i+1)*g.across; x++ {
			p := line[4*min(x, g.width-1):][:4]
			red, green, blue = red+int32(p[0]), green+int32(p[1]), blue+int32(p[2])
		}
	}
	n := g.across * g.down
	offset, shift := int32(n)*257<<15, 15+bits.Len(uint(n))
	b := (-11056*red - 21712*green + 32768*blue + offset) >> shift
	r := (32768*red - 27440*green - 5328*blue + offset) >> shift
	return uint8(min(b, 255)), uint8(min(r, 255)) // 256 where a channel is full and the others are empty
}
