package render

import (
	"cmp"
	"math"
	"slices"

	"imgwatchd/internal/codec"
)

// A Scaling says how much finer than its renditions a picture is decoded. The finer,
// the closer a rendition is to one made from every pixel, and the slower.
type Scaling string

const (
	Fast     Scaling = "fast"     // at least as fine as the rendition
	Balanced Scaling = "balanced" // the same at half of the size, and half as fine again at less; the default
	Best     Scaling = "best"     // three times as fine, or whole
)

// A margin is how fine a source must be for its rendition, in samples for each pixel of
// it. What is lost at the borders of blocks is little at half of the size, and more at less.
type margin struct {
	atHalf, below float64
	perSigma      float64 // the smallest sigma, in samples, of a Gaussian laid over the source
}

var margins = map[Scaling]margin{
	Fast:     {1, 1, 0.7},
	"":       {1, 1.5, 1},
	Balanced: {1, 1.5, 1},
	Best:     {3, 3, 2},
}

// rounding allows for sides of renditions that are rounded to whole pixels.
const rounding = 0.99

// perFedPixel is the least number of samples for each pixel where a rendition is made of
// another: that one has been scaled before, which shows in one of nearly its size.
const perFedPixel = 1.5

// A demand is what a plan asks of its source.
type demand struct {
	margin
	shrink float64 // pixels of the source for each pixel after the first resize
	sigma  float64 // of the Gaussian before it, in pixels; 0: none
}

// demandOf returns the demand of a linear pass on a picture of w×h pixels.
func demandOf(p pass, w, h int, m margin) demand {
	d := demand{margin: m, shrink: 1}
	for _, s := range p.steps {
		switch s := s.(type) {
		case *Blur:
			d.sigma = math.Hypot(d.sigma, s.Sigma)
		case *Resize:
			if s.Filter == Box { // its steps would fall elsewhere
				return d
			}
			sw, sh := s.scaled(w, h)
			d.shrink = min(float64(w)/float64(sw), float64(h)/float64(sh))
			return d
		}
		w, h = s.size(w, h)
	}
	return d
}

// isMetBy reports whether a source with so many samples per pixel is fine enough.
func (d demand) isMetBy(pitch float64) bool {
	perPixel := d.below
	if pitch >= 0.5 {
		perPixel = d.atHalf
	}
	return pitch >= 1 || pitch*d.shrink >= rounding*perPixel && (d.sigma == 0 || pitch*d.sigma >= d.perSigma)
}

// A schedule is how the renditions of a picture are made from one decoding: the larger
// may feed the smaller.
type schedule struct {
	decode codec.DecodeOptions
	turns  []turn // in order
}

// A turn is one plan's.
type turn struct {
	plan   int // index of the plan
	feeder int // index of the turn whose first pass it starts from; decoded: the decoded picture
}

// decoded is the feeder of a turn that starts from the decoded picture.
const decoded = -1

// newSchedule returns the schedule of plans for a source with header h.
func newSchedule(h codec.Header, plans []Plan) schedule {
	order := make([]int, len(plans))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(plans[b].firstPixels(), plans[a].firstPixels()) })
	var s schedule
	for _, i := range order {
		s.turns = append(s.turns, turn{i, s.feeder(plans, plans[i])})
	}
	s.decode = decodeOptions(h, s.starters(plans))
	return s
}

// feeder returns the smallest rendition that is fine enough for p.
func (s schedule) feeder(plans []Plan, p Plan) int {
	for i, t := range slices.Backward(s.turns) {
		q := plans[t.plan]
		if !q.passes[0].isPlain() || q.passes[0].dropsColour() && !p.passes[0].dropsColour() {
			continue
		}
		pitch := min(float64(q.first.X)/float64(q.source.X), float64(q.first.Y)/float64(q.source.Y))
		pitch *= q.chromaLeftFor(p)
		if pitch < 1 && p.demand.isMetBy(pitch) && pitch*p.demand.shrink >= perFedPixel {
			return i
		}
	}
	return decoded
}

// chromaLeftFor returns how much of the chroma that the first pass of next is to leave, across
// or down, that of p leaves; 1 at most. A picture in RGBA keeps all, but is not told apart.
func (p Plan) chromaLeftFor(next Plan) float64 {
	if next.passes[0].dropsColour() {
		return 1
	}
	return min(p.chromaFor(0)/next.chromaFor(0), 1)
}

// starters returns the plans that start from the decoded picture.
func (s schedule) starters(plans []Plan) []Plan {
	var starters []Plan
	for _, t := range s.turns {
		if t.feeder == decoded {
			starters = append(starters, plans[t.plan])
		}
	}
	return starters
}

// decodeOptions returns the coarsest decoding that is fine enough for all plans.
func decodeOptions(h codec.Header, plans []Plan) codec.DecodeOptions {
	o := codec.DecodeOptions{Scale: 1, Gray: len(plans) > 0}
	for _, p := range plans {
		o.Gray = o.Gray && p.passes[0].dropsColour()
	}
	for _, scale := range h.Format.Scales() {
		fine := func(p Plan) bool { return p.demand.isMetBy(1 / float64(scale)) }
		if !slices.ContainsFunc(plans, func(p Plan) bool { return !fine(p) }) {
			o.Scale = scale
		}
	}
	return o
}
