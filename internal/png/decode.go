package png

import (
	"context"
	"errors"
	"image"
	"image/color"
	"io"

	"imgwatchd/internal/unpack"
)

// A Decoder decodes one picture after the other. The zero value is ready. It keeps its
// memory, so that in steady state little is allocated; the picture that it returned is
// valid until its next call. It is not for concurrent use.
type Decoder struct {
	config  Config
	stage   stage
	stream  idats
	zlib    unpack.Zlib
	buffer  []byte // inflated rows and the window before them
	rows    [2][]byte
	line    []byte // a row of a pass, in the picture's form
	pix     []byte
	convert converter

	palette   color.Palette
	grays     [256]uint8 // of the palette
	maxIndex  uint8
	colourKey [6]uint8 // the colour that is transparent

	gray     image.Gray
	gray16   image.Gray16
	paletted image.Paletted
	rgba     image.RGBA
	nrgba    image.NRGBA
	rgba64   image.RGBA64
	nrgba64  image.NRGBA64
}

// A stage is how far a file was read. Chunks must come in its order.
type stage uint8

const (
	atStart stage = iota
	seenHeader
	seenPalette
	seenTransparency
	seenPixels
)

// DecodeOptions say how much of a picture is wanted.
type DecodeOptions struct {
	// Gray makes pictures without transparency gray, with samples of eight bits.
	Gray bool
}

// Decode decodes the picture in data, to the type that Config.Kind names.
//
// An error is a *FormatError, an *UnsupportedError, or the cause of ctx.
func (d *Decoder) Decode(ctx context.Context, data []byte, o DecodeOptions) (image.Image, error) {
	d.config, d.stage = Config{}, atStart
	d.palette, d.maxIndex = nil, 0
	err := d.readChunks(ctx, data, o)
	d.stream = idats{}
	d.zlib.Release()
	if err != nil {
		return nil, err
	}
	return d.picture(o), nil
}

// Release gives back the memory that the Decoder has kept, the last picture's included.
func (d *Decoder) Release() { *d = Decoder{} }

func (d *Decoder) readChunks(ctx context.Context, data []byte, o DecodeOptions) error {
	if len(data) < len(signature) || string(data[:len(signature)]) != signature {
		return malformed(0, "no PNG signature")
	}
	for off := len(signature); ; {
		c, err := chunkAt(data, off)
		if err != nil {
			return err
		}
		off = c.end()
		if err := c.check(data); err != nil {
			return err
		}
		if c.kind == "IDAT" && d.stage < seenPixels {
			d.stream = idats{data: data, next: c.off - 8, check: func() error { return context.Cause(ctx) }}
			err = d.readPixels(ctx, o)
			off = d.stream.next
		} else {
			err = d.readChunk(c)
		}
		if err != nil || c.kind == "IEND" {
			return err
		}
	}
}

// readChunk reads a chunk other than the first of the pixels.
func (d *Decoder) readChunk(c chunk) (err error) {
	switch {
	case c.kind == "": // ancillary
	case c.kind == "IHDR" && d.stage == atStart:
		d.stage = seenHeader
		d.config, err = ParseHeader(c.body, c.off)
		if c := d.config; err == nil && int64(c.Width)*int64(c.Height) > MaxPixels {
			err = unsupported(len(signature)+8, "picture of %d×%d pixels", c.Width, c.Height)
		}
	case c.kind == "PLTE" && d.stage == seenHeader:
		d.stage = seenPalette
		err = d.readPalette(c)
	case c.kind == "tRNS" && d.mayHaveTransparency():
		d.stage = seenTransparency
		d.config.Transparent = true
		err = d.readTransparency(c)
	case c.kind == "IDAT" && d.stage == seenPixels: // more of them than the pixels needed
	case c.kind == "IEND" && d.stage == seenPixels:
		if len(c.body) != 0 {
			err = malformed(c.off, "end chunk of %d bytes", len(c.body))
		}
	default:
		err = malformed(c.off, "chunk %s out of order", c.kind)
	}
	return err
}

// mayHaveTransparency reports whether a transparency chunk may come now.
func (d *Decoder) mayHaveTransparency() bool {
	switch d.config.Color {
	case Paletted:
		return d.stage == seenPalette
	case RGB, RGBA:
		return d.stage == seenHeader || d.stage == seenPalette
	}
	return d.stage == seenHeader
}

func (d *Decoder) readPalette(c chunk) error {
	n := len(c.body) / 3
	switch {
	case len(c.body)%3 != 0 || n < 1 || n > 256 || n > 1<<d.config.Depth:
		return malformed(c.off, "palette of %d bytes", len(c.body))
	case d.config.Color&RGB == 0:
		return malformed(c.off, "palette of a gray picture")
	case d.config.Color != Paletted:
		return nil // only a suggestion
	}
	// A pixel may name an entry that does not exist. It is black.
	d.palette = make(color.Palette, 256)
	for i := range d.palette {
		d.palette[i] = color.RGBA{A: 255}
	}
	for i := range n {
		d.palette[i] = color.RGBA{c.body[3*i], c.body[3*i+1], c.body[3*i+2], 255}
	}
	d.palette = d.palette[:n]
	return nil
}

