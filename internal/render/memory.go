package render

import (
	"image"
	"runtime"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/resample"
)

// Memory returns an upper bound, in bytes, of what Render needs at its peak for
// the header and the plans: the decoded source at the scale that the plans share, what
// their passes leave for others, and the hungriest pass or encoding.
func Memory(h codec.Header, plans []Plan) int64 {
	s := newSchedule(h, plans)
	source, converted := outlineOf(h, s.decode)
	total, peak := h.Memory(s.decode)+converted, int64(0)
	firsts := make([]raster, len(s.turns))
	for i, t := range s.turns {
		p := plans[t.plan]
		from, orientation := source, h.Orientation
		if t.feeder != decoded {
			from, orientation = firsts[t.feeder].standingFor(p.source), 1
		}
		first, kept, most := p.passes[0].outline(from, orientation, p.chromaFor(0))
		firsts[i] = first
		keptBehind, mostBehind := p.finishOutline(first)
		total += kept + keptBehind
		peak = max(peak, most, mostBehind, p.encodeCost())
	}
	return total + peak
}

// outlineOf returns the outline of the source with header h as it is decoded, and the
// bytes of its copy as RGBA or gray where its form is another.
func outlineOf(h codec.Header, o codec.DecodeOptions) (r raster, converted int64) {
	pitch := 1 / float64(o.Scale)
	size := image.Pt(ceilDiv(h.Width, o.Scale), ceilDiv(h.Height, o.Scale))
	outline := func(channels int) plane {
		return plane{planeOf(nil, size.X*channels, size, channels), pitch, pitch}
	}
	r = raster{width: h.Width, height: h.Height, planes: []plane{outline(4)}}
	switch form := h.Form(o); {
	case form == codec.FormGray:
		r.planes = []plane{outline(1)}
	case form == codec.FormYCbCr:
		r.planes = []plane{outline(1), outline(1), outline(1)}
	case form == codec.FormOther && o.Gray && !h.Alpha:
		r.planes = []plane{outline(1)}
		converted = pixels(size.X, size.Y) + 2*bytesPerPixel*pixels(size.X, grayBand)
	case form == codec.FormOther:
		converted = bytesPerPixel * pixels(size.X, size.Y)
	}
	return r, converted
}

func ceilDiv(n, d int) int { return (n + d - 1) / d }

// outline is project for a raster without samples. It returns the bytes of the result,
// which stay to the end, and what is needed to make it besides, at most.
func (p pass) outline(in raster, o int, chroma float64) (out raster, kept, most int64) {
	switch {
	case !p.dropsColour():
	case in.isRGBA(): // its luma, if it is opaque
		kept = pixels(in.planes[0].Width, in.planes[0].Height)
	default:
		in = raster{in.width, in.height, in.planes[:1]}
	}
	for i, from := range in.planes {
		aim := 1.0
		if i > 0 {
			aim = chroma
		}
		v := p.view(in, from, o, aim)
		out.width, out.height = v.size()
		size := image.Pt(v.x.samples, v.y.samples)
		out.planes = append(out.planes, plane{planeOf(nil, size.X*from.Channels, size, from.Channels), aim, aim})
		x, y := v.stored()
		if x.axis != nil || y.axis != nil {
			kept += int64(from.Channels) * pixels(size.X, size.Y)
			most = max(most, resample.Memory(x.orWhole(), y.orWhole(), from.Channels))
		}
		if v.isTurned() {
			kept += int64(from.Channels) * pixels(size.X, size.Y)
		}
	}
	if p.dropsColour() && out.isRGBA() {
		kept += bytesPerPixel * pixels(out.width, out.height)
	}
	return out, kept, most
}

// finishOutline is finish for a raster without samples, and outline for all of its
// passes.
func (p Plan) finishOutline(r raster) (kept, most int64) {
	for i, pass := range p.passes[1:] {
		if pass.linear {
			out, k, m := pass.outline(r, 1, p.chromaFor(i+1))
			r, kept, most = out, kept+k, max(most, m)
			continue
		}
		most = max(most, drawCost(pass.steps, r.width, r.height))
		size := image.Pt(pass.size(r.width, r.height))
		r = raster{size.X, size.Y, []plane{{planeOf(nil, 4*size.X, size, 4), 1, 1}}}
	}
	return kept, most
}

// drawCost returns an upper bound of the bytes that steps on RGBA hold at their peak for
// an input of w×h pixels, the input among them.
func drawCost(steps []Step, w, h int) (most int64) {
	for _, s := range steps {
		most = max(most, cost(s, w, h))
		w, h = s.size(w, h)
	}
	return most
}

// cost returns drawCost of one step.
func cost(s Step, w, h int) int64 {
	ow, oh := s.size(w, h)
	made, sides := pixels(ow, oh), int64(w+h+ow+oh)
	total := 2 * made // most steps work in two passes
	if r, ok := s.(*Resize); ok {
		// imaging resizes first across, then down, and crops or pads then.
		sw, sh := r.scaled(w, h)
		if sw != w || sh != h {
			total += pixels(sw, h) + pixels(sw, sh)
			sides += int64(sw + sh)
		}
	}
	return bytesPerPixel*(pixels(w, h)+total) + bytesPerSide()*sides
}

// encodeCost returns the same for encoding: the picture, flattened and as planes, its
// coefficients, and its file, which grows while it is written. The compressors of the
// other formats take most of a megabyte by themselves.
func (p Plan) encodeCost() int64 {
	cost := 5*bytesPerPixel*pixels(p.Width, p.Height) + bytesPerSide()*int64(p.Width+p.Height)
	if p.Format != codec.JPEG {
		cost += 1 << 20
	}
	return cost
}

// bytesPerSide bounds what imaging holds beside the pictures for each pixel of a
// side: the weights of its kernels, of up to seven taps of 16 bytes in slices that
// grow by doubling, and, for each processor, a scan line in floating point.
func bytesPerSide() int64 { return 512 + 40*int64(runtime.GOMAXPROCS(0)) }

// bytesPerPixel is the size of a pixel of the pictures that steps work on.
const bytesPerPixel = 4
