package render

import (
	"runtime"

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
		w, height := plan.Width, plan.Height
		plan.Width, plan.Height = s.size(w, height)
		memory, largest := cost(s, w, height)
		if largest > maxPixels {
			return Plan{}, job.Rejectf(job.TooLarge, s.Name(), "preset %q would make a picture of %d pixels out of this one, more than %d", p.Name, largest, maxPixels)
		}
		plan.Memory = max(plan.Memory, memory)
	}
	plan.Memory = max(plan.Memory, encodeCost(plan.Width, plan.Height))
	return plan, nil
}

// cost returns an upper bound of the bytes that step s holds at its peak for an
// input of w×h pixels, the input among them, and the pixels of the largest
// picture that it makes.
func cost(s Step, w, h int) (memory, largest int64) {
	ow, oh := s.size(w, h)
	made, sides := pixels(ow, oh), int64(w+h+ow+oh)
	total, largest := 2*made, made // most steps work in two passes
	if r, ok := s.(*Resize); ok {
		// imaging resizes first across, then down, and crops or pads then.
		sw, sh := r.scaled(w, h)
		if sw != w || sh != h {
			across, scaled := pixels(sw, h), pixels(sw, sh)
			largest = max(largest, across, scaled)
			total += across + scaled
			sides += int64(sw + sh)
		}
	}
	return bytesPerPixel*(pixels(w, h)+total) + bytesPerSide()*sides, largest
}

// encodeCost returns the same for encoding: the picture, flattened and as gray
// samples, and its file, which grows while it is written.
func encodeCost(w, h int) int64 {
	return 4*bytesPerPixel*pixels(w, h) + bytesPerSide()*int64(w+h)
}

// bytesPerSide bounds what imaging holds beside the pictures for each pixel of a
// side: the weights of its kernels, of up to seven taps of 16 bytes in slices that
// grow by doubling, and, for each processor, a scan line in floating point.
func bytesPerSide() int64 { return 512 + 40*int64(runtime.GOMAXPROCS(0)) }

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