func (d *Decoder) readTransparency(c chunk) error {
	n, want := len(c.body), 2*d.config.Color.samples()
	switch {
	case d.config.Color&GrayAlpha != 0:
		return malformed(c.off, "transparent colour in a picture with alpha")
	case d.config.Color != Paletted && n != want, n > 256:
		return malformed(c.off, "transparency of %d bytes", n)
	case d.config.Color != Paletted:
		copy(d.colourKey[:], c.body)
		return nil
	}
	d.palette = d.palette[:max(n, len(d.palette))]
	for i, a := range c.body {
		p := d.palette[i].(color.RGBA)
		d.palette[i] = color.NRGBA{p.R, p.G, p.B, a}
	}
	return nil
}

// readPixels decodes the pixels, whose chunks d.stream is about to give.
func (d *Decoder) readPixels(ctx context.Context, o DecodeOptions) error {
	off := d.stream.next
	if d.stage == atStart || d.stage < seenPalette && d.config.Color == Paletted {
		return malformed(off, "chunk IDAT out of order")
	}
	d.stage = seenPixels
	// A pair of bits becomes at most the longest match.
	if raw := d.config.rawBytes(); raw > 4*258*d.stream.length() || raw != int64(int(raw)) {
		return malformed(off, "not enough pixel data")
	}
	d.makeMemory(o)
	err := d.readPasses(ctx)
	switch fault := unpack.Fault(""); {
	case d.stream.err != nil && err != nil:
		return d.stream.err
	case errors.As(err, &fault):
		return malformed(d.stream.next, "%v", fault)
	}
	return err
}

// makeMemory makes the memory for the picture of d.config.
func (d *Decoder) makeMemory(o DecodeOptions) {
	c := d.config
	n := c.Kind(o).bytesPerPixel()
	d.pix = grown(d.pix, c.Width*c.Height*n)
	d.buffer = grown(d.buffer, int(c.bufferBytes()))
	for i := range d.rows {
		d.rows[i] = grown(d.rows[i], int(c.rowBytes(c.Width)))
	}
	d.line = grown(d.line, c.Width*n)
	d.convert = d.newConverter(o)
}

// grown returns a slice of length n, in the memory of s where that is enough.
func grown(s []byte, n int) []byte {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]byte, n)
}

// readPasses inflates the rows and hands them on.
func (d *Decoder) readPasses(ctx context.Context) error {
	d.zlib.Reset(nil, &d.stream)
	r := newRowReader(d)
	used, at := 0, 0 // what of the buffer was handed on, and inflated
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		end, err := d.zlib.Inflate(d.buffer, at)
		at = end
		for !r.isDone() && at-used >= r.size() {
			row := d.buffer[used:][:r.size()]
			used += len(row)
			if err := r.read(row); err != nil {
				return malformed(d.stream.next, "%v", err)
			}
		}
		switch {
		case r.isDone() && at > used:
			return malformed(d.stream.next, "too much pixel data")
		case err == io.EOF && !r.isDone():
			return malformed(d.stream.next, "not enough pixel data")
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		if keep := min(used, at-unpack.Window); keep > 0 {
			copy(d.buffer, d.buffer[keep:at])
			used, at = used-keep, at-keep
		}
	}
}

// picture returns the picture in d.pix.
func (d *Decoder) picture(o DecodeOptions) image.Image {
	r := image.Rect(0, 0, d.config.Width, d.config.Height)
	kind := d.config.Kind(o)
	stride := d.config.Width * kind.bytesPerPixel()
	switch kind {
	case KindGray:
		d.gray = image.Gray{Pix: d.pix, Stride: stride, Rect: r}
		return &d.gray
	case KindGray16:
		d.gray16 = image.Gray16{Pix: d.pix, Stride: stride, Rect: r}
		return &d.gray16
	case KindPaletted:
		d.palette = d.palette[:max(len(d.palette), int(d.maxIndex)+1)]
		d.paletted = image.Paletted{Pix: d.pix, Stride: stride, Rect: r, Palette: d.palette}
		return &d.paletted
	case KindRGBA:
		d.rgba = image.RGBA{Pix: d.pix, Stride: stride, Rect: r}
		return &d.rgba
	case KindNRGBA:
		d.nrgba = image.NRGBA{Pix: d.pix, Stride: stride, Rect: r}
		return &d.nrgba
	case KindRGBA64:
		d.rgba64 = image.RGBA64{Pix: d.pix, Stride: stride, Rect: r}
		return &d.rgba64
	default:
		d.nrgba64 = image.NRGBA64{Pix: d.pix, Stride: stride, Rect: r}
		return &d.nrgba64
	}
}
