package codec

import (
	"context"
	"image"
	"io"

	"imgwatchd/internal/pixel"
	"imgwatchd/internal/unpack"
)

// A tiffDecoder decodes the common kinds of TIFF, strip by strip or tile by tile: chunky gray,
// RGB and RGBA of eight bits, plain or compressed by LZW or Deflate. What is plain is read where
// it lies. It keeps its memory; the picture is valid until the next call.
type tiffDecoder struct {
	zlib  unpack.Zlib
	lzw   unpack.LZW
	block []byte // a strip or tile, unpacked
	pix   []byte

	gray  image.Gray
	rgba  image.RGBA
	nrgba image.NRGBA
}

// Larger strips and tiles than these the library decodes.
const (
	maxBlockSide  = 1 << 30
	maxBlockBytes = 1 << 31
)

// isCommon reports whether a tiffDecoder decodes the page.
func (p *tiffPage) isCommon(width, height int64) bool {
	photometric := p.or(tagPhotometric, 0)
	switch p.or(tagCompression, 1) {
	case 0, 1:
		if p.or(tagPredictor, 1) != 1 {
			return false
		}
	case compressionLZW, compressionDeflate, compressionZip:
	default:
		return false
	}
	// Tiles that are much larger than the picture are for the library to refuse.
	beyond := p.blockW-width > 16 || p.blockH-height > 16
	return p.bits[0] == 8 && photometric <= photometricRGB && p.or(tagPredictor, 1) > 0 &&
		!(beyond && (p.blockW > 1024 || p.blockH > 1024)) &&
		p.blockW <= maxBlockSide && p.blockH <= maxBlockSide && p.blockBytes() <= maxBlockBytes
}

// blockBytes is the size of a strip or tile, unpacked.
func (p *tiffPage) blockBytes() int64 { return p.blockW * p.blockH * int64(len(p.bits)) }

// isPacked reports whether the page is compressed.
func (p *tiffPage) isPacked() bool { return p.or(tagCompression, 1) > 1 }

// unpackedBytes bounds what a strip or tile unpacks to.
func (p *tiffPage) unpackedBytes() int64 {
	if n := expansion[p.or(tagCompression, 1)]; n > 0 {
		return min(p.blockBytes(), p.maxBlock*n)
	}
	return min(p.blockBytes(), p.maxBlock)
}

// outcomeOf returns what a tiffDecoder takes and makes.
func (p *tiffPage) outcomeOf(width, height int64, o DecodeOptions) outcome {
	out := outcome{form: FormRGBA}
	perPixel := p.bytesPerPixel()
	switch {
	case perPixel == 1 || o.Gray && len(p.bits) == 3:
		out.form, perPixel = FormGray, 1
	case p.isPremultiplied():
		out.form = FormOther
	}
	out.memory = width*height*perPixel + tiffDecoderSize
	if p.isPacked() {
		out.memory += p.unpackedBytes() + unpack.Slack
	}
	return out
}

// tiffDecoderSize bounds the bytes of a tiffDecoder without its picture and block.
const tiffDecoderSize = 128 << 10

// isPremultiplied reports whether the colours were multiplied with their alpha.
func (p *tiffPage) isPremultiplied() bool { return len(p.bits) == 4 && p.or(tagExtraSamples, 0) == 1 }

// decode decodes the page of the file data, which isCommon.
func (d *tiffDecoder) decode(ctx context.Context, data []byte, p *tiffPage, h Header, o DecodeOptions) (image.Image, error) {
	w := tiffWriter{
		page: p, form: p.outcomeOf(int64(h.Width), int64(h.Height), o).form,
		rect: image.Rect(0, 0, h.Width, h.Height), pixel: 4, samples: len(p.bits),
	}
	if w.form == FormGray {
		w.pixel = 1
	}
	if p.blocks*p.unpackedBytes() < int64(h.Width)*int64(h.Height)*int64(w.samples) {
		return nil, errTruncated
	}
	d.pix = grown(d.pix, h.Width*h.Height*w.pixel)
	w.pix, w.stride, w.convert = d.pix, h.Width*w.pixel, p.rowConverter(w.form)
	counts := p.dir
	counts.s = newSource(p.dir.s.r, p.dir.s.size) // they lie elsewhere than the offsets
	for i := range p.blocks {
		off, err := p.dir.value(p.offsets, i)
		if err != nil {
			return nil, err
		}
		n, err := counts.value(p.counts, i)
		if err != nil {
			return nil, err
		}
		block, err := d.unpack(ctx, data[off:][:n], p) // which layOut has checked
		if err == nil {
			err = w.write(ctx, block, int(i))
		}
		if err != nil {
			return nil, err
		}
	}
	return d.picture(w), nil
}

