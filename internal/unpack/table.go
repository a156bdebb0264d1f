package unpack

import "math/bits"

// An entry of a table for Huffman codes:
//
//	bits 0…5    how many bits the whole of it takes: one or two codes, extra bits included
//	bits 8…11   the length of the (first) code
//	bits 12…13  how many literals it is, 0 when it is something else
//	bit  14     it is the end of the block, a further table, or no code
//	bit  15     … a further table
//	bits 16…31  the literals, the least length or distance, or where the further table begins
type entry = uint32

const (
	takesMask     = 0x3f
	codeShift     = 8
	codeMask      = 0xf
	countShift    = 12
	countMask     = 3
	isLiteral     = countMask << countShift
	isExceptional = 1 << 14
	isTable       = 1 << 15
	valueShift    = 16

	noCode     entry = isExceptional
	endOfBlock entry = isExceptional | 1<<valueShift
)

// maxCode is the longest code, in bits.
const maxCode = 15

// Codes up to so many bits are looked up at once, longer ones in a further table.
const (
	litRoot    = 11
	distRoot   = 8
	lengthRoot = 7 // of the code for the lengths of codes; it has no longer ones
)

// A further table is for at least two of the symbols.
const (
	litSize  = 1<<litRoot + 286/2<<(maxCode-litRoot)
	distSize = 1<<distRoot + 30/2<<(maxCode-distRoot)
)

// litSymbols and distSymbols are the entries of each symbol without its code.
var litSymbols, distSymbols = func() (lit, dist [288]entry) {
	for i := range lit {
		lit[i], dist[i] = noCode, noCode
	}
	for i := range 256 {
		lit[i] = entry(i)<<valueShift | 1<<countShift
	}
	lit[256] = endOfBlock
	for i, base := 257, 3; i < 285; i++ {
		extra := max(i-261, 0) / 4
		lit[i] = entry(base)<<valueShift | entry(extra)
		base += 1 << extra
	}
	lit[285] = 258 << valueShift
	for i, base := 0, 1; i < 30; i++ {
		extra := max(i-2, 0) / 2
		dist[i] = entry(base)<<valueShift | entry(extra)
		base += 1 << extra
	}
	return lit, dist
}()

// lengthSymbols are those of the code for the lengths of codes.
var lengthSymbols = func() (t [288]entry) {
	for i := range t {
		t[i] = entry(i) << valueShift
	}
	return t
}()

// build makes the table for a code of which each symbol's length is given, 0 for those that
// have none. The code must be complete, but it may be empty, or a single code of one bit.
func build(t []entry, root int, lengths []uint8, symbols *[288]entry) bool {
	var count [maxCode + 1]int
	for _, n := range lengths {
		count[n&codeMask]++
	}
	used, room := len(lengths)-count[0], 1
	for n := 1; n <= maxCode; n++ {
		if room = room<<1 - count[n]; room < 0 {
			return false
		}
	}
	if room > 0 {
		if used > 1 || used == 1 && count[1] == 0 {
			return false
		}
		for i := range t[:1<<root] {
			t[i] = noCode
		}
	}
	var sorted [288]uint16
	sortByLength(sorted[:], lengths, &count)
	fill(t, root, sorted[:used], &count, symbols)
	return true
}

// sortByLength writes the symbols that have a code in the order of their codes.
func sortByLength(sorted []uint16, lengths []uint8, count *[maxCode + 1]int) {
	var at [maxCode + 2]int
	for n := 1; n <= maxCode; n++ {
		at[n+1] = at[n] + count[n]
	}
	for symbol, n := range lengths {
		if n > 0 {
			sorted[at[n]] = uint16(symbol)
			at[n]++
		}
	}
}

// fill writes the table. Codes are read from their first bit, which is the lowest, so they
// are counted up mirrored. While it holds codes of n bits the table is 1<<n entries long: a
// code of one bit more follows the same code with a 0 behind it.
func fill(t []entry, root int, sorted []uint16, count *[maxCode + 1]int, symbols *[288]entry) {
	code, next := 0, 0
	for n := 1; n <= root; n++ {
		if half := 1 << (n - 1); n > 1 {
			copy(t[half:2*half], t[:half])
		} else {
			t[1] = t[0]
		}
		for range count[n] {
			t[code] = withCode(symbols[sorted[next]], n)
			next++
			code = successor(code, n)
		}
	}
	begun, end, further := -1, 1<<root, maxCode-root
	for n := root + 1; n <= maxCode; n++ {
		for range count[n] {
			if head := code & (1<<root - 1); head != begun {
				begun = head
				t[head] = entry(end)<<valueShift | isExceptional | isTable
				end += 1 << further
			}
			table := t[end-1<<further : end]
			e := withCode(symbols[sorted[next]], n)
			for i := code >> root; i < len(table); i += 1 << (n - root) {
				table[i] = e
			}
			next++
			code = successor(code, n)
		}
	}
}

// withCode returns the entry of a symbol whose code has n bits.
func withCode(symbol entry, n int) entry {
	if symbol == noCode {
		return noCode
	}
	return symbol + entry(n) | entry(n)<<codeShift
}

// successor returns the mirrored code of n bits behind code.
func successor(code, n int) int {
	zeros := code ^ (1<<n - 1)
	if zeros == 0 {
		return 0
	}
	top := 1 << (bits.Len(uint(zeros)) - 1)
	return code&(top-1) | top
}

// pairLiterals makes entries of two literals where the bits of an entry hold two codes. From
// the end on, since an entry's rest is an entry before it.
func pairLiterals(t []entry, root int) {
	for i := 1<<root - 1; i >= 0; i-- {
		first := t[i]
		if first&isLiteral == 0 {
			continue
		}
		n := first & takesMask
		second := t[i>>n]
		if m := second & takesMask; second&isLiteral != 0 && n+m <= entry(root) {
			t[i] = first + m + 1<<countShift | second>>valueShift<<(valueShift+8)
		}
	}
}
