package render

import (
	"bytes"
	"image"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/pixel"
	"imgwatchd/internal/resample"
)

// A raster is a picture between steps: as one plane of luma, as luma and chroma, or as
// one plane of 8-bit non-premultiplied RGBA.
type raster struct {
	width, height int     // of the picture, pixels
	planes        []plane // Y'; Y', Cb, Cr; or RGBA
}

// A plane is what a raster holds its samples in.
type plane struct {
	resample.Plane
	x, y float64 // samples per pixel, across and down
}

// isRGBA reports whether the raster is one plane of RGBA.
func (r raster) isRGBA() bool { return r.planes[0].Channels == 4 }

// rasterOf returns img, a picture of w×h pixels decoded at 1/scale of its size, as a
// raster. Planes stay planes and share img's samples; what can be neither is converted.
func rasterOf(img image.Image, w, h, scale int) raster {
	pitch := 1 / float64(scale)
	r := raster{width: w, height: h}
	switch img := img.(type) {
	case *image.Gray:
		r.planes = []plane{{planeOf(img.Pix, img.Stride, img.Rect.Size(), 1), pitch, pitch}}
	case *image.YCbCr:
		across, down := chromaSpan(img.SubsampleRatio)
		size := img.Rect.Size()
		chroma := image.Pt((size.X+across-1)/across, (size.Y+down-1)/down)
		px, py := pitch/float64(across), pitch/float64(down)
		r.planes = []plane{
			{planeOf(img.Y, img.YStride, size, 1), pitch, pitch},
			{planeOf(img.Cb, img.CStride, chroma, 1), px, py},
			{planeOf(img.Cr, img.CStride, chroma, 1), px, py},
		}
	default:
		rgba := toNRGBA(img)
		r.planes = []plane{{planeOf(rgba.Pix, rgba.Stride, rgba.Rect.Size(), 4), pitch, pitch}}
	}
	return r
}

func planeOf(pix []uint8, stride int, size image.Point, channels int) resample.Plane {
	return resample.Plane{Pix: pix, Stride: stride, Width: size.X, Height: size.Y, Channels: channels}
}

// nrgbaOf returns a plane of four channels as a picture.
func nrgbaOf(p resample.Plane) *image.NRGBA {
	return &image.NRGBA{Pix: p.Pix, Stride: p.Stride, Rect: image.Rect(0, 0, p.Width, p.Height)}
}

// chromaSpan returns how many pixels a chroma sample spans across and down.
func chromaSpan(r image.YCbCrSubsampleRatio) (across, down int) {
	switch r {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	default:
		return 1, 1
	}
}

// rgba returns the raster, whose samples stand at its pixels, as RGBA. The result may
// share them.
func (r raster) rgba() *image.NRGBA {
	if r.isRGBA() {
		return nrgbaOf(r.planes[0].Plane)
	}
	return toNRGBA(r.image())
}

// image returns the raster as a picture that shares its samples: *image.NRGBA,
// *image.Gray, or *image.YCbCr with chroma as fine as luma or half as fine both ways.
func (r raster) image() image.Image {
	y := r.planes[0]
	switch {
	case r.isRGBA():
		return r.rgba()
	case len(r.planes) == 1:
		return &image.Gray{Pix: y.Pix, Stride: y.Stride, Rect: r.bounds()}
	}
	cb, cr := r.planes[1], r.planes[2]
	ratio := image.YCbCrSubsampleRatio444
	if cb.x < 1 {
		ratio = image.YCbCrSubsampleRatio420
	}
	return &image.YCbCr{
		Y: y.Pix, YStride: y.Stride,
		Cb: cb.Pix, Cr: cr.Pix, CStride: cb.Stride,
		SubsampleRatio: ratio, Rect: r.bounds(),
	}
}

func (r raster) bounds() image.Rectangle { return image.Rect(0, 0, r.width, r.height) }

// gray returns the raster without its colour. Only one with transparency stays as it is.
func (r raster) gray(w *workspace) raster {
	if !r.isRGBA() {
		return raster{r.width, r.height, r.planes[:1]}
	}
	img := r.planes[0]
	if !nrgbaOf(img.Plane).Opaque() {
		return r // it is made gray when it is scaled
	}
	gray := w.plane(img.Width, img.Height, 1)
	for y := range img.Height {
		pixel.GrayFromRGBA(gray.Pix[y*gray.Stride:][:img.Width], img.Pix[y*img.Stride:])
	}
	return raster{r.width, r.height, []plane{{gray, img.x, img.y}}}
}

// grayBand is how many rows of a picture are converted at a time on the way to gray.
const grayBand = 64

// grayed returns a picture that is to lose its colour without it, where it has no
// transparency and would otherwise be converted whole.
func (w *workspace) grayed(img image.Image) image.Image {
	switch img := img.(type) {
	case *image.Gray, *image.YCbCr, *image.NRGBA, *image.RGBA:
		return img
	case interface {
		Opaque() bool
		SubImage(image.Rectangle) image.Image
	}:
		if !img.Opaque() {
			break
		}
		r := img.(image.Image).Bounds()
		gray := w.plane(r.Dx(), r.Dy(), 1)
		for y := 0; y < r.Dy(); y += grayBand {
			band := toNRGBA(img.SubImage(image.Rect(r.Min.X, r.Min.Y+y, r.Max.X, min(r.Min.Y+y+grayBand, r.Max.Y))))
			for i := range band.Rect.Dy() {
				pixel.GrayFromRGBA(gray.Pix[(y+i)*gray.Stride:][:gray.Width], band.Pix[i*band.Stride:])
			}
		}
		return &image.Gray{Pix: gray.Pix, Stride: gray.Stride, Rect: image.Rect(0, 0, gray.Width, gray.Height)}
	}
	return img
}

// isNeutral reports whether the raster has chroma but no colour.
func (r raster) isNeutral() bool {
	if len(r.planes) != 3 {
		return false
	}
	for _, p := range r.planes[1:] {
		for y := range p.Height {
			for _, c := range p.Pix[y*p.Stride:][:p.Width] {
				if c != 128 {
					return false
				}
			}
		}
	}
	return true
}

// coloured returns a gray raster as a picture with neutral colour.
func (r raster) coloured(f codec.Format) image.Image {
	if f != codec.JPEG {
		return r.rgba()
	}
	y := r.planes[0]
	neutral := bytes.Repeat([]byte{128}, (r.width+1)/2*((r.height+1)/2))
	return &image.YCbCr{
		Y: y.Pix, YStride: y.Stride,
		Cb: neutral, Cr: neutral, CStride: (r.width + 1) / 2,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: r.bounds(),
	}
}
