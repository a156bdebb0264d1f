package jpeg

import (
	"context"
	"math"
)

// A planeDecoder is what is known of a component between two blocks.
type planeDecoder struct {
	pix    []byte // nil: passed over
	stride int
	size   int  // samples of a side of a block
	seen   bool // its first scan is done

	steps   [blockLen]int16 // of the quantization, in the order of the coefficients of a block
	latched bool            // the steps are those of its first scan

	pred int // the last DC coefficient

	coefs   []int16  // of a progressive file
	history []uint64 // of a progressive file

	// Blocks that wait until there are two for the inverse DCT, and where they go.
	wait    [2 * blockLen]int16
	waitFor [2]int
	waiting int
}

// A scanHeader says which coefficients a scan brings, and how they are coded.
type scanHeader struct {
	n          int // components
	comp       [4]int
	dc, ac     [4]byte // tables
	from, to   int     // coefficients
	high, low  uint    // bits: where high is not 0, the bit low is added to what is known
	off, begin int     // of the header's body and of the coded data
}

// refines reports whether the scan adds a bit to coefficients that are known.
func (h *scanHeader) refines() bool { return h.high != 0 }

// readScanHeader: T.81, B.2.3.
func readScanHeader(f *frameHeader, s fileSegment) (scanHeader, error) {
	h, b := scanHeader{off: s.off, begin: s.end(), to: 63}, s.body
	if len(b) < 6 || b[0] < 1 || int(b[0]) > f.n || len(b) != 4+2*int(b[0]) {
		return h, malformed(s.off, "scan header of %d bytes", len(b))
	}
	h.n = int(b[0])
	blocks := 0
	for i := range h.n {
		id, tables := b[1+2*i], b[2+2*i]
		h.comp[i], h.dc[i], h.ac[i] = f.find(id), tables>>4, tables&15
		if h.comp[i] < 0 {
			return h, malformed(s.off, "scan for component %d that there is not", id)
		}
		for _, other := range h.comp[:i] {
			if other == h.comp[i] {
				return h, malformed(s.off, "scan for component %d twice", id)
			}
		}
		if t := max(h.dc[i], h.ac[i]); t > 3 || f.baseline && t > 1 {
			return h, malformed(s.off, "Huffman table %d", t)
		}
		blocks += f.comp[h.comp[i]].h * f.comp[h.comp[i]].v
	}
	if h.n > 1 && blocks > maxMCUBlocks {
		return h, malformed(s.off, "MCU of %d blocks", blocks)
	}
	if !f.progressive {
		return h, nil
	}
	b = b[1+2*h.n:]
	h.from, h.to, h.high, h.low = int(b[0]), int(b[1]), uint(b[2]>>4), uint(b[2]&15)
	return h, h.checkProgression()
}

func (h *scanHeader) checkProgression() error {
	switch {
	case h.from > h.to || h.to > 63 || h.from == 0 && h.to != 0:
		return malformed(h.off, "scan for coefficients %d to %d", h.from, h.to)
	case h.from > 0 && h.n > 1:
		return malformed(h.off, "scan for the coefficients of several components")
	case h.refines() && h.high != h.low+1 || h.low > 13:
		return malformed(h.off, "scan from bit %d to %d", h.high, h.low)
	}
	return nil
}

// A scan is the way through the blocks of one.
type scan struct {
	header     scanHeader
	cols, rows int // MCUs
	n          int // blocks in an MCU
	block      [maxMCUBlocks]mcuBlock
	endRun     int // blocks of a progressive scan that are to come without a symbol
}

// An mcuBlock is one place in an MCU. The place of its block in the plane is
// first + row×rowStep + col×colStep.
type mcuBlock struct {
	c                       *planeDecoder
	dc                      *codeTable
	ac                      *acTable
	first, rowStep, colStep int
}

// readScan decodes a scan and returns the offset at which to look for the next segment.
func (d *Decoder) readScan(ctx context.Context, s fileSegment, o DecodeOptions) (int, error) {
	if !d.begun {
		if err := d.begin(s, o); err != nil {
			return 0, err
		}
	}
	h, err := readScanHeader(&d.frame, s)
	if err != nil {
		return 0, err
	}
	if d.scans++; d.scans > maxScans {
		return 0, malformed(s.off, "more than %d scans", maxScans)
	}
	if d.frame.progressive && d.scans <= len(d.passed) && d.passed[d.scans-1] {
		d.markSeen(&h)
		return s.end(), nil
	}
	if err := d.prepare(h); err != nil {
		return 0, err
	}
	if err := d.rows(ctx); err != nil {
		return 0, err
	}
	d.markSeen(&h)
	return d.bits.src, nil
}

