// Package render turns an encoded picture into its renditions: a preset's steps
// and a picture's header become a Plan; plans and bytes become pixels, and
// pixels become bytes again. It is pure: no goroutines of its own, no paths, no
// state; every function may be called from anywhere at any time.
//
// What each step means is defined by the imaging library on 8-bit non-premultiplied
// RGBA. How a step is carried out is the plan's business: scaling, cropping, turning,
// blurring and taking out the colour are linear, and a chain of such steps is one matrix
// for each side of each plane. A JPEG therefore stays in the planes that it is stored
// in, from a decoder that leaves out what the renditions do not show to an encoder that
// takes planes. The other steps are the library's. It is only ever given *image.NRGBA:
// it works in goroutines of its own, where a panic, such as that of a palette index out
// of range, could not be recovered.
//
// Pictures are turned upright by their EXIF orientation before the first step.
// 16-bit samples are cut to 8. A profile is carried, not applied: colours keep
// their numbers and the profile that gives them their meaning.
package render

import (
	"context"
	"image"

	"imgwatchd/internal/codec"
)

// A Rendition is one encoded result.
type Rendition struct {
	Plan
	Data []byte
}

// Render decodes data once and carries out every plan. Its errors are
// job reasons; when ctx ends it returns early with ctx's error.
func Render(ctx context.Context, data []byte, h codec.Header, plans []Plan) ([]Rendition, error) {
	w := takeWorkspace()
	renditions, err := w.render(ctx, data, h, plans)
	w.giveBack(Memory(h, plans))
	return renditions, err
}

func (w *workspace) render(ctx context.Context, data []byte, h codec.Header, plans []Plan) ([]Rendition, error) {
	s := newSchedule(h, plans)
	img, err := w.decoder.Decode(ctx, data, h, s.decode)
	if err != nil {
		return nil, err
	}
	if s.decode.Gray {
		img = w.grayed(img)
	}
	source := rasterOf(img, h.Width, h.Height, s.decode.Scale)
	meta := codec.ReadMetadata(data, h.Format).Upright()

	renditions := make([]Rendition, len(plans))
	firsts := make([]raster, len(s.turns)) // what the first pass of each turn made
	for i, t := range s.turns {
		plan := plans[t.plan]
		start, orientation := source, h.Orientation
		if t.feeder != decoded {
			start, orientation = firsts[t.feeder].standingFor(plan.source), 1
		}
		first, err := plan.passes[0].project(ctx, w, start, orientation, plan.chromaFor(0))
		if err != nil {
			return nil, err
		}
		firsts[i] = first
		result, err := plan.finish(ctx, w, first)
		if err != nil {
			return nil, err
		}
		encoded, err := w.encode(ctx, plan, result, meta)
		if err != nil {
			return nil, err
		}
		renditions[t.plan] = Rendition{plan, encoded}
	}
	return renditions, nil
}

// standingFor returns the raster, a whole picture scaled, as one of the picture before
// it was scaled, whose size is given.
func (r raster) standingFor(source image.Point) raster {
	across, down := float64(r.width)/float64(source.X), float64(r.height)/float64(source.Y)
	planes := make([]plane, len(r.planes))
	for i, p := range r.planes {
		planes[i] = plane{p.Plane, p.x * across, p.y * down}
	}
	return raster{source.X, source.Y, planes}
}

// finish carries out the passes behind the first.
func (p Plan) finish(ctx context.Context, w *workspace, r raster) (raster, error) {
	var err error
	for i, pass := range p.passes[1:] {
		if pass.linear {
			r, err = pass.project(ctx, w, r, 1, p.chromaFor(i+1))
		} else {
			r, err = pass.draw(ctx, r)
		}
		if err != nil {
			return raster{}, err
		}
	}
	return r, nil
}

// encode writes r in the plan's format with as much of meta as the preset and
// the format allow.
func (w *workspace) encode(ctx context.Context, p Plan, r raster, meta codec.Metadata) ([]byte, error) {
	out := p.Preset.Output
	if !out.KeepMetadata {
		meta.EXIF = nil
	}
	o := codec.EncodeOptions{Quality: out.Quality, Progressive: out.Progressive, Meta: meta}
	return w.encoder.Encode(ctx, p.picture(r, meta.ICC), p.Format, o)
}

// picture returns r as it is stored: flattened where the format knows no transparency,
// and as gray samples when it holds nothing else, unless a colour profile speaks of it.
func (p Plan) picture(r raster, icc []byte) image.Image {
	colour := codec.ProfileSpace(icc) == "RGB "
	switch {
	case !r.isRGBA() && colour && len(r.planes) == 1:
		return r.coloured(p.Format)
	case !r.isRGBA() && !colour && r.isNeutral():
		r.planes = r.planes[:1]
		return r.image()
	case !r.isRGBA() && (p.Format == codec.JPEG || len(r.planes) == 1):
		return r.image()
	}
	img := r.rgba()
	if !p.Format.HasAlpha() {
		img = flattened(img, p.Preset.Output.FlattenOn.NRGBA)
	}
	if colour {
		return img
	}
	if gray, ok := toGray(img); ok {
		return gray
	}
	return img
}
