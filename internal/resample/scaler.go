package resample

import (
	"context"
	"fmt"
)

const (
	// The taps along a row are read in vectors: rows of weights are padded to their size.
	tapsUnit   = 16 // samples of one channel
	pixelsUnit = 8  // pixels of four
	widestUnit = tapsUnit

	// stripBytes is how much of the source is worked on at a time, rows of it one below
	// another: half of what the second cache of a core has these days.
	stripBytes = 1 << 18

	// lines is how many rows pass through both passes at a time.
	lines = 8

	// partLines is the same where the axis along the rows is too long for a table and
	// worked out anew each time.
	partLines = 64
)

// A Scaler applies axes to planes. The zero value is ready. It owns the memory that it
// needs between the passes and the tables of the axes it met last (at most 32 in 4 MB),
// so that a picture of known sizes allocates nothing, and keeps what the largest picture
// took until [Scaler.Release]. It is not safe for concurrent use.
type Scaler struct {
	cache   cache
	x, y    table  // parts of axes that are too long to be kept
	band    []byte // rows between the passes
	row     []byte // a source row that is shorter than the taps
	ring    ring[uint8]
	colours colours
}

// Release gives all memory back. The Scaler stays usable.
func (s *Scaler) Release() { *s = Scaler{} }

// Scale makes dst of src: x along the rows, y along the columns. The sizes of the planes
// and axes have to fit, and dst and src must not overlap. Channels are independent of each
// other: pixels whose fourth is transparency are for [Scaler.ScaleNRGBA].
//
// The error is about sizes and axes that are not to be used, before anything is written,
// or that of ctx, which is looked at every few rows; dst is then of no use.
func (s *Scaler) Scale(ctx context.Context, dst, src Plane, x, y *Axis) error {
	if err := check(dst, src, x, y); err != nil {
		return err
	}
	return s.scale(ctx, dst, src, x, y)
}

func check(dst, src Plane, x, y *Axis) error {
	for _, err := range []error{src.check(), dst.check(), x.check(), y.check()} {
		if err != nil {
			return fmt.Errorf("resample: %w", err)
		}
	}
	if src.Channels != dst.Channels {
		return fmt.Errorf("resample: %d channels to %d", src.Channels, dst.Channels)
	}
	if x.In() != src.Width || y.In() != src.Height || x.Out() != dst.Width || y.Out() != dst.Height {
		return fmt.Errorf("resample: %d×%d samples to %d×%d by axes from %d×%d to %d×%d",
			src.Width, src.Height, dst.Width, dst.Height, x.In(), y.In(), x.Out(), y.Out())
	}
	return nil
}

func (s *Scaler) scale(ctx context.Context, dst, src Plane, x, y *Axis) error {
	p, err := s.open(ctx, x, y, unit(src.Channels))
	if err != nil {
		return err
	}
	p.dst, p.src = dst, src
	if p.columnsFirst() {
		return p.scaleColumnsFirst(ctx, s)
	}
	return p.scaleRowsFirst(ctx, s)
}

func unit(channels int) int {
	if channels == 4 {
		return pixelsUnit
	}
	return tapsUnit
}

// A picture is what is known while one is scaled.
type picture struct {
	dst, src     Plane
	x, y         cursor
	xFrom, yFrom int // where the axis begins, if it only picks samples
	xPicks       bool
	yPicks       bool
	used         span // the samples of a source row that x depends on
}

func (s *Scaler) open(ctx context.Context, x, y *Axis, unit int) (p picture, err error) {
	s.cache.picture++
	if p.x, err = s.cache.open(ctx, x, unit, &s.x); err != nil {
		return p, fmt.Errorf("resample: %w", err)
	}
	if p.y, err = s.cache.open(ctx, y, 0, &s.y); err != nil {
		return p, fmt.Errorf("resample: %w", err)
	}
	p.used = x.covered()
	p.xFrom, p.xPicks = p.x.picks()
	p.yFrom, p.yPicks = p.y.picks()
	return p, nil
}

// columnsFirst estimates which pass is better done first. The work of a pass is the taps
// for each of its results; vectors along a row pay for 16 or 8 taps at least and for
// adding up what is in them.
func (p *picture) columnsFirst() bool {
	if p.xPicks || p.yPicks {
		return true // a pass that only picks samples is none
	}
	const perColumn, perTap, perSum = 14, 12, 40 // for 64 columns, for 64 taps, for 8 sums
	rows, taps := int64(p.dst.samples()), int64(p.x.taps())
	columns := int64(p.y.taps()) * perColumn
	alongRow := rows * (taps*perTap/64 + perSum/8)
	covered := p.y.axis.covered()
	first := int64(p.used.hi-p.used.lo)*int64(p.src.Channels)*columns/64*int64(p.dst.Height) + alongRow*int64(p.dst.Height)
	last := alongRow*int64(covered.hi-covered.lo) + rows*columns/64*int64(p.dst.Height)
	return first <= last
}

