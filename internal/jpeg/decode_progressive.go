package jpeg

import (
	"context"
	"math/bits"
)

// A progressive file brings the coefficients of a block in several scans, so those that
// the scale needs are stored in between: one of a block at 1/8, 4 at 1/4, 16 at 1/2 and
// all 64 at 1/1, in 16 bits. A scan that refines the coefficients of a band has a bit for
// each that is not 0 already, so what its bits mean depends on all earlier scans of that
// band, also beyond the corner that is needed. Of those, one bit each is stored: history
// has for each block bit z for coefficient z, in the order of the file. At 1/8 no band is
// needed, and there is no history.
//
// Scans that bring nothing of this are passed over: planScans goes through the headers
// of all scans, and from the last to the first keeps those whose band meets what is
// needed; one that refines needs its whole band from the scans before it.

// makeCoefs makes the stores of the components that are decoded, all 0.
func (d *Decoder) makeCoefs() {
	l := &d.layout
	per, total := l.size*l.size, 0
	for _, c := range d.frame.comp[:l.planes] {
		total += c.mcuCols * c.mcuRows
	}
	d.coefs = grown(d.coefs, per*total)
	clear(d.coefs)
	d.history = d.history[:0]
	if l.size > 1 {
		d.history = grown(d.history, total)
		clear(d.history)
	}
	coefs, history := d.coefs, d.history
	for i, f := range d.frame.comp[:l.planes] {
		c, n := &d.comp[i], f.mcuCols*f.mcuRows
		c.coefs, coefs = coefs[:per*n:per*n], coefs[per*n:]
		if l.size > 1 {
			c.history, history = history[:n:n], history[n:]
		}
	}
}

// planScans decides which scans are passed over, from the first one on. It finds a fault
// in the structure of the file before anything is decoded; lenient decoding will come
// to the fault by itself.
func (d *Decoder) planScans(first fileSegment) error {
	headers, err := d.scanHeaders(first)
	if err != nil && !d.lenient {
		return err
	}
	d.passed = grown(d.passed, len(headers))
	var need [4]uint64
	for i := range d.layout.planes {
		need[i] = corner(d.layout.size)
	}
	for i := len(headers) - 1; i >= 0; i-- {
		d.passed[i] = !headers[i].serves(&need)
	}
	return nil
}

// scanHeaders reads the headers of all scans, up to the first fault.
func (d *Decoder) scanHeaders(s fileSegment) ([]scanHeader, error) {
	var headers []scanHeader
	for s.marker != markerEOI {
		if s.marker == markerSOS {
			h, err := readScanHeader(&d.frame, s)
			switch {
			case err != nil:
				return headers, err
			case len(headers) == maxScans:
				return headers, malformed(s.off, "more than %d scans", maxScans)
			}
			headers = append(headers, h)
		}
		next, err := nextSegment(d.data, s.end())
		if err != nil {
			return headers, err
		}
		s = next
	}
	return headers, nil
}

// serves reports whether a scan brings something of what is needed, and adds to that
// what it needs itself.
func (h *scanHeader) serves(need *[4]uint64) bool {
	band, serves := h.band(), false
	for _, k := range h.comp[:h.n] {
		if need[k]&band == 0 {
			continue
		}
		serves = true
		if h.refines() {
			need[k] |= band
		}
	}
	return serves
}

// band has the bits of the coefficients of the scan.
func (h *scanHeader) band() uint64 { return 2<<h.to - 1<<h.from }

// spanProgressive decodes MCUs of a scan into the stores.
func (d *Decoder) spanProgressive(row, col, n int) error {
	h := &d.scan.header
	switch {
	case h.from == 0 && h.refines():
		return d.spanDCBits(row, col, n)
	case h.from == 0:
		return d.spanDC(row, col, n)
	case h.refines():
		return d.spanRefine(row, col, n)
	}
	return d.spanBand(row, col, n)
}

