package codec

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"iter"
	"slices"
)

// toNRGBA returns a copy of img with its corner at (0, 0).
func toNRGBA(img image.Image) *image.NRGBA {
	b := img.Bounds()
	dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(dst, dst.Rect, img, b.Min, draw.Src)
	return dst
}

// palettedPicture returns img with a palette of its own: its very colours when
// there are no more than 256, else the best 255 that were found, dithered.
// Pixels that are more than half transparent get one transparent index.
func palettedPicture(ctx context.Context, img image.Image) (*image.Paletted, error) {
	src, err := hardened(ctx, img)
	if err != nil {
		return nil, err
	}
	exact, err := exactPalette(ctx, src)
	if exact != nil || err != nil {
		return exact, err
	}
	return ditheredPicture(ctx, src)
}

// hardened returns a copy of img with its corner at (0, 0), in which every pixel is opaque
// or nothing.
func hardened(ctx context.Context, img image.Image) (*image.NRGBA, error) {
	b := img.Bounds()
	dst := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y, row := range rows(ctx, dst) {
		draw.Draw(dst, image.Rect(0, y, b.Dx(), y+1), img, b.Min.Add(image.Pt(0, y)), draw.Src)
		hardenAlpha(row)
	}
	return dst, ctx.Err()
}

// rows goes through the rows of a picture whose corner is at (0, 0). When ctx ends it ends
// early: who has seen all rows knows it by ctx.
func rows(ctx context.Context, img *image.NRGBA) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for y := range img.Rect.Dy() {
			if ctx.Err() != nil || !yield(y, img.Pix[y*img.Stride:][:4*img.Rect.Dx()]) {
				return
			}
		}
	}
}

// hardenAlpha makes every pixel opaque or nothing.
func hardenAlpha(pix []byte) {
	for i := 0; i < len(pix); i += 4 {
		if pix[i+3] < 128 {
			clear(pix[i : i+4])
		} else {
			pix[i+3] = 255
		}
	}
}

// exactPalette returns src with its colours as palette, nil when they are more
// than 256.
func exactPalette(ctx context.Context, src *image.NRGBA) (*image.Paletted, error) {
	dst := image.NewPaletted(src.Rect, nil)
	indices := map[color.NRGBA]byte{}
	for y, row := range rows(ctx, src) {
		out := dst.Pix[y*dst.Stride:][:dst.Stride]
		for x := range out {
			p := row[4*x:][:4]
			c := color.NRGBA{p[0], p[1], p[2], p[3]}
			index, ok := indices[c]
			if !ok {
				if len(dst.Palette) == 256 {
					return nil, nil
				}
				index = byte(len(dst.Palette))
				indices[c] = index
				dst.Palette = append(dst.Palette, c)
			}
			out[x] = index
		}
	}
	return dst, ctx.Err()
}

// ditheredPicture spreads the error of each pixel over its neighbours. The last
// index is the transparent one.
func ditheredPicture(ctx context.Context, src *image.NRGBA) (*image.Paletted, error) {
	counted, err := histogram(ctx, src)
	if err != nil {
		return nil, err
	}
	dst := image.NewPaletted(src.Rect, medianCut(counted, 255))
	d := newDither(dst.Palette, src.Rect.Dx())
	transparent := byte(len(dst.Palette))
	dst.Palette = append(dst.Palette, color.NRGBA{})
	for y, row := range rows(ctx, src) {
		out := dst.Pix[y*dst.Stride:][:dst.Stride]
		d.row(out, row)
		for x := range out {
			if row[4*x+3] == 0 {
				out[x] = transparent
			}
		}
	}
	return dst, ctx.Err()
}

// A bin counts the opaque pixels whose colours agree in the upper five bits, and
// sums up these colours.
type bin struct {
	n   int64
	sum [3]int64
}

// mean returns one channel of the bin's average colour.
func (b bin) mean(channel int) int64 { return b.sum[channel] / b.n }

// A box is a set of bins that share one palette entry.
type box []bin

// medianCut returns at most n colours for what is in all: it splits the box that is
// worst off at the median of its widest channel until there are n boxes.
func medianCut(all box, n int) color.Palette {
	boxes := []box{all}
	for len(boxes) < n {
		worst, channel, badness := -1, 0, int64(0)
		for i, b := range boxes {
			if c, spread := b.widest(); len(b) > 1 && spread*b.pixels() > badness {
				worst, channel, badness = i, c, spread*b.pixels()
			}
		}
		if worst < 0 {
			break
		}
		low, high := boxes[worst].split(channel)
		boxes[worst] = low
		boxes = append(boxes, high)
	}
	palette := make(color.Palette, len(boxes))
	for i, b := range boxes {
		palette[i] = b.color()
	}
	return palette
}

// histogram returns the bins of src that hold any pixels.
func histogram(ctx context.Context, src *image.NRGBA) (box, error) {
	bins := make([]bin, 1<<15)
	for _, pix := range rows(ctx, src) {
		for i := 0; i < len(pix); i += 4 {
			if pix[i+3] == 0 {
				continue
			}
			b := &bins[int(pix[i]>>3)<<10|int(pix[i+1]>>3)<<5|int(pix[i+2]>>3)]
			b.n++
			for c := range 3 {
				b.sum[c] += int64(pix[i+c])
			}
		}
	}
	return slices.DeleteFunc(bins, func(b bin) bool { return b.n == 0 }), ctx.Err()
}

func (b box) pixels() (n int64) {
	for _, x := range b {
		n += x.n
	}
	return n
}

// widest returns the channel in which the box spreads most, and how far.
func (b box) widest() (channel int, spread int64) {
	for c := range 3 {
		low, high := int64(255), int64(0)
		for _, x := range b {
			low, high = min(low, x.mean(c)), max(high, x.mean(c))
		}
		if high-low > spread {
			channel, spread = c, high-low
		}
	}
	return channel, spread
}

// split cuts the box so that each part has half of the pixels and a bin at least.
func (b box) split(channel int) (low, high box) {
	slices.SortFunc(b, func(x, y bin) int { return int(x.mean(channel) - y.mean(channel)) })
	half, at := b.pixels()/2, 1
	for n := b[0].n; at < len(b)-1 && n < half; at++ {
		n += b[at].n
	}
	return b[:at], b[at:]
}

// color returns the average of the box's pixels.
func (b box) color() color.Color {
	var total bin
	for _, x := range b {
		total.n += x.n
		for c := range 3 {
			total.sum[c] += x.sum[c]
		}
	}
	return color.NRGBA{byte(total.mean(0)), byte(total.mean(1)), byte(total.mean(2)), 255}
}
