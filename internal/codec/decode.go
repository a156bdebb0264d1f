package codec

import (
	"bytes"
	"context"
	"image"
	"io"

	"imgwatchd/internal/jpeg"
	"imgwatchd/internal/png"
)

// DecodeOptions say how much of a picture is needed.
type DecodeOptions struct {
	Scale int  // 1 or one of the format's Scales: the sides are divided by it and rounded up; 0: 1
	Gray  bool // the colour may be left out
}

// applyDefaults fills in what is zero.
func (o DecodeOptions) applyDefaults() DecodeOptions {
	o.Scale = max(o.Scale, 1)
	return o
}

func (o DecodeOptions) jpeg() jpeg.DecodeOptions {
	return jpeg.DecodeOptions{Scale: o.Scale, Gray: o.Gray}
}

// scaled returns n pixels at the scale of o.
func (o DecodeOptions) scaled(n int) int { return (n + o.Scale - 1) / o.Scale }

// A Decoder decodes pictures, one after the other, in memory that it reuses. The zero
// Decoder is ready. It is not for concurrent use.
type Decoder struct {
	jpeg   jpeg.Decoder
	png    png.Decoder
	strips tiffDecoder
}

// Decode returns the picture of the file data, as it is stored. The header is
// the one that ReadHeader gave; the data is held to it, so that a file which was
// exchanged in between can neither pass a limit nor use memory that was not
// asked for.
//
// When ctx ends, the decoder's next read fails and Decode returns the reason with
// the class of ctx's error. A decoder that has read all it needs runs on.
//
// Palette indices are within the palette. The type of the picture is the
// format's: *image.YCbCr, *image.Gray, *image.CMYK or *image.RGBA for a JPEG,
// *image.NYCbCrA for a WebP with alpha, and so on. It is valid until the next call.
func (d *Decoder) Decode(ctx context.Context, data []byte, h Header, o DecodeOptions) (image.Image, error) {
	img, err := d.decode(ctx, data, h, o.applyDefaults())
	if err != nil {
		return nil, decodeReason(ctx, err)
	}
	return img, nil
}

func (d *Decoder) decode(ctx context.Context, data []byte, h Header, o DecodeOptions) (image.Image, error) {
	s := newSource(guardedFile{bytes.NewReader(data), ctx.Err}, int64(len(data)))
	found, err := readHeader(s, limitsOf(h))
	if err != nil {
		return nil, err
	}
	if found != h {
		return nil, malformed("%s: the header is not the one that was read before", found.Format)
	}
	var img image.Image
	switch h.Format {
	case JPEG:
		img, err = d.jpeg.Decode(ctx, data, o.jpeg())
	case PNG:
		img, err = d.png.Decode(ctx, data, png.DecodeOptions{Gray: o.Gray})
	case TIFF:
		img, err = d.tiff(ctx, s, data, h, o)
	default:
		img, err = containers[h.Format].decode(s, h)
	}
	if err != nil {
		return nil, h.Format.in(err)
	}
	if size := img.Bounds(); size != image.Rect(0, 0, o.scaled(h.Width), o.scaled(h.Height)) {
		return nil, malformed("%s: the header says %d×%d, the pixels are %v", h.Format, h.Width, h.Height, size)
	}
	return img, nil
}

// Decode is a Decoder's, for a single picture, whole.
func Decode(ctx context.Context, data []byte, h Header) (image.Image, error) {
	return new(Decoder).Decode(ctx, data, h, DecodeOptions{})
}

// limitsOf returns the limits that a file with this header just passes.
func limitsOf(h Header) Limits {
	return Limits{unlimited.MaxFileSize, int64(h.Width) * int64(h.Height), h.Frames}
}

// A guardedFile asks before every read whether to go on.
type guardedFile struct {
	io.ReaderAt
	check func() error
}

func (f guardedFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.check(); err != nil {
		return 0, err
	}
	return f.ReaderAt.ReadAt(p, off)
}