// markSeen notes the components that had their first scan.
func (d *Decoder) markSeen(h *scanHeader) {
	for _, i := range h.comp[:h.n] {
		d.comp[i].seen = d.comp[i].seen || h.from == 0 && !h.refines()
	}
}

// prepare sets out the blocks of an MCU and checks that their tables are there.
func (d *Decoder) prepare(h scanHeader) error {
	s := &d.scan
	s.header, s.n = h, 0
	s.cols, s.rows = d.frame.mcusX, d.frame.mcusY
	for i, k := range h.comp[:h.n] {
		c := &d.comp[k]
		if err := d.latch(&h, k); err != nil {
			return err
		}
		if err := d.checkTables(&h, i); err != nil {
			return err
		}
		f := d.frame.comp[k]
		if h.n == 1 {
			s.cols, s.rows = f.cols, f.rows
			f.h, f.v = 1, 1
		}
		unit, stride := d.layout.size, c.stride
		if d.frame.progressive {
			unit, stride = 1, f.mcuCols
		}
		for j := range f.h * f.v {
			s.block[s.n] = mcuBlock{
				c: c, dc: &d.dc[h.dc[i]], ac: &d.ac[h.ac[i]],
				first:   unit * (j/f.h*stride + j%f.h),
				rowStep: unit * f.v * stride,
				colStep: unit * f.h,
			}
			s.n++
		}
	}
	return nil
}

// latch takes the quantization table of a component. In a progressive file it is that of
// the first scan, whatever is defined later.
func (d *Decoder) latch(h *scanHeader, k int) error {
	c, slot := &d.comp[k], d.frame.comp[k].tq
	t := &d.quant[slot]
	switch {
	case d.frame.progressive && c.latched:
		return nil
	case !t.defined:
		return malformed(h.off, "no quantization table %d", slot)
	}
	c.latched = true
	slots := slotsOf(d.layout.size)
	for i, step := range t.step {
		c.steps[slots[i]&63] = int16(step)
	}
	return nil
}

// checkTables demands the Huffman tables that the scan uses, and builds their look-ups.
func (d *Decoder) checkTables(h *scanHeader, i int) error {
	dc, ac := &d.dc[h.dc[i]], &d.ac[h.ac[i]]
	usesDC := h.from == 0 && !h.refines()
	usesAC := h.to > 0
	switch {
	case usesDC && !dc.defined:
		return malformed(h.off, "no Huffman table %d for DC", h.dc[i])
	case usesAC && !ac.defined:
		return malformed(h.off, "no Huffman table %d for AC", h.ac[i])
	case !usesAC || h.refines():
		return nil
	}
	decoded := d.comp[h.comp[i]].pix != nil
	if d.frame.progressive || decoded && d.layout.size > 1 {
		ac.needValues()
	}
	if !d.frame.progressive && !(decoded && d.layout.size == 8) {
		ac.needSkips()
	}
	return nil
}

// rows goes through the MCUs, from restart to restart.
func (d *Decoder) rows(ctx context.Context) error {
	s := &d.scan
	d.bits.need = s.n*maxBlockBytes + 16
	d.bits.start(s.header.begin)
	d.forget()
	left, marker := d.segmentLen(), byte(markerRST0)
	for row := range s.rows {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for col := 0; col < s.cols; {
			if left == 0 {
				if err := d.bits.restart(marker); err != nil {
					return err
				}
				d.forget()
				left, marker = d.segmentLen(), markerRST0|(marker+1)&7
			}
			n := min(s.cols-col, left)
			if err := d.span(row, col, n); err != nil {
				return err
			}
			col, left = col+n, left-n
		}
	}
	return nil
}

func (d *Decoder) segmentLen() int {
	if d.interval > 0 {
		return d.interval
	}
	return math.MaxInt
}

// forget starts prediction anew, at a scan and at a restart.
func (d *Decoder) forget() {
	d.scan.endRun = 0
	for i := range d.comp {
		d.comp[i].pred = 0
	}
}

// span decodes n MCUs of a row from col on.
func (d *Decoder) span(row, col, n int) error {
	switch {
	case d.frame.progressive:
		return d.spanProgressive(row, col, n)
	case d.layout.size == 8:
		return d.spanFull(row, col, n)
	case d.layout.size == 1:
		return d.spanMean(row, col, n)
	}
	return d.spanCorner(row, col, n)
}
