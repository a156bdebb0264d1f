package resample

// A ring holds the rows of a picture that are needed next, as its columns are summed from
// the top downwards. Rows stand one after another in memory; when its end is reached those
// still needed move to the beginning.
type ring[S sample] struct {
	pix   []S
	width int // samples of a row
	base  int // the row at pix[0]
	next  int // the first row that is not there yet
}

// reset empties the ring and makes room for at least window rows at a time, of all in all.
// There is room for twice as many, so that rows move rarely.
func (r *ring[S]) reset(width, window, all int) {
	r.pix = sized(r.pix, min(2*window, all)*width)
	r.width, r.base, r.next = width, 0, 0
}

// skip tells that rows above first are not needed.
func (r *ring[S]) skip(first int) {
	if r.next < first {
		r.base, r.next = first, first
	}
}

// grow appends the rows [next, hi) and returns the memory that they are to be written to.
// Of those before it keeps the ones from first on.
func (r *ring[S]) grow(first, hi int) []S {
	if (hi-r.base)*r.width > len(r.pix) {
		copy(r.pix, r.pix[(first-r.base)*r.width:(r.next-r.base)*r.width])
		r.base = first
	}
	lo := r.next
	r.next = hi
	return r.pix[(lo-r.base)*r.width : (hi-r.base)*r.width]
}

// from returns the rows from first on.
func (r *ring[S]) from(first int) []S { return r.pix[(first-r.base)*r.width:] }
