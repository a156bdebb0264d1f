package render

import (
	"image"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
)

// A Plan is a preset applied to a header: everything about the rendition that
// is known before a pixel is decoded.
type Plan struct {
	Preset *Preset
	Format codec.Format // of the rendition
	Width  int          // of the rendition, pixels
	Height int

	source image.Point // size of the source, upright
	first  image.Point // size after the first pass
	passes []pass
	demand demand
}

// NewPlan returns the plan of p for a source with header h. It refuses, as too
// large, a plan that would make a picture of more than maxPixels on its way.
func NewPlan(p *Preset, h codec.Header, maxPixels int64) (Plan, error) {
	plan := Plan{Preset: p, Format: p.Output.Format, passes: passesOf(p.Steps)}
	if plan.Format == "" {
		plan.Format = sameFormat(h)
	}
	w, height := h.Size()
	plan.source = image.Pt(w, height)
	plan.demand = demandOf(plan.passes[0], w, height, margins[p.Output.Scaling])
	for i, pass := range plan.passes {
		for _, s := range pass.steps {
			largest := largestMade(s, w, height)
			if largest > maxPixels {
				return Plan{}, job.Rejectf(job.TooLarge, s.Name(), "preset %q would make a picture of %d pixels out of this one, more than %d", p.Name, largest, maxPixels)
			}
			w, height = s.size(w, height)
		}
		if i == 0 {
			plan.first = image.Pt(w, height)
		}
	}
	plan.Width, plan.Height = w, height
	return plan, nil
}

// firstPixels returns the number of pixels after the first pass.
func (p Plan) firstPixels() int64 { return pixels(p.first.X, p.first.Y) }

// largestMade returns the pixels of the largest picture that s makes of one of w×h.
func largestMade(s Step, w, h int) int64 {
	ow, oh := s.size(w, h)
	largest := pixels(ow, oh)
	if r, ok := s.(*Resize); ok && r.Filter == Nearest {
		// imaging resizes first across, then down, and crops then.
		sw, sh := r.scaled(w, h)
		largest = max(largest, pixels(sw, h), pixels(sw, sh))
	}
	return largest
}

// pixels returns w×h without overflow.
func pixels(w, h int) int64 { return int64(w) * int64(h) }

// sameFormat returns the format of a rendition that is to be like its source.
func sameFormat(h codec.Header) codec.Format {
	switch {
	case h.Format.CanEncode():
		return h.Format
	case h.Alpha:
		return codec.PNG
	default:
		return codec.JPEG
	}
}
