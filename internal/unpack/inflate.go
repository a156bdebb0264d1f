package unpack

import (
	"encoding/binary"
	"io"
)

// An Inflater undoes Deflate (RFC 1951). The zero value is ready for Reset. It is not for
// concurrent use.
type Inflater struct {
	lit  [litSize]entry
	dist [distSize]entry

	src  []byte // what is left of the piece
	more Source
	bits uint64 // the next n bits, from the lowest; those above are 0
	n    uint

	mode   mode
	final  bool // it is the last block
	fixed  bool // the tables are those of the fixed codes
	stored int  // bytes that are left of a stored block
	length int  // bytes that are left of a match that did not fit
	back   int  // its distance

	lengths [286 + 30]uint8
	code    [1 << lengthRoot]entry
}

// A mode is what comes next in a stream.
type mode uint8

const (
	atHead mode = iota // of a block
	inStored
	inCoded
	atEnd
)

// Reset begins a stream. Where src ends, more goes on; it may be nil.
func (z *Inflater) Reset(src []byte, more Source) {
	z.src, z.more = src, more
	z.bits, z.n = 0, 0
	z.mode, z.final = atHead, false
	z.stored, z.length = 0, 0
}

// Inflate writes to buf[at:] and returns where it ended: at the end of buf, or before it
// with io.EOF when the stream has ended. When the stream ends where buf does it is io.EOF too, so
// a buffer without room tells whether there is more. buf[:at] is what was written
// before, at least the last Window bytes of it. Behind the end it may overwrite what is
// in buf.
func (z *Inflater) Inflate(buf []byte, at int) (end int, err error) {
	for {
		full := false
		switch z.mode {
		case atHead:
			err = z.readHead()
		case inStored:
			at, full, err = z.copyStored(buf, at)
		case inCoded:
			at, full, err = z.decode(buf, at)
		case atEnd:
			err = io.EOF
		}
		if full || err != nil {
			return at, err
		}
	}
}

// fill takes bits until there are 56 to 63, or the stream ends.
func (z *Inflater) fill() {
	for z.n < 56 {
		for len(z.src) == 0 {
			if z.more == nil {
				return
			}
			if z.src = z.more.Next(); z.src == nil {
				z.more = nil
			}
		}
		z.bits |= uint64(z.src[0]) << z.n
		z.src = z.src[1:]
		z.n += 8
	}
}

// take returns the next n bits, at most 32.
func (z *Inflater) take(n uint) (uint32, error) {
	if z.n < n {
		if z.fill(); z.n < n {
			return 0, Truncated
		}
	}
	v := uint32(z.bits & (1<<n - 1))
	z.drop(n)
	return v, nil
}

func (z *Inflater) drop(n uint) {
	z.bits >>= n & 63
	z.n -= n
}

// align drops the bits up to the next byte.
func (z *Inflater) align() { z.drop(z.n & 7) }

func (z *Inflater) readHead() error {
	if z.final {
		z.mode = atEnd
		return nil
	}
	head, err := z.take(3)
	if err != nil {
		return err
	}
	z.final = head&1 != 0
	switch head >> 1 {
	case 0:
		return z.beginStored()
	case 1:
		z.useFixed()
	case 2:
		err = z.readCodes()
	default:
		return Corrupt
	}
	z.mode = inCoded
	return err
}

func (z *Inflater) beginStored() error {
	z.align()
	v, err := z.take(32)
	if err != nil {
		return err
	}
	if v&0xffff != ^v>>16 {
		return Corrupt
	}
	z.mode, z.stored = inStored, int(v&0xffff)
	return nil
}

// copyStored copies bytes as they are, first those that were already taken as bits.
func (z *Inflater) copyStored(buf []byte, at int) (end int, full bool, err error) {
	for z.stored > 0 {
		if at == len(buf) {
			return at, true, nil
		}
		if z.n > 0 || len(z.src) == 0 {
			v, err := z.take(8)
			if err != nil {
				return at, false, err
			}
			buf[at] = byte(v)
			at++
			z.stored--
			continue
		}
		n := copy(buf[at:], z.src[:min(z.stored, len(z.src))])
		at += n
		z.src = z.src[n:]
		z.stored -= n
	}
	z.mode = atHead
	return at, false, nil
}

var fixedLengths = func() (lengths [288 + 32]uint8) {
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		case i < 288:
			lengths[i] = 8
		default:
			lengths[i] = 5
		}
	}
	return lengths
}()

