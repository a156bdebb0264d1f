package codec

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"sync"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// EncodeOptions say how a picture is written.
type EncodeOptions struct {
	Quality int      // of JPEG, 1…100; 0: 80
	Meta    Metadata // written to JPEG and PNG; a profile for other colours than the picture's is left out
}

// Encode writes img in format f. JPEG and BMP have no transparency: the caller
// flattens img first. A GIF keeps whether a pixel is more than half transparent.
func Encode(img image.Image, f Format, o EncodeOptions) ([]byte, error) {
	data, err := encode(img, f, o)
	if err != nil {
		return nil, atStep("encode", err)
	}
	return data, nil
}

func encode(img image.Image, f Format, o EncodeOptions) ([]byte, error) {
	if err := checkEncodable(img, f); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	var err error
	switch meta := o.Meta.fitting(img); f {
	case JPEG:
		err = jpeg.Encode(&b, jpegPicture(img), &jpeg.Options{Quality: o.quality()})
		return withSegments(b.Bytes(), meta), wrapEncode(f, err)
	case PNG:
		err = pngEncoder.Encode(&b, img)
		return withChunks(b.Bytes(), meta), wrapEncode(f, err)
	case GIF:
		err = gif.Encode(&b, palettedPicture(img), nil)
	case TIFF:
		err = tiff.Encode(&b, tiffPicture(img), &tiff.Options{Compression: tiff.Deflate})
	case BMP:
		err = bmp.Encode(&b, img)
	}
	return b.Bytes(), wrapEncode(f, err)
}

// quality returns the JPEG quality to use.
func (o EncodeOptions) quality() int {
	if o.Quality <= 0 {
		return 80
	}
	return min(o.Quality, 100)
}

// maxSide is what two bytes hold: the largest side of a JPEG or a GIF.
const maxSide = 1<<16 - 1

func checkEncodable(img image.Image, f Format) error {
	size := img.Bounds().Size()
	switch {
	case !f.CanEncode():
		return unsupported("%q is not written", f)
	case size.X < 1 || size.Y < 1:
		return malformed("empty picture")
	case (f == JPEG || f == GIF) && max(size.X, size.Y) > maxSide:
		return tooLarge("%d×%d pixels do not fit a %s", size.X, size.Y, f)
	}
	return nil
}

// wrapEncode classes what an encoder refuses although the picture passed.
func wrapEncode(f Format, err error) error {
	if err == nil {
		return nil
	}
	return unsupported("%s: %w", f, err)
}

// jpegPicture returns img in a type for which the encoder has a fast path. An
// opaque picture has the same bytes premultiplied or not.
func jpegPicture(img image.Image) image.Image {
	if m, ok := img.(*image.NRGBA); ok && m.Opaque() {
		return &image.RGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	}
	return img
}

// tiffPicture returns img in a type whose transparency the encoder keeps.
func tiffPicture(img image.Image) image.Image {
	if m, ok := img.(*image.Paletted); ok && !m.Opaque() {
		return toNRGBA(m)
	}
	return img
}

// pngEncoder shares its buffers between the goroutines that encode.
var pngEncoder = png.Encoder{BufferPool: new(pngBuffers)}

type pngBuffers struct{ pool sync.Pool }

func (b *pngBuffers) Get() *png.EncoderBuffer {
	buffer, _ := b.pool.Get().(*png.EncoderBuffer)
	return buffer // nil: the encoder makes one
}

func (b *pngBuffers) Put(buffer *png.EncoderBuffer) { b.pool.Put(buffer) }
