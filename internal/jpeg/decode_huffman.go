package jpeg

import "bytes"

const (
	codeBits  = 9  // of the look-up of plain symbols
	valueBits = 11 // of the look-up of symbols with their values
	skipBits  = 12 // of the look-up of several symbols to skip
)

// A codeTable decodes the symbols of one Huffman table.
type codeTable struct {
	spec    []byte // the numbers of codes of 1 to 16 bits, and then their symbols
	defined bool

	// code has for the next codeBits bits the symbol and, in the upper byte, the length
	// of its code, which is 0 where that is longer.
	code [1 << codeBits]uint16

	// limit[n] is the first code beyond those of up to n bits, followed by zeros to 16
	// bits; shift[n] leads from a code of n bits to its symbol.
	limit [17]uint32
	shift [17]int
}

// An acTable decodes the coefficients of one AC table. Its look-ups are built when a
// scan asks for them.
type acTable struct {
	codeTable
	hasValues, hasSkips bool

	// values has for the next valueBits bits one coefficient: its value in the upper 16
	// bits, the length of the code with the value's bits in the lowest byte, the run of
	// zeros before it in the byte above. The value is 0 where the bits end before it
	// does, or where the symbol is no coefficient: then there is the length of the code
	// alone and the whole symbol, and a length of 0 where the code is longer.
	values [1 << valueBits]uint32

	// skips has for the next skipBits bits as many symbols as their codes fit in: the
	// length of all with their values' bits in the lower byte, and in the upper one by
	// how many coefficients they go on, with skipEnd more where the last ends the block.
	// An upper byte of 64 means that a single step must decide.
	skips [1 << skipBits]uint16
}

const (
	symbolEnd = 0x00 // ends the block
	symbolRun = 0xf0 // sixteen zeros
	skipEnd   = 128
)

// define sets the table from counts and symbols, which are checked; it keeps the look-ups
// when nothing has changed, which is the rule from one picture to the next.
func (t *codeTable) define(spec []byte) (changed bool) {
	t.defined = true
	if bytes.Equal(t.spec, spec) {
		return false
	}
	t.spec = append(t.spec[:0], spec...)
	code, k := 0, 0
	for n := 1; n <= 16; n++ {
		t.shift[n] = k - code
		code, k = code+int(t.spec[n-1]), k+int(t.spec[n-1])
		t.limit[n] = uint32(code) << (16 - n)
		code <<= 1
	}
	t.fill(t.code[:], codeBits)
	return true
}

// fill makes a look-up of symbols like code, for the next bits.
func (t *codeTable) fill(table []uint16, bits int) {
	clear(table)
	at, k := 0, 16
	for n := 1; n <= bits; n++ {
		for range t.spec[n-1] {
			entry, end := uint16(n)<<8|uint16(t.spec[k]), at+1<<(bits-n)
			for ; at < end; at++ {
				table[at] = entry
			}
			k++
		}
	}
}

// lookUp returns the next symbol and the length of its code, which is 0 where there is
// no such code.
func (t *codeTable) lookUp(acc uint64) (symbol byte, n uint) {
	if e := t.code[acc>>(64-codeBits)]; e != 0 {
		return byte(e), uint(e >> 8)
	}
	return t.lookUpLong(acc)
}

func (t *codeTable) lookUpLong(acc uint64) (symbol byte, n uint) {
	bits := uint32(acc >> 48)
	for n := codeBits + 1; n <= 16; n++ {
		if bits < t.limit[n] {
			return t.spec[16+int(bits>>(16-n))+t.shift[n]], uint(n)
		}
	}
	return 0, 0
}

func (t *acTable) define(spec []byte) {
	if t.codeTable.define(spec) {
		t.hasValues, t.hasSkips = false, false
	}
}

func (t *acTable) needValues() {
	if t.hasValues {
		return
	}
	t.hasValues = true
	var symbols [1 << valueBits]uint16
	t.fill(symbols[:], valueBits)
	for i, e := range symbols {
		t.values[i] = valueAt(e, uint64(i)<<(64-valueBits))
	}
}

// valueAt makes an entry of values, for the next bits and the symbol at their front.
func valueAt(e uint16, acc uint64) uint32 {
	symbol, n := uint(e&255), uint(e>>8)
	size := symbol & 15
	if size == 0 || n == 0 || n+size > valueBits {
		return uint32(symbol)<<8 | uint32(n)
	}
	v := extend(acc<<(n&63), size)
	return uint32(v)<<16 | uint32(symbol>>4)<<8 | uint32(n+size)
}

func (t *acTable) needSkips() {
	if t.hasSkips {
		return
	}
	t.hasSkips = true
	var symbols [1 << skipBits]uint16
	t.fill(symbols[:], skipBits)
	for i := range t.skips {
		t.skips[i] = skipAt(&symbols, i)
	}
}

// skipAt makes an entry of skips. It takes symbols for as long as their codes lie within
// the bits, of which those that are not known are taken for 0.
func skipAt(symbols *[1 << skipBits]uint16, bits int) uint16 {
	var total, ahead uint
	for total < skipBits {
		e := symbols[bits<<total&(1<<skipBits-1)]
		symbol, n := e&255, uint(e>>8)
		if n == 0 || total+n > skipBits {
			break
		}
		if symbol == symbolEnd {
			return uint16(ahead+skipEnd)<<8 | uint16(total+n)
		}
		step := uint(symbol>>4) + 1
		if symbol&15 == 0 && symbol != symbolRun || ahead+step > 63 {
			break
		}
		total, ahead = total+n+uint(symbol&15), ahead+step
	}
	if total == 0 {
		return 64 << 8
	}
	return uint16(ahead)<<8 | uint16(total)
}

// readDHT defines tables: T.81, B.2.4.2.
func (d *Decoder) readDHT(s fileSegment) error {
	for b := s.body; len(b) > 0; {
		off := s.end() - len(b)
		if len(b) < 17 {
			return malformed(off, "Huffman table of %d bytes", len(b))
		}
		class, slot := b[0]>>4, b[0]&15
		spec, err := checkCodes(off, b[1:])
		switch {
		case class > 1 || slot > 3 || d.frame.baseline && slot > 1:
			return malformed(off, "Huffman table %#02x", b[0])
		case err != nil:
			return err
		case class == 0:
			d.dc[slot].define(spec)
		default:
			d.ac[slot].define(spec)
		}
		b = b[1+len(spec):]
	}
	return nil
}

// checkCodes returns the part of b that holds a table, if it is a prefix code.
func checkCodes(off int, b []byte) ([]byte, error) {
	total, room := 0, 1
	for _, n := range b[:16] {
		total += int(n)
		room = 2*room - int(n)
		if room < 0 {
			return nil, malformed(off, "Huffman table with too many codes")
		}
	}
	switch {
	case total == 0 || total > 256:
		return nil, malformed(off, "Huffman table with %d codes", total)
	case len(b) < 16+total:
		return nil, malformed(off, "Huffman table of %d bytes for %d codes", len(b), total)
	}
	return b[:16+total], nil
}