func (z *Inflater) useFixed() {
	if z.fixed {
		return
	}
	build(z.lit[:], litRoot, fixedLengths[:288], &litSymbols)
	build(z.dist[:], distRoot, fixedLengths[288:], &distSymbols)
	z.fixed = true
}

// lengthOrder is the order in which the lengths of the codes for the lengths are stored.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a block.
func (z *Inflater) readCodes() error {
	z.fixed = false
	head, err := z.take(14)
	if err != nil {
		return err
	}
	lits, dists, n := int(head&31)+257, int(head>>5&31)+1, int(head>>10)+4
	if lits > 286 || dists > 30 {
		return Corrupt
	}
	var lengths [19]uint8
	for _, symbol := range lengthOrder[:n] {
		v, err := z.take(3)
		if err != nil {
			return err
		}
		lengths[symbol] = uint8(v)
	}
	if !build(z.code[:], lengthRoot, lengths[:], &lengthSymbols) {
		return Corrupt
	}
	if err := z.readLengths(z.lengths[:lits+dists]); err != nil {
		return err
	}
	if !build(z.lit[:], litRoot, z.lengths[:lits], &litSymbols) ||
		!build(z.dist[:], distRoot, z.lengths[lits:lits+dists], &distSymbols) {
		return Corrupt
	}
	pairLiterals(z.lit[:], litRoot)
	return nil
}

// repeats are the symbols from 16 on: the least number of times, and the bits that add to it.
var repeats = [3]struct{ least, extra uint }{{3, 2}, {3, 3}, {11, 7}}

func (z *Inflater) readLengths(lengths []uint8) error {
	for i := 0; i < len(lengths); {
		if z.n < maxCode {
			z.fill()
		}
		e := z.code[z.bits&(1<<lengthRoot-1)]
		n, symbol := uint(e&takesMask), e>>valueShift
		switch {
		case e == noCode:
			return Corrupt
		case n > z.n:
			return Truncated
		}
		z.drop(n)
		if symbol < 16 {
			lengths[i] = uint8(symbol)
			i++
			continue
		}
		r := repeats[symbol-16]
		more, err := z.take(r.extra)
		if err != nil {
			return err
		}
		times, v := int(r.least)+int(more), uint8(0)
		if symbol == 16 {
			if i == 0 {
				return Corrupt
			}
			v = lengths[i-1]
		}
		if i+times > len(lengths) {
			return Corrupt
		}
		for range times {
			lengths[i] = v
			i++
		}
	}
	return nil
}

// decode decodes symbols to the end of the block or of buf.
func (z *Inflater) decode(buf []byte, at int) (end int, full bool, err error) {
	for z.mode == inCoded {
		if at, err = z.decodeFast(buf, at); err != nil || z.mode != inCoded {
			return at, false, err
		}
		if z.length > 0 {
			if at, full = z.copyMatch(buf, at); full {
				return at, true, nil
			}
		}
		if at, full, err = z.decodeOne(buf, at); full || err != nil {
			return at, full, err
		}
	}
	return at, false, nil
}

// decodeOne decodes one symbol.
func (z *Inflater) decodeOne(buf []byte, at int) (end int, full bool, err error) {
	z.fill()
	e := lookUp(z.lit[:], litRoot, z.bits)
	takes := uint(e & takesMask)
	if e&isLiteral != 0 {
		takes = uint(e >> codeShift & codeMask) // the first of two
	}
	switch {
	case e == noCode:
		return at, false, z.lacking()
	case takes > z.n:
		return at, false, Truncated
	case e&isExceptional != 0:
		z.drop(takes)
		z.mode = atHead
		return at, false, nil
	case e&isLiteral != 0 && at == len(buf):
		return at, true, nil
	case e&isLiteral != 0:
		buf[at] = byte(e >> valueShift)
		z.drop(takes)
		return at + 1, false, nil
	}
	length := valueOf(e, z.bits)
	z.drop(takes)
	e = lookUp(z.dist[:], distRoot, z.bits)
	takes = uint(e & takesMask)
	switch {
	case e == noCode:
		return at, false, z.lacking()
	case takes > z.n:
		return at, false, Truncated
	}
	z.back, z.length = valueOf(e, z.bits), length
	z.drop(takes)
	if z.back > at {
		return at, false, Corrupt
	}
	return at, false, nil
}

// lacking is the fault of bits that are no code: there may be too few.
func (z *Inflater) lacking() error {
	if z.n < maxCode {
		return Truncated
	}
	return Corrupt
}