// unpack returns what src unpacks to, at most a strip or tile: some writers fill
// up the last one, or put more into it. The checksum of more is not looked at.
func (d *tiffDecoder) unpack(ctx context.Context, src []byte, p *tiffPage) ([]byte, error) {
	if !p.isPacked() {
		return src, nil
	}
	n := int(p.unpackedBytes())
	d.block = grown(d.block, n+unpack.Slack)
	var end int
	var err error
	if p.or(tagCompression, 1) == compressionLZW {
		if len(src) >= 2 && src[0] == 0 && src[1]&1 != 0 {
			return nil, errOldLZW
		}
		end, err = d.lzw.Unpack(d.block[:n], src)
	} else {
		d.zlib.Reset(nil, &pieces{rest: src, check: ctx.Err})
		end, err = d.zlib.Inflate(d.block, 0)
		d.zlib.Release()
	}
	if err != nil && err != io.EOF {
		return nil, malformed("%w", err)
	}
	return d.block[:end], nil
}

// A tiffWriter writes strips or tiles to their places in the picture.
type tiffWriter struct {
	page    *tiffPage
	form    Form
	rect    image.Rectangle
	pix     []byte
	stride  int
	pixel   int // bytes of a pixel in the picture
	samples int // bytes of a pixel in the file
	convert func(dst, src []byte)
}

// write writes the strip or tile number i, as far as it lies in the picture.
func (w *tiffWriter) write(ctx context.Context, block []byte, i int) error {
	size := image.Pt(int(w.page.blockW), int(w.page.blockH))
	across := (w.rect.Max.X + size.X - 1) / size.X
	corner := image.Pt(i%across*size.X, i/across*size.Y)
	place := image.Rectangle{corner, corner.Add(size)}.Intersect(w.rect)
	stride, n := size.X*w.samples, place.Dx()*w.samples
	if len(block) < (place.Dy()-1)*stride+n {
		return errTruncated
	}
	for y := range place.Dy() {
		if err := ctx.Err(); y%64 == 0 && err != nil {
			return err
		}
		row := block[y*stride:][:n]
		if w.page.or(tagPredictor, 1) == 2 {
			sumRow(row, w.samples)
		}
		w.convert(w.pix[(corner.Y+y)*w.stride+corner.X*w.pixel:][:place.Dx()*w.pixel], row)
	}
	return nil
}

// pieces is compressed data in pieces that are small enough to ask before each whether to
// go on: data may unpack to nothing for long.
type pieces struct {
	rest  []byte
	check func() error
}

// Next returns the next piece, nil behind the last and when it is not to go on.
func (s *pieces) Next() []byte {
	if len(s.rest) == 0 || s.check() != nil {
		return nil
	}
	piece := s.rest[:min(len(s.rest), 64<<10)]
	s.rest = s.rest[len(piece):]
	return piece
}

// errOldLZW tells of codes that begin at the lowest bit, as they did before TIFF 5.
var errOldLZW = unsupported("LZW compression of before TIFF 5")

// sumRow undoes the predictor: each sample is the difference from that of the pixel before.
func sumRow(row []byte, samples int) {
	switch samples {
	case 3:
		var r, g, b byte
		for i := 0; i+3 <= len(row); i += 3 {
			p := row[i:][:3]
			r, g, b = r+p[0], g+p[1], b+p[2]
			p[0], p[1], p[2] = r, g, b
		}
	default:
		for i := samples; i < len(row); i++ {
			row[i] += row[i-samples]
		}
	}
}

// rowConverter returns what brings a row into the form of the picture.
func (p *tiffPage) rowConverter(form Form) func(dst, src []byte) {
	switch {
	case len(p.bits) == 1 && p.or(tagPhotometric, 0) != photometricBlackIsZero:
		return invertRow
	case len(p.bits) != 3:
		return func(dst, src []byte) { copy(dst, src) }
	case form == FormGray:
		return pixel.GrayFromRGB
	}
	return pixel.RGBAFromRGB
}

// invertRow is for pictures in which white is zero.
func invertRow(dst, src []byte) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] = ^src[i]
	}
}

// picture returns the picture that was written to d.pix.
func (d *tiffDecoder) picture(w tiffWriter) image.Image {
	switch {
	case w.form == FormGray:
		d.gray = image.Gray{Pix: d.pix, Stride: w.stride, Rect: w.rect}
		return &d.gray
	case w.samples == 4 && !w.page.isPremultiplied():
		d.nrgba = image.NRGBA{Pix: d.pix, Stride: w.stride, Rect: w.rect}
		return &d.nrgba
	}
	d.rgba = image.RGBA{Pix: d.pix, Stride: w.stride, Rect: w.rect}
	return &d.rgba
}
