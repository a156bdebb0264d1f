package codec

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"image/png"
	"io"
	"sync"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"imgwatchd/internal/job"
	"imgwatchd/internal/jpeg"
)

// EncodeOptions say how a picture is written.
type EncodeOptions struct {
	Quality     int      // of JPEG, 1…100; 0: 80
	Progressive bool     // of JPEG: shown whole, ever finer, while it loads
	Meta        Metadata // written to JPEG and PNG; a profile for other colours than the picture's is left out
}

// An Encoder writes pictures, one after the other, in memory that it reuses. The zero
// Encoder is ready. It is not for concurrent use.
type Encoder struct {
	jpeg   jpeg.Encoder
	planes image.YCbCr // of a picture that was not in planes
	file   []byte
}

// Encode writes img in format f. JPEG and BMP have no transparency: the caller
// flattens img first. A GIF keeps whether a pixel is more than half transparent.
//
// When ctx ends, Encode returns the reason with the class of ctx's error at the next row
// or the next piece of the file.
func (e *Encoder) Encode(ctx context.Context, img image.Image, f Format, o EncodeOptions) ([]byte, error) {
	data, err := e.encode(ctx, img, f, o)
	switch {
	case err == nil:
		return data, nil
	case ctx.Err() != nil:
		return nil, job.Reject(job.ClassOf(ctx.Err()), "encode", ctx.Err())
	}
	return nil, atStep("encode", err)
}

func (e *Encoder) encode(ctx context.Context, img image.Image, f Format, o EncodeOptions) ([]byte, error) {
	if err := checkEncodable(img, f); err != nil {
		return nil, err
	}
	o.Meta = o.Meta.fitting(img)
	if f == JPEG {
		return e.encodeJPEG(ctx, img, o)
	}
	var b bytes.Buffer
	var err error
	w := guardedWriter{&b, ctx.Err}
	switch f {
	case PNG:
		err = pngEncoder.Encode(w, img)
		return withChunks(b.Bytes(), o.Meta), wrapEncode(f, err)
	case GIF:
		var paletted *image.Paletted
		if paletted, err = palettedPicture(ctx, img); err == nil {
			err = gif.Encode(w, paletted, nil)
		}
	case TIFF:
		err = tiff.Encode(w, tiffPicture(img), &tiff.Options{Compression: tiff.Deflate})
	case BMP:
		err = bmp.Encode(w, img)
	}
	return b.Bytes(), wrapEncode(f, err)
}

// encodeJPEG writes img, planes as they are and anything else as planes with half as
// much chroma both ways.
func (e *Encoder) encodeJPEG(ctx context.Context, img image.Image, o EncodeOptions) ([]byte, error) {
	switch img.(type) {
	case *image.YCbCr, *image.Gray:
	default:
		img = e.ycbcr(toNRGBA(img))
	}
	var err error
	e.file, err = e.jpeg.Encode(ctx, e.file[:0], img, jpeg.EncodeOptions{
		Quality:     o.quality(),
		Progressive: o.Progressive,
		Segments:    o.Meta.segments(),
	})
	if err != nil {
		return nil, wrapEncode(JPEG, err)
	}
	return bytes.Clone(e.file), nil
}

// ycbcr returns an opaque picture in planes.
func (e *Encoder) ycbcr(img *image.NRGBA) *image.YCbCr {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	cw, ch := (w+1)/2, (h+1)/2
	e.planes = image.YCbCr{
		Y: grown(e.planes.Y, w*h), YStride: w,
		Cb: grown(e.planes.Cb, cw*ch), Cr: grown(e.planes.Cr, cw*ch), CStride: cw,
		SubsampleRatio: image.YCbCrSubsampleRatio420,
		Rect:           image.Rect(0, 0, w, h),
	}
	jpeg.ToYCbCr(&e.planes, img)
	return &e.planes
}

// grown returns b with n bytes, undefined ones.
func grown(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// Encode is an Encoder's, for a single picture.
func Encode(img image.Image, f Format, o EncodeOptions) ([]byte, error) {
	return new(Encoder).Encode(context.Background(), img, f, o)
}

// A guardedWriter asks before every write whether to go on.
type guardedWriter struct {
	io.Writer
	check func() error
}

func (w guardedWriter) Write(p []byte) (int, error) {
	if err := w.check(); err != nil {
		return 0, err
	}
	return w.Writer.Write(p)
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