// spanDC reads the upper bits of DC coefficients.
func (d *Decoder) spanDC(row, col, n int) error {
	r, per, low := &d.bits, d.layout.size*d.layout.size, d.scan.header.low
	for ; n > 0; n-- {
		for i := range d.scan.block[:d.scan.n] {
			k := &d.scan.block[i]
			r.refill()
			symbol, length := k.dc.lookUp(r.acc)
			if length == 0 || symbol > 15 {
				return r.blockFault()
			}
			r.skip(length)
			k.c.pred += extend(r.acc, uint(symbol))
			r.skip(uint(symbol))
			if k.c.coefs != nil {
				k.c.coefs[per*(k.first+row*k.rowStep+col*k.colStep)] = int16(k.c.pred << low)
			}
		}
		if r.used() > r.limit && !r.more() {
			return r.blockFault()
		}
		col++
	}
	return nil
}

// spanDCBits reads one more bit of DC coefficients.
func (d *Decoder) spanDCBits(row, col, n int) error {
	r, per, low := &d.bits, d.layout.size*d.layout.size, d.scan.header.low
	for ; n > 0; n-- {
		r.refill()
		for i := range d.scan.block[:d.scan.n] {
			k := &d.scan.block[i]
			bit := r.take(1)
			if k.c.coefs != nil {
				k.c.coefs[per*(k.first+row*k.rowStep+col*k.colStep)] |= int16(bit << low)
			}
		}
		if r.used() > r.limit && !r.more() {
			return r.blockFault()
		}
		col++
	}
	return nil
}

// spanBand reads the upper bits of the coefficients of a band, which stand in blocks of
// one component.
func (d *Decoder) spanBand(row, col, n int) error {
	r, s := &d.bits, &d.scan
	k := &s.block[0]
	size := d.layout.size
	slots, per := slotsOf(size), size*size
	for n > 0 {
		if skipped := min(s.endRun, n); skipped > 0 {
			s.endRun, col, n = s.endRun-skipped, col+skipped, n-skipped
			continue
		}
		at := k.first + row*k.rowStep + col*k.colStep
		if !s.readBand(r, k.c.coefs[per*at:per*at+per], &k.c.history[at], slots, k.ac) {
			return r.blockFault()
		}
		if r.used() > r.limit && !r.more() {
			return r.blockFault()
		}
		col, n = col+1, n-1
	}
	return nil
}

func (s *scan) readBand(r *bitReader, b []int16, history *uint64, slots *slotTable, t *acTable) bool {
	acc, n, pos := r.acc, r.n, r.pos
	known, to, low := *history, s.header.to, s.header.low
	for z := s.header.from; z <= to; z++ {
		if n < 32 {
			acc, n, pos = refill(&r.buf, acc, n, pos)
		}
		e := t.values[acc>>(64-valueBits)]
		v := int(int16(e >> 16))
		if v != 0 {
			z += int(e >> 8 & 15)
			acc, n = acc<<(e&31), n-uint(e&31)
		} else {
			symbol, length := t.lookUp(acc)
			if length == 0 {
				r.keep(acc, n, pos, 0)
				return false
			}
			acc, n = acc<<(length&63), n-length
			size, run := uint(symbol&15), int(symbol>>4)
			if size == 0 && run < 15 {
				s.endRun = 1<<run + int(acc>>1>>(63-run)) - 1
				acc, n = acc<<run, n-uint(run)
				break
			}
			z += run
			if size == 0 {
				continue
			}
			v = extend(acc, size)
			acc, n = acc<<(size&63), n-size
		}
		if z > to {
			r.keep(acc, n, pos, 0)
			return false
		}
		known |= 1 << z
		if i := int(slots[z&127]); i < len(b) {
			b[i] = int16(v << low)
		}
	}
	*history = known
	r.keep(acc, n, pos, 0)
	return true
}

