package render

import (
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

	// Memory is an upper bound, in bytes, of what the steps hold at their peak
	// beside the decoded source.
	Memory int64
}

// NewPlan returns the plan of p for a source with header h. It refuses, as too
// large, a plan that would make a picture of more than maxPixels on its way.
func NewPlan(p *Preset, h codec.Header, maxPixels int64) (Plan, error) {
	plan := Plan{Preset: p, Format: p.Output.Format}
	if plan.Format == "" {
		plan.Format = sameFormat(h)
	}
	plan.Width, plan.Height = h.Size()
	for _, s := range p.Steps {
		before := pixels(plan.Width, plan.Height)
		// A resize passes through a picture of the new width and the old height.
		between := pixels(0, 0)
		w, height := s.size(plan.Width, plan.Height)
		if r, ok := s.(*Resize); ok {
			sw, sh := r.scaled(plan.Width, plan.Height)
			between = pixels(sw, plan.Height) + pixels(sw, sh)
		}
		plan.Width, plan.Height = w, height
		after := pixels(w, height)
		if max(between, after) > maxPixels {
			return Plan{}, job.Rejectf(job.TooLarge, s.Name(), "preset %q would make %d×%d pixels of this picture, more than %d", p.Name, w, height, maxPixels)
		}
		plan.Memory = max(plan.Memory, bytesPerPixel*(before+between+2*after))
	}
	plan.Memory = max(plan.Memory, 2*bytesPerPixel*pixels(plan.Width, plan.Height))
	return plan, nil
}

// bytesPerPixel is the size of a pixel of the pictures that steps work on.
const bytesPerPixel = 4

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

// Memory returns an upper bound, in bytes, of what Render needs at its peak for
// the header and the plans: the decoded source, its copy for the steps and the
// hungriest plan, which are made one after the other.
func Memory(h codec.Header, plans []Plan) int64 {
	var peak int64
	for _, p := range plans {
		peak = max(peak, p.Memory)
	}
	return h.DecodeMemory + 2*bytesPerPixel*pixels(h.Width, h.Height) + peak
}
