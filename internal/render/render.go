// Package render turns an encoded picture into its renditions: a preset's steps
// and a picture's header become a Plan; plans and bytes become pixels, and
// pixels become bytes again. It is pure: no goroutines of its own, no paths, no
// state; every function may be called from anywhere at any time.
//
// Steps run on 8-bit non-premultiplied RGBA by the imaging library, which is the
// reference for what each step means. The library is only ever given
// *image.NRGBA: it works in goroutines of its own, where a panic, such as that
// of a palette index out of range, could not be recovered.
//
// Pictures are turned upright by their EXIF orientation before the first step.
// 16-bit samples are cut to 8. A profile is carried, not applied: colours keep
// their numbers and the profile that gives them their meaning.
package render

import (
	"context"
	"image"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
)

// A Rendition is one encoded result.
type Rendition struct {
	Plan
	Data []byte
}

// Render decodes data once and carries out every plan, in order. Its errors are
// job reasons; when ctx ends it returns early with ctx's error.
func Render(ctx context.Context, data []byte, h codec.Header, plans []Plan) ([]Rendition, error) {
	decoded, err := codec.Decode(ctx, data, h)
	if err != nil {
		return nil, err
	}
	base := upright(toNRGBA(decoded), h.Orientation)
	meta := codec.ReadMetadata(data, h.Format).Upright()

	renditions := make([]Rendition, len(plans))
	for i, plan := range plans {
		img, err := plan.run(ctx, base)
		if err != nil {
			return nil, err
		}
		encoded, err := plan.encode(img, meta)
		if err != nil {
			return nil, err
		}
		renditions[i] = Rendition{plan, encoded}
	}
	return renditions, nil
}

// run carries out the steps on base, which it does not change.
func (p Plan) run(ctx context.Context, base *image.NRGBA) (*image.NRGBA, error) {
	img := base
	for _, s := range p.Preset.Steps {
		if err := ctx.Err(); err != nil {
			return nil, job.Reject(job.ClassOf(err), s.Name(), err)
		}
		l, ok := s.(local)
		if !ok {
			img = s.apply(img)
			continue
		}
		var err error
		if img, err = inBands(ctx, img, l.reach(), s.apply); err != nil {
			return nil, job.Reject(job.ClassOf(err), s.Name(), err)
		}
	}
	return img, nil
}

// inBands applies a local step to img in bands of rows, and looks between them
// whether to go on: a wide blur of a large picture takes minutes. Each band comes
// with the rows around it that it depends on, so the result is the same as of the
// whole.
func inBands(ctx context.Context, img *image.NRGBA, reach int, apply func(*image.NRGBA) *image.NRGBA) (*image.NRGBA, error) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	band := max(2*reach, 64)
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := 0; y < h; y += band {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		top, bottom := max(y-reach, 0), min(y+band+reach, h)
		part := &image.NRGBA{Pix: img.Pix[top*img.Stride:], Stride: img.Stride, Rect: image.Rect(0, 0, w, bottom-top)}
		copy(dst.Pix[y*dst.Stride:min(y+band, h)*dst.Stride], apply(part).Pix[(y-top)*dst.Stride:])
	}
	return dst, nil
}

// encode writes img in the plan's format with as much of meta as the preset and
// the format allow.
func (p Plan) encode(img *image.NRGBA, meta codec.Metadata) ([]byte, error) {
	out := p.Preset.Output
	if !out.KeepMetadata {
		meta.EXIF = nil
	}
	if !p.Format.HasAlpha() {
		img = flattened(img, out.FlattenOn.NRGBA)
	}
	return codec.Encode(narrowed(img, meta.ICC), p.Format, codec.EncodeOptions{Quality: out.Quality, Meta: meta})
}

// narrowed returns img as gray samples when it holds nothing else, so that it is
// stored in a third of the space, unless a colour profile speaks of it.
func narrowed(img *image.NRGBA, icc []byte) image.Image {
	if codec.ProfileSpace(icc) == "RGB " {
		return img
	}
	if gray, ok := toGray(img); ok {
		return gray
	}
	return img
}
