package codec

import (
	"bytes"
	"context"
	"image"
	"io"
)

// Decode returns the picture of the file data, as stored and whole. The header is
// the one that ReadHeader gave; the data is held to it, so that a file which was
// exchanged in between can neither pass a limit nor use memory that was not
// asked for.
//
// When ctx ends, the decoder's next read fails and Decode returns the reason with
// the class of ctx's error. A decoder that has read all it needs runs on.
//
// Palette indices are within the palette. The type of the picture is the
// decoder's: *image.YCbCr or *image.CMYK for a JPEG, *image.NYCbCrA for a WebP
// with alpha, and so on.
func Decode(ctx context.Context, data []byte, h Header) (image.Image, error) {
	file := guardedFile{bytes.NewReader(data), ctx.Err}
	img, err := decode(newSource(file, int64(len(data))), h)
	if err != nil {
		return nil, decodeReason(ctx, err)
	}
	return img, nil
}

func decode(s *source, h Header) (image.Image, error) {
	found, err := readHeader(s, limitsOf(h))
	if err != nil {
		return nil, err
	}
	if found != h {
		return nil, malformed("%s: the header is not the one that was read before", found.Format)
	}
	img, err := containers[h.Format].decode(s, h)
	if err != nil {
		return nil, h.Format.in(err)
	}
	if img.Bounds() != image.Rect(0, 0, h.Width, h.Height) {
		return nil, malformed("%s: the header says %d×%d, the pixels are %v", h.Format, h.Width, h.Height, img.Bounds())
	}
	return img, nil
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