// scaleColumnsFirst sums rows of the source to a row of its width, and that along the row.
func (p *picture) scaleColumnsFirst(ctx context.Context, s *Scaler) error {
	step := p.x.lines()
	for lo := 0; lo < p.dst.Height; lo += step {
		if err := ctx.Err(); err != nil {
			return err
		}
		hi := min(lo+step, p.dst.Height)
		band, err := p.sumBand(ctx, s, lo, hi)
		if err != nil {
			return err
		}
		if err := p.alongRows(ctx, s, p.dst.rows(lo, hi), band); err != nil {
			return err
		}
	}
	return nil
}

// sumBand returns the rows [lo, hi) of the result at the width of the source: those of the
// source itself where y only picks them.
func (p *picture) sumBand(ctx context.Context, s *Scaler, lo, hi int) (Plane, error) {
	if p.yPicks {
		return p.src.rows(p.yFrom+lo, p.yFrom+hi), nil
	}
	c := p.src.Channels
	band := p.src
	band.Height = hi - lo
	band.Stride = max(p.src.Width, p.x.taps()) * c
	s.band = sized(s.band, band.Stride*p.x.lines())
	band.Pix = s.band
	for r := lo; r < hi; { // once, unless the axis is in parts
		t, err := p.y.at(ctx, r)
		if err != nil {
			return band, err
		}
		end := min(hi, t.hi)
		p.sumStrips(band.rows(r-lo, end-lo), t, r)
		r = end
	}
	return band, nil
}

// sumStrips sums rows of the source to those of dst, which are in t from row r on. It
// does so strip by strip where the rows that go into a sum are more than a near cache
// holds, so that they are there for the next sum too.
func (p *picture) sumStrips(dst Plane, t *table, r int) {
	width := max(stripBytes/t.window/64*64, 64)
	for lo := p.used.lo * dst.Channels; lo < p.used.hi*dst.Channels; lo += width {
		hi := min(lo+width, p.used.hi*dst.Channels)
		for y := range dst.Height {
			start, w := t.row(r + y)
			sumRows8(dst.row(y)[lo:hi], p.src.Pix[start*p.src.Stride+lo:], p.src.Stride, w)
		}
	}
}

// alongRows applies x to each row of src.
func (p *picture) alongRows(ctx context.Context, s *Scaler, dst, src Plane) error {
	if p.xPicks {
		for y := range dst.Height {
			copy(dst.row(y), src.row(y)[p.xFrom*src.Channels:])
		}
		return nil
	}
	for lo := 0; lo < dst.Width; {
		t, err := p.x.at(ctx, lo)
		if err != nil {
			return err
		}
		for y := range dst.Height {
			to := dst.row(y)[lo*dst.Channels : t.hi*dst.Channels]
			alongRow(to, s.wide(src.row(y), t.source*src.Channels), t, src.Channels)
		}
		lo = t.hi
	}
	return nil
}

func alongRow(dst, src []byte, t *table, channels int) {
	if channels == 4 {
		sumPixels8(dst, src, t)
	} else {
		sumTaps8(dst, src, t)
	}
}

// wide returns a row that has at least n samples, for weights that are zero beyond its end.
func (s *Scaler) wide(row []byte, n int) []byte {
	if len(row) >= n {
		return row
	}
	s.row = sized(s.row, n)
	copy(s.row, row)
	return s.row
}

// scaleRowsFirst applies x to the rows of the source and sums what it gives.
func (p *picture) scaleRowsFirst(ctx context.Context, s *Scaler) error {
	step := p.x.lines()
	covered := p.y.axis.covered()
	s.ring.reset(p.dst.samples(), p.y.window()+step, covered.hi-covered.lo)
	for r := range p.dst.Height {
		t, err := p.y.at(ctx, r)
		if err != nil {
			return err
		}
		start, w := t.row(r)
		keep := p.y.axis.span(r).lo // trimmed of its zeros a later row can begin before an earlier one
		s.ring.skip(keep)
		for s.ring.next < start+len(w) {
			if err := ctx.Err(); err != nil {
				return err
			}
			lo, hi := s.ring.next, min(s.ring.next+step, covered.hi)
			next := Plane{s.ring.grow(keep, hi), s.ring.width, p.dst.Width, hi - lo, p.dst.Channels}
			if err := p.alongRows(ctx, s, next, p.src.rows(lo, hi)); err != nil {
				return err
			}
		}
		sumRows8(p.dst.row(r), s.ring.from(start), s.ring.width, w)
	}
	return nil
}

// picks reports whether the axis only picks a range of samples, and where that begins.
func (c *cursor) picks() (int, bool) {
	if c.whole == nil {
		return 0, false
	}
	return c.whole.offset()
}

// lines returns how many rows the axis is applied to at a time.
func (c *cursor) lines() int {
	if c.whole == nil {
		return partLines
	}
	return lines
}

// sized returns a slice of n elements in the memory of s, if that has room. It does not
// grow by more than is asked for, as append does.
func sized[S sample](s []S, n int) []S {
	if cap(s) < n {
		return make([]S, n)
	}
	return s[:n]
}
