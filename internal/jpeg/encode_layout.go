package jpeg

import (
	"errors"
	"fmt"
	"image"
)

// An encodeLayout says how the planes of a picture are divided into blocks and MCUs.
// ITU-T T.81, annex A.
type encodeLayout struct {
	width, height int
	planes        [3]encodePlane
	n             int // planes in use: 1 or 3
	mcusX, mcusY  int
}

// An encodePlane is one component.
type encodePlane struct {
	pix              []byte
	stride           int
	width, height    int // in samples
	h, v             int // sampling factors: blocks of an MCU
	blocksX, blocksY int // that hold samples; an MCU may reach beyond them
	kind             int // 0: luma, 1: chroma; the index of its tables
}

// init lays img out, and checks that its planes are as long as its size says.
func (l *encodeLayout) init(img image.Image) error {
	*l = encodeLayout{}
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 || size.X > maxSide || size.Y > maxSide {
		return fmt.Errorf("a picture of %d×%d pixels: sides must be from 1 to %d", size.X, size.Y, maxSide)
	}
	l.width, l.height = size.X, size.Y
	switch img := img.(type) {
	case *image.Gray:
		l.setPlane(0, img.Pix, img.Stride, image.Pt(1, 1), image.Pt(1, 1))
		l.n = 1
	case *image.YCbCr:
		ratio := samplesPerChroma(img.SubsampleRatio)
		if ratio == (image.Point{}) {
			return fmt.Errorf("subsample ratio %v is not known", img.SubsampleRatio)
		}
		if lo := img.Rect.Min; lo.X%ratio.X != 0 || lo.Y%ratio.Y != 0 {
			return fmt.Errorf("a sub-image at %v begins between two chroma samples of %v", lo, img.SubsampleRatio)
		}
		l.setPlane(0, img.Y, img.YStride, ratio, ratio)
		l.setPlane(1, img.Cb, img.CStride, image.Pt(1, 1), ratio)
		l.setPlane(2, img.Cr, img.CStride, image.Pt(1, 1), ratio)
		l.n = 3
	default:
		return fmt.Errorf("a picture of type %T: must be *image.Gray or *image.YCbCr", img)
	}
	luma := &l.planes[0]
	l.mcusX, l.mcusY = ceilDivide(size.X, 8*luma.h), ceilDivide(size.Y, 8*luma.v)
	return l.checkPlanes()
}

// setPlane fills in plane i, whose factors are f where the largest are most.
func (l *encodeLayout) setPlane(i int, pix []byte, stride int, f, most image.Point) {
	p := &l.planes[i]
	*p = encodePlane{pix: pix, stride: stride, h: f.X, v: f.Y}
	p.width, p.height = ceilDivide(l.width*f.X, most.X), ceilDivide(l.height*f.Y, most.Y)
	p.blocksX, p.blocksY = ceilDivide(p.width, 8), ceilDivide(p.height, 8)
	p.kind = min(i, 1)
}

func (l *encodeLayout) checkPlanes() error {
	for i := range l.n {
		p := &l.planes[i]
		if p.stride < p.width || int64(len(p.pix)) < int64(p.stride)*int64(p.height-1)+int64(p.width) {
			return errors.New("a plane holds fewer samples than the picture's size asks for")
		}
	}
	return nil
}

// samplesPerChroma is how many samples of luma, across and down, a sample of chroma
// stands for; the zero point for an unknown ratio.
func samplesPerChroma(r image.YCbCrSubsampleRatio) image.Point {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return image.Pt(1, 1)
	case image.YCbCrSubsampleRatio422:
		return image.Pt(2, 1)
	case image.YCbCrSubsampleRatio420:
		return image.Pt(2, 2)
	case image.YCbCrSubsampleRatio440:
		return image.Pt(1, 2)
	case image.YCbCrSubsampleRatio411:
		return image.Pt(4, 1)
	case image.YCbCrSubsampleRatio410:
		return image.Pt(4, 2)
	}
	return image.Point{}
}

func ceilDivide(a, b int) int { return (a + b - 1) / b }
