package render

import (
	"context"
	"image"
	"slices"

	"github.com/disintegration/imaging"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/resample"
)

// A pass is steps that are carried out together: linear ones as one matrix for each
// side of each plane, others one after the other on RGBA.
type pass struct {
	steps  []Step
	linear bool
}

// passesOf sorts steps into passes. The first is linear, if need be without steps: it
// also turns the picture upright.
func passesOf(steps []Step) []pass {
	passes := []pass{{linear: true}}
	for _, s := range apart(steps) {
		_, linear := asLinear(s)
		if last := &passes[len(passes)-1]; last.linear == linear {
			last.steps = append(last.steps, s)
		} else {
			passes = append(passes, pass{[]Step{s}, linear})
		}
	}
	return passes
}

// apart returns steps with each fit contain taken apart into its scaling and its padding.
func apart(steps []Step) []Step {
	var parts []Step
	for _, s := range steps {
		r, ok := s.(*Resize)
		if !ok || r.Fit != Contain {
			parts = append(parts, s)
			continue
		}
		inside := *r
		inside.Fit = Inside
		parts = append(parts, &inside, r.padding())
	}
	return parts
}

// size returns the size of the result for an input of w×h pixels.
func (p pass) size(w, h int) (int, int) {
	for _, s := range p.steps {
		w, h = s.size(w, h)
	}
	return w, h
}

// dropsColour reports whether a linear pass makes the picture gray.
func (p pass) dropsColour() bool {
	return slices.ContainsFunc(p.steps, func(s Step) bool { _, ok := s.(*Grayscale); return ok })
}

// isPlain reports whether a linear pass only scales the picture, in a way that others may
// build on: once, for what was smaller on the way is not as fine as it is large.
func (p pass) isPlain() bool {
	scales := false
	for _, s := range p.steps {
		switch s := s.(type) {
		case *Grayscale:
		case *Resize:
			if scales || s.Fit == Cover || s.Filter != "" && s.Filter != Lanczos && s.Filter != CatmullRom {
				return false
			}
			scales = true
		default:
			return false
		}
	}
	return scales
}

// project carries out a linear pass on in, which is stored in orientation o. The result
// has chroma samples per pixel, 1 or ½, both ways.
func (p pass) project(ctx context.Context, w *workspace, in raster, o int, chroma float64) (raster, error) {
	if p.dropsColour() {
		in = in.gray(w)
	}
	out := raster{planes: make([]plane, 0, len(in.planes))}
	for i, from := range in.planes {
		aim := 1.0
		if i > 0 {
			aim = chroma
		}
		v := p.view(in, from, o, aim)
		to, err := w.carryOut(ctx, from.Plane, v)
		if err != nil {
			return raster{}, job.Reject(job.ClassOf(err), p.name(), err)
		}
		out.planes = append(out.planes, plane{to, aim, aim})
		out.width, out.height = v.size()
	}
	if p.dropsColour() && out.isRGBA() {
		return rasterOf(imaging.Grayscale(out.rgba()), out.width, out.height, 1), nil
	}
	return out, nil
}

// name returns the name of the pass in errors: that of its last step.
func (p pass) name() string {
	if len(p.steps) == 0 {
		return "upright"
	}
	return p.steps[len(p.steps)-1].Name()
}

// view returns how a plane of in is seen at the end of the pass, with aim samples per pixel.
// It is the last scaling that makes them so few: after an earlier one they might be enlarged.
func (p pass) view(in raster, from plane, o int, aim float64) *view {
	v := &view{
		x: side{samples: from.Width, pixels: in.width, pitch: from.x, aim: 1},
		y: side{samples: from.Height, pixels: in.height, pitch: from.y, aim: 1},
	}
	v.upright(o)
	last := p.lastResize()
	for i, s := range p.steps {
		if i == last {
			v.x.aim, v.y.aim = aim, aim
		}
		l, _ := asLinear(s)
		l.project(v)
	}
	v.x.aim, v.y.aim = aim, aim
	v.settle()
	return v
}

// lastResize returns the index of the last step that scales, -1 without one.
func (p pass) lastResize() int {
	for i, s := range slices.Backward(p.steps) {
		if _, ok := s.(*Resize); ok {
			return i
		}
	}
	return -1
}

// carryOut returns what v sees of src. It shares src's samples when that is all of it.
func (w *workspace) carryOut(ctx context.Context, src resample.Plane, v *view) (resample.Plane, error) {
	if x, y := v.stored(); x.axis != nil || y.axis != nil {
		dst := w.plane(x.samples, y.samples, src.Channels)
		if err := w.scale(ctx, dst, src, x.orWhole(), y.orWhole()); err != nil {
			return dst, err
		}
		src = dst
	}
	if v.isTurned() {
		dst := w.plane(v.x.samples, v.y.samples, src.Channels)
		writeTurned(dst, src, v)
		src = dst
	}
	return src, nil
}

// scale applies axes to a plane.
func (w *workspace) scale(ctx context.Context, dst, src resample.Plane, x, y *resample.Axis) error {
	if src.Channels == 1 {
		return w.scaler.Scale(ctx, dst, src, x, y)
	}
	return w.scaler.ScaleNRGBA(ctx, nrgbaOf(dst), nrgbaOf(src), x, y)
}

// draw carries out a pass that is not linear.
func (p pass) draw(ctx context.Context, in raster) (raster, error) {
	img := in.rgba()
	for _, s := range p.steps {
		if err := ctx.Err(); err != nil {
			return raster{}, job.Reject(job.ClassOf(err), s.Name(), err)
		}
		l, ok := s.(local)
		if !ok {
			img = s.apply(img)
			continue
		}
		var err error
		if img, err = inBands(ctx, img, l.reach(), s.apply); err != nil {
			return raster{}, job.Reject(job.ClassOf(err), s.Name(), err)
		}
	}
	size := img.Rect.Size()
	return rasterOf(img, size.X, size.Y, 1), nil
}

// inBands applies a local step to img in bands of rows, and looks between them
// whether to go on: a wide sharpening of a large picture takes minutes. Each band comes
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

// chromaFor returns how many chroma samples per pixel a pass is to leave for what comes
// next: a JPEG stores half as many both ways, steps on RGBA want all.
func (p Plan) chromaFor(pass int) float64 {
	if pass == len(p.passes)-1 && p.Format == codec.JPEG {
		return 0.5
	}
	return 1
}