// lookUp returns the entry for the next bits.
func lookUp(t []entry, root uint, bits uint64) entry {
	e := t[bits&(1<<root-1)]
	if e&isTable != 0 {
		e = t[uint64(e>>valueShift)+bits>>root&(1<<(maxCode-root)-1)]
	}
	return e
}

// valueOf returns the length or distance of an entry with its extra bits.
func valueOf(e entry, bits uint64) int {
	extra := bits & (1<<(e&takesMask) - 1) >> (e >> codeShift & codeMask)
	return int(e>>valueShift) + int(extra)
}

// copyMatch copies as much of the match as there is room for.
func (z *Inflater) copyMatch(buf []byte, at int) (end int, full bool) {
	for z.length > 0 {
		if at == len(buf) {
			return at, true
		}
		buf[at] = buf[at-z.back]
		at++
		z.length--
	}
	return at, false
}

// Slack is how much room is worth having behind the end of a stream: with less the slow loop is
// at work. It is what decodeFast may write in one round: eight literals, a match and
// what is copied beyond it.
const Slack = 8 + 258 + 16

// decodeFast decodes while neither data nor room come to an end.
func (z *Inflater) decodeFast(buf []byte, at int) (int, error) {
	src, bits, n := z.src, z.bits, z.n
	limit := len(buf) - Slack
	if z.length > 0 || len(src) < 8 || at > limit {
		return at, nil
	}
	lit, dist := &z.lit, &z.dist
	last, pos := len(src)-8, 0
	var err error
	for pos <= last && at <= limit {
		// 56 bits or more: for four look-ups of literals, or a match, whose codes
		// take at most 48.
		bits |= binary.LittleEndian.Uint64(src[pos:]) << (n & 63)
		pos += int(63-n) >> 3
		n |= 56
		e := lit[bits&(1<<litRoot-1)]
		if e&isLiteral != 0 {
			binary.LittleEndian.PutUint16(buf[at:], uint16(e>>valueShift))
			at += int(e >> countShift & countMask)
			bits >>= e & takesMask
			n -= uint(e & takesMask)
			e = lit[bits&(1<<litRoot-1)]
			if e&isLiteral != 0 {
				binary.LittleEndian.PutUint16(buf[at:], uint16(e>>valueShift))
				at += int(e >> countShift & countMask)
				bits >>= e & takesMask
				n -= uint(e & takesMask)
				e = lit[bits&(1<<litRoot-1)]
				if e&isLiteral != 0 {
					binary.LittleEndian.PutUint16(buf[at:], uint16(e>>valueShift))
					at += int(e >> countShift & countMask)
					bits >>= e & takesMask
					n -= uint(e & takesMask)
					e = lit[bits&(1<<litRoot-1)]
				}
			}
			if e&isLiteral != 0 || pos > last {
				continue
			}
			bits |= binary.LittleEndian.Uint64(src[pos:]) << (n & 63)
			pos += int(63-n) >> 3
			n |= 56
		}
		if e&isExceptional != 0 {
			e = lookUp(lit[:], litRoot, bits)
			if e&isLiteral != 0 {
				buf[at] = byte(e >> valueShift)
				at++
				bits >>= e & takesMask
				n -= uint(e & takesMask)
				continue
			}
			if e&isExceptional != 0 {
				if e == noCode {
					err = Corrupt
					break
				}
				bits >>= e & takesMask
				n -= uint(e & takesMask)
				z.mode = atHead
				break
			}
		}
		length := valueOf(e, bits)
		bits >>= e & takesMask
		n -= uint(e & takesMask)
		e = dist[bits&(1<<distRoot-1)]
		if e&isExceptional != 0 {
			if e = lookUp(dist[:], distRoot, bits); e == noCode {
				err = Corrupt
				break
			}
		}
		back := valueOf(e, bits)
		bits >>= e & takesMask
		n -= uint(e & takesMask)
		if back > at {
			err = Corrupt
			break
		}
		copyWide(buf, at, back, length)
		at += length
	}
	z.src, z.bits, z.n = src[pos:], bits&(1<<(n&63)-1), n
	return at, err
}

// copyWide copies a match by eight bytes, up to fifteen bytes beyond its end.
func copyWide(buf []byte, at, back, length int) {
	end := at + length
	if back < 8 {
		// Eight bytes on, the same lies as far back as the next multiple.
		for range 8 {
			buf[at] = buf[at-back]
			at++
		}
		back *= (back + 7) / back
	}
	for at < end {
		binary.LittleEndian.PutUint64(buf[at:], binary.LittleEndian.Uint64(buf[at-back:]))
		at += 8
	}
}