// spanRefine reads one more bit of the coefficients of a band.
func (d *Decoder) spanRefine(row, col, n int) error {
	r, s := &d.bits, &d.scan
	k := &s.block[0]
	size := d.layout.size
	slots, per, band := slotsOf(size), size*size, s.header.band()
	for ; n > 0; n-- {
		at := k.first + row*k.rowStep + col*k.colStep
		if s.endRun > 0 && k.c.history[at]&band == 0 { // the block has no bits in this scan
			s.endRun--
			col++
			continue
		}
		if !s.refineBand(r, k.c.coefs[per*at:per*at+per], &k.c.history[at], slots, k.ac) {
			return r.blockFault()
		}
		if r.used() > r.limit && !r.more() {
			return r.blockFault()
		}
		col++
	}
	return nil
}

// refineBand: T.81, G.1.2.3. Each symbol stands for a run of coefficients that stay 0 and
// one that is no longer; bits follow that correct those between that were not 0.
func (s *scan) refineBand(r *bitReader, b []int16, history *uint64, slots *slotTable, t *acTable) bool {
	known, z, to, delta := *history, s.header.from, s.header.to, 1<<s.header.low
	for s.endRun == 0 && z <= to {
		r.refill()
		symbol, length := t.lookUp(r.acc)
		size, run := symbol&15, int(symbol>>4)
		if length == 0 || size > 1 {
			return false
		}
		r.skip(length)
		value := 0
		switch {
		case size == 1:
			value = (2*r.take(1) - 1) * delta
		case run < 15:
			s.endRun = 1<<run + r.take(uint(run))
			continue
		}
		at := nthZero(known, z, run)
		if at > to {
			return false
		}
		correct(r, b, known&(1<<at-1<<z), slots, int16(delta))
		if value != 0 {
			known |= 1 << at
			if i := int(slots[at&127]); i < len(b) {
				b[i] = int16(value)
			}
		}
		z = at + 1
	}
	if s.endRun > 0 {
		s.endRun--
		correct(r, b, known&(2<<to-1<<z), slots, int16(delta))
	}
	*history = known
	return true
}

// nthZero returns the place of the zero of known that has n others from z on before it.
func nthZero(known uint64, z, n int) int {
	zeros := ^known >> z << z
	for ; n > 0; n-- {
		zeros &= zeros - 1
	}
	return bits.TrailingZeros64(zeros)
}

// correct reads a bit for each coefficient in old.
func correct(r *bitReader, b []int16, old uint64, slots *slotTable, delta int16) {
	for old != 0 {
		z := bits.TrailingZeros64(old)
		old &= old - 1
		if r.n == 0 {
			r.refill()
		}
		bit := r.take(1)
		i := int(slots[z&127])
		if bit == 0 || i >= len(b) {
			continue
		}
		if b[i] >= 0 {
			b[i] += delta
		} else {
			b[i] -= delta
		}
	}
}

// reconstruct turns the stored coefficients into samples.
func (d *Decoder) reconstruct(ctx context.Context) error {
	for i := range d.layout.planes {
		for row := range d.frame.comp[i].rows {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			d.reconstructRow(i, row)
		}
	}
	return nil
}

func (d *Decoder) reconstructRow(i, row int) {
	c, f, size := &d.comp[i], d.frame.comp[i], d.layout.size
	first, per := row*f.mcuCols, size*size
	dst := c.pix[row*size*c.stride:]
	for col := 0; col < f.cols; col++ {
		at, to := first+col, dst[col*size:]
		b := c.coefs[per*at : per*at+per]
		switch {
		case size == 1:
			to[0] = dcSample(int(b[0]), c.steps[0])
		case size == 2:
			idct2((*[4]int16)(b), &c.steps, to, c.stride)
		case size == 4 && c.history[at]&halfCorner&^1 == 0:
			fillBlock4(to, c.stride, dcSample(int(b[0]), c.steps[0]))
		case size == 8 && c.history[at]&^1 == 0:
			fillBlock8(to, c.stride, dcSample(int(b[0]), c.steps[0]))
		default:
			copy(c.wait[c.waiting&1*per:], b)
			c.waitFor[c.waiting&1] = (row*c.stride + col) * size
			if c.waiting++; c.waiting == 2 {
				c.flush()
			}
		}
	}
	c.flush()
}

var halfCorner = corner(4)
