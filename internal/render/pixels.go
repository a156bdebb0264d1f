package render

import (
	"image"
	"image/color"
	"image/draw"
)

// toNRGBA returns img as 8-bit non-premultiplied RGBA with its corner at (0, 0).
// It trusts nothing about img but its type: a palette index out of range becomes
// transparent.
func toNRGBA(img image.Image) *image.NRGBA {
	switch img := img.(type) {
	case *image.NRGBA:
		if img.Rect.Min == (image.Point{}) {
			return img
		}
	case *image.Paletted:
		return fromPaletted(img)
	case *image.NRGBA64:
		return fromNRGBA64(img)
	case *image.NYCbCrA:
		return fromNYCbCrA(img)
	case *image.RGBA:
		if img.Opaque() { // the same bytes, premultiplied or not
			return &image.NRGBA{Pix: img.Pix[img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y):], Stride: img.Stride, Rect: image.Rectangle{Max: img.Rect.Size()}}
		}
	case *image.YCbCr, *image.CMYK, *image.Gray, *image.Gray16:
		return fromOpaque(img)
	case interface{ Opaque() bool }:
		if img.Opaque() {
			return fromOpaque(img.(image.Image))
		}
	}
	b := img.Bounds()
	dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, img, b.Min, draw.Src)
	return dst
}

// fromOpaque converts a picture without transparency: drawn as premultiplied
// RGBA, for which the standard library has fast paths, its bytes are the same.
func fromOpaque(img image.Image) *image.NRGBA {
	b := img.Bounds()
	dst := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, img, b.Min, draw.Src)
	return &image.NRGBA{Pix: dst.Pix, Stride: dst.Stride, Rect: dst.Rect}
}

func fromPaletted(img *image.Paletted) *image.NRGBA {
	var palette [256]color.NRGBA
	for i, c := range img.Palette[:min(len(img.Palette), len(palette))] {
		palette[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		src, row := img.Pix[y*img.Stride:][:w], dst.Pix[y*dst.Stride:][:4*w]
		for x, index := range src {
			c := palette[index]
			p := row[4*x:][:4]
			p[0], p[1], p[2], p[3] = c.R, c.G, c.B, c.A
		}
	}
	return dst
}

// fromNRGBA64 keeps the high byte of each sample.
func fromNRGBA64(img *image.NRGBA64) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		src, row := img.Pix[y*img.Stride:][:8*w], dst.Pix[y*dst.Stride:][:4*w]
		for i := range row {
			row[i] = src[2*i]
		}
	}
	return dst
}

// fromNYCbCrA converts the colours as if they were opaque, then sets the alpha,
// so that nearly transparent pixels keep their colour.
func fromNYCbCrA(img *image.NYCbCrA) *image.NRGBA {
	dst := fromOpaque(&img.YCbCr)
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	for y := range h {
		alpha, row := img.A[y*img.AStride:][:w], dst.Pix[y*dst.Stride:][:4*w]
		for x, a := range alpha {
			row[4*x+3] = a
		}
	}
	return dst
}

// flattened returns img laid over a colour, opaque. A transparent colour counts
// as white.
func flattened(img *image.NRGBA, on color.NRGBA) *image.NRGBA {
	if img.Opaque() {
		return img
	}
	if on.A == 0 {
		on = color.NRGBA{255, 255, 255, 255}
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	flat := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		src, dst := img.Pix[y*img.Stride:][:4*w], flat.Pix[y*flat.Stride:][:4*w]
		for i := 0; i < len(dst); i += 4 {
			a := uint32(src[i+3])
			dst[i] = blend(src[i], on.R, a)
			dst[i+1] = blend(src[i+1], on.G, a)
			dst[i+2] = blend(src[i+2], on.B, a)
			dst[i+3] = 255
		}
	}
	return flat
}

// blend lays the sample c of opacity a over another.
func blend(c, over uint8, a uint32) uint8 {
	return uint8((uint32(c)*a + uint32(over)*(255-a) + 127) / 255)
}

// toGray returns img as gray samples, and false when it has colour or
// transparency.
func toGray(img *image.NRGBA) (*image.Gray, bool) {
	if !isGray(img) {
		return nil, false
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	gray := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		src, row := img.Pix[y*img.Stride:][:4*w], gray.Pix[y*gray.Stride:][:w]
		for x := range row {
			row[x] = src[4*x]
		}
	}
	return gray, true
}

func isGray(img *image.NRGBA) bool {
	w := img.Rect.Dx()
	for y := range img.Rect.Dy() {
		row := img.Pix[y*img.Stride:][:4*w]
		for i := 0; i+4 <= len(row); i += 4 {
			if p := row[i : i+4 : i+4]; p[0] != p[1] || p[1] != p[2] || p[3] != 255 {
				return false
			}
		}
	}
	return true
}
