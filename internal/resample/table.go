package resample

import (
	"context"
	"errors"
	"math"
)

const (
	// precision is the number of fractional bits of a weight.
	precision = 14
	one       = 1 << precision

	// maxOvershoot bounds the sum of a row's weights without their signs. It keeps sums
	// within int32 and, as rows sum to one, each weight below 2 and so within int16.
	maxOvershoot = 3 * one

	// maxWeights bounds a table; a longer axis is worked out in parts, over and over.
	// Rows that are alike share their weights, so that only a Gaussian over a side of
	// thousands of samples with a sigma in the hundreds is longer.
	maxWeights = 1 << 19
	maxRows    = 1 << 16
)

var errOvershoot = errors.New("a chain of kernels that rings too much for fixed point")

// A table holds the rows [lo, hi) of an axis in fixed point.
type table struct {
	lo, hi  int
	taps    int // the weights of each row; 0: each row has its own number
	source  int // the samples that are read, where rows are padded: zeros can lie beyond the side
	longest int // the weights of the longest row
	window  int // the samples that the longest row has before its zeros are trimmed
	rows    []band
	weights []int16
}

// A band is a row of a table: n weights, the first of which is weights[at] and for the
// sample start. Assembly knows this layout.
type band struct {
	start, at, n int32
	like         int32 // the first row of the table that has the same weights, or this one
}

const bandBytes = 16

func (t *table) row(r int) (start int, weights []int16) {
	b := t.rows[r-t.lo]
	return int(b.start), t.weights[b.at:][:b.n]
}

// bytes returns the memory that the table's contents take.
func (t *table) bytes() int { return len(t.weights)*2 + len(t.rows)*bandBytes }

// offset reports whether the table only picks a range of samples, and where that begins.
func (t *table) offset() (int, bool) {
	for r := range t.rows {
		start, w := t.row(t.lo + r)
		if len(w) != 1 || start != int(t.rows[0].start)+r {
			return 0, false
		}
	}
	return int(t.rows[0].start), true
}

// A compiler makes tables of axes.
type compiler struct {
	matrix matrix
	fixed  []int16
}

// compile fills t with the rows of an axis from lo on: all of them, or as many as a
// table holds.
func (c *compiler) compile(ctx context.Context, t *table, a *Axis, lo int) error {
	*t = table{lo: lo, hi: lo, rows: t.rows[:0], weights: t.weights[:0]}
	c.matrix.reset(a)
	distinct := 1
	period, move := a.period()
	first := a.Out() // the first row that no border touches
	for r := lo; r < min(a.Out(), lo+maxRows); r++ {
		if (r == lo || r%64 == 0) && ctx.Err() != nil {
			return ctx.Err()
		}
		if period > 0 && a.inside(r) {
			first = min(first, r)
			if r-period >= first {
				t.repeat(r-lo-period, move)
				continue
			}
		}
		start, exact := c.matrix.row(r)
		skip, fixed, err := c.quantise(exact)
		if err != nil {
			return err
		}
		longest := max(t.longest, len(fixed))
		if r > lo && distinct*padded(longest, widestUnit) > maxWeights {
			break
		}
		distinct += t.add(start+skip, fixed)
		t.longest, t.window = longest, max(t.window, len(exact))
	}
	t.hi = lo + len(t.rows)
	return nil
}

// add appends a row and returns how many rows of weights that added. The row shares those
// of the row before where they are the same: as all rows of a Gaussian but those near
// the border do.
func (t *table) add(start int, w []int16) int {
	if n := len(t.rows); n > 0 {
		last := t.rows[n-1]
		if equal(t.weights[last.at:][:last.n], w) {
			t.rows = append(t.rows, band{int32(start), last.at, last.n, last.like})
			return 0
		}
	}
	t.rows = append(t.rows, band{int32(start), int32(len(t.weights)), int32(len(w)), int32(len(t.rows))})
	t.weights = append(t.weights, w...)
	return 1
}

// repeat appends a row that is like row i of those here, with the samples further on.
func (t *table) repeat(i, samples int) {
	b := t.rows[i]
	b.start += int32(samples)
	t.rows = append(t.rows, b)
}

func equal(a, b []int16) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// quantise rounds a row to fixed point and trims its zeros; skip is how many it trimmed
// in front. The result is valid until the next call.
//
// Not the weights are rounded but their running sum, whose differences are the result. So
// the sum is exact, and no error of long rows of small weights adds up: over any stretch
// of samples the weights are right to one unit. The sum runs from -1/2 to 1/2 and
// rounding is odd, which makes the mirror image of a row the mirror image in fixed point.
func (c *compiler) quantise(exact []float64) (skip int, fixed []int16, err error) {
	c.fixed = c.fixed[:0]
	sum, last, size := -0.5, -one/2, 0
	for i, w := range exact {
		sum += w
		next := int(math.RoundToEven(sum * one))
		if i == len(exact)-1 {
			next = one / 2
		}
		size += max(next-last, last-next)
		c.fixed = append(c.fixed, int16(next-last))
		last = next
	}
	if size >= maxOvershoot {
		return 0, nil, errOvershoot
	}
	fixed = c.fixed
	for fixed[0] == 0 {
		fixed = fixed[1:]
		skip++
	}
	for fixed[len(fixed)-1] == 0 {
		fixed = fixed[:len(fixed)-1]
	}
	return skip, fixed, nil
}

// pad fills t with the rows of from, each lengthened by zeros to the same number of
// taps, a multiple of unit. Rows that would reach beyond the side of in samples begin
// earlier instead, unless the side is shorter than they are.
func (t *table) pad(from *table, in, unit int) {
	taps := padded(from.longest, unit)
	*t = table{
		lo: from.lo, hi: from.hi, taps: taps, source: max(in, taps), longest: taps, window: from.window,
		rows: t.rows[:0], weights: t.weights[:0],
	}
	for i, b := range from.rows {
		start := max(min(b.start, int32(in-taps)), 0)
		shift := b.start - start
		to := band{start, int32(len(t.weights)), int32(taps), b.like}
		if like := int(b.like); like < i && from.rows[like].start-t.rows[like].start == shift {
			to.at = t.rows[like].at
		} else {
			t.weights = append(t.weights, make([]int16, taps)...)
			copy(t.weights[int(to.at+shift):], from.weights[b.at:][:b.n])
		}
		t.rows = append(t.rows, to)
	}
}

func padded(n, unit int) int { return (n + unit - 1) / unit * unit }
