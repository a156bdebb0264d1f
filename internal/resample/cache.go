package resample

import (
	"context"
	"slices"
)

const (
	cacheEntries = 32
	cacheBytes   = 4 << 20
)

// A cache keeps tables by the axes that they were made of, and forgets those that were
// not used for longest: it holds at most cacheEntries of them in cacheBytes.
type cache struct {
	compiler compiler
	compact  table // scratch
	entries  []*entry
	bytes    int
	picture  uint64 // counts the pictures scaled; tables of the current one stay
}

type entry struct {
	steps []step
	unit  int
	used  uint64
	table table
}

// A cursor gives the tables of one axis while a picture is scaled: the one from the
// cache, or where the axis is too long for a table its parts.
type cursor struct {
	cache *cache
	axis  *Axis
	unit  int // rows are padded to a multiple of it; 0: they are not
	whole *table
	part  *table // scratch; current when it is not empty
}

// open returns a cursor. part is memory for parts that nothing else uses meanwhile.
func (c *cache) open(ctx context.Context, a *Axis, unit int, part *table) (cursor, error) {
	cur := cursor{cache: c, axis: a, unit: unit, part: part}
	part.lo, part.hi = 0, 0
	if cur.whole = c.find(a.steps, unit); cur.whole != nil {
		return cur, nil
	}
	if err := cur.work(ctx, 0); err != nil {
		return cur, err
	}
	if part.hi == a.Out() {
		cur.whole = c.keep(a.steps, unit, part)
	}
	return cur, nil
}

// at returns the table that holds row r.
func (c *cursor) at(ctx context.Context, r int) (*table, error) {
	if c.whole != nil {
		return c.whole, nil
	}
	if r < c.part.lo || r >= c.part.hi {
		if err := c.work(ctx, r); err != nil {
			return nil, err
		}
	}
	return c.part, nil
}

// work makes the current part the one that begins with row r.
func (c *cursor) work(ctx context.Context, r int) error {
	to := c.part
	if c.unit > 0 {
		to = &c.cache.compact
	}
	if err := c.cache.compiler.compile(ctx, to, c.axis, r); err != nil {
		c.part.lo, c.part.hi = 0, 0
		return err
	}
	if c.unit > 0 {
		c.part.pad(to, c.axis.In(), c.unit)
	}
	return nil
}

// window returns how many samples a row spans, at most, with the zeros at its ends.
func (c *cursor) window() int {
	if c.whole != nil {
		return c.whole.window
	}
	return c.axis.taps()
}

// taps returns the length of the longest row, at most.
func (c *cursor) taps() int {
	if c.whole != nil {
		return c.whole.longest
	}
	return padded(c.axis.taps(), max(c.unit, 1))
}

func (c *cache) find(steps []step, unit int) *table {
	for _, e := range c.entries {
		if e.unit == unit && slices.Equal(e.steps, steps) {
			e.used = c.picture
			return &e.table
		}
	}
	return nil
}

// keep copies a table into the cache and returns the copy, or nil if what the current
// picture uses leaves no room. It reuses the memory of an entry that has to go.
func (c *cache) keep(steps []step, unit int, t *table) *table {
	var e *entry
	for len(c.entries) > 0 && (len(c.entries) == cacheEntries || c.bytes+t.bytes() > cacheBytes) {
		oldest := c.oldest()
		if c.entries[oldest].used == c.picture {
			return nil
		}
		e = c.remove(oldest)
	}
	if e == nil {
		e = &entry{}
	}
	e.steps, e.unit, e.used = append(e.steps[:0], steps...), unit, c.picture
	rows, weights := append(e.table.rows[:0], t.rows...), append(e.table.weights[:0], t.weights...)
	e.table = *t
	e.table.rows, e.table.weights = rows, weights
	c.entries = append(c.entries, e)
	c.bytes += t.bytes()
	return &e.table
}

// oldest returns the index of the entry that was not used for longest.
func (c *cache) oldest() int {
	oldest := 0
	for i, e := range c.entries {
		if e.used < c.entries[oldest].used {
			oldest = i
		}
	}
	return oldest
}

func (c *cache) remove(i int) *entry {
	e := c.entries[i]
	c.entries = slices.Delete(c.entries, i, i+1)
	c.bytes -= e.table.bytes()
	return e
}
