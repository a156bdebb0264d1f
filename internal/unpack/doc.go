// Package unpack undoes the compressions of picture files that are held in memory:
// Deflate, zlib's wrapping of it, and the LZW of TIFF.
//
// All of them write into a buffer of the caller's, and what was written there is the
// history that later parts of the stream refer to. So nothing is copied that need not be:
// a strip of known size is unpacked where it is wanted, and a long stream through a
// buffer whose contents the caller moves down, as long as the last [Window] bytes stay.
//
// A Huffman code is decoded by looking up the next bits in a table. The table is wide
// enough for nearly all codes, and where two literals fit into so many bits its entry
// holds both. Far from the ends of data and buffer the bits are loaded eight bytes at a
// time and matches are copied so, beyond their ends, which the next symbol overwrites; near
// an end a slow loop takes one symbol at a time.
//
// The bytes are not trusted. Whatever they are, unpacking ends, in time that follows from
// the bytes that are read and written, and writes nothing outside of the buffer. What
// is wrong with them is a [Fault].
package unpack

// Window is how far back Deflate refers, in bytes.
const Window = 32 << 10

// A Fault says what is wrong with packed data.
type Fault string

func (f Fault) Error() string { return string(f) }

// Faults that callers tell from others.
const (
	Truncated Fault = "compressed data end early"
	Corrupt   Fault = "compressed data are corrupt"
)

// A Source gives the pieces of a stream that lies in several places.
type Source interface {
	// Next returns the piece that follows, nil behind the last.
	Next() []byte
}
