package resample

// CacheBytes bounds what a [Scaler] keeps for pictures to come, beside what Memory counts.
const CacheBytes = cacheBytes

// Memory returns an upper bound of the bytes that a [Scaler] needs to apply the axes to
// pictures of so many channels, beside the planes and what it keeps of other axes. It is
// the larger of the two orders of the passes:
//
//   - columns first: 8 rows as long as those of the source;
//   - rows first: twice as many rows of the width of the result as y has taps, but never
//     more than the source has; twice that for 4 channels, which may be transparent;
//
// and for the tables up to 12 bytes for each weight (a side of the result times the taps of
// a row) and 96 for each row: less than 1 MB for a resize, about 10 MB at most for an axis
// whose rows are a blur of hundreds of taps each. It takes well-formed axes.
func Memory(x, y *Axis, channels int) int64 {
	unit := unit(channels)
	taps := padded(x.taps(), unit)
	step := lines
	if int64(taps)*int64(x.Out()) > maxWeights || x.Out() > maxRows {
		step = partLines
	}
	covered := y.covered()
	source := int64(max(x.In(), taps)) * int64(channels)
	result := int64(x.Out()) * int64(channels)
	columnsFirst := source * int64(step)
	rowsFirst := source + result*int64(min(2*(y.taps()+step), covered.hi-covered.lo))
	if channels == 4 { // in 16 bits
		rowsFirst = 2 * (rowsFirst + source*int64(step) + result)
	}
	return max(columnsFirst, rowsFirst) + x.tableBytes(unit) + y.tableBytes(1)
}

// tableBytes bounds what compiling an axis takes: the table, its copy in the cache, and
// where rows are padded the table before that; each may have grown to twice what it holds.
// To that comes the scratch for one row in float64.
func (a *Axis) tableBytes(unit int) int64 {
	taps := int64(padded(a.taps(), unit))
	rows := int64(min(a.Out(), maxRows))
	weights := min(rows*taps, maxWeights+taps*min(taps, rows))
	scratch := taps
	for _, s := range a.steps {
		scratch = max(scratch, int64(s.taps()))
	}
	scratch *= 3*8 + 2
	for _, s := range a.steps {
		scratch += 8 * int64(3*s.reach()+2)
	}
	return 3*2*(2*weights+bandBytes*rows) + 2*(scratch+64)
}
