package codec

import "encoding/binary"

// TIFF value types that hold whole numbers.
const (
	tiffByte  = 1
	tiffShort = 3
	tiffLong  = 4
)

// tiffHeaderSize is the byte order, the magic number and the first offset.
const tiffHeaderSize = 8

// tiffTypeSizes are the bytes per value of each type.
var tiffTypeSizes = [...]int64{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8}

// A directory is an image file directory of TIFF, which EXIF uses too. It reads
// its entries where they lie and trusts none of their offsets.
type directory struct {
	s       *source
	order   binary.ByteOrder
	off     int64 // of the first entry
	entries int
}

// An entry is a tag with the place of its values.
type entry struct {
	tag   uint16
	kind  uint16
	count int64
	at    int64
}

// firstDirectory finds the first directory of a TIFF structure.
func firstDirectory(s *source) (directory, error) {
	b, err := s.at(0, tiffHeaderSize)
	if err != nil {
		return directory{}, err
	}
	d := directory{s: s}
	switch string(b[:4]) {
	case "II*\x00":
		d.order = binary.LittleEndian
	case "MM\x00*":
		d.order = binary.BigEndian
	default:
		return directory{}, malformed("no byte order")
	}
	off := int64(d.order.Uint32(b[4:]))
	if off < tiffHeaderSize {
		return directory{}, malformed("first directory at %d, inside the header", off)
	}
	return d.at(off)
}

// at returns the directory at off of the same file.
func (d directory) at(off int64) (directory, error) {
	b, err := d.s.at(off, 2)
	if err != nil {
		return directory{}, err
	}
	d.off, d.entries = off+2, int(d.order.Uint16(b))
	if !d.s.holds(d.off, 12*int64(d.entries)) {
		return directory{}, errTruncated
	}
	return d, nil
}

// entry returns the entry number i.
func (d directory) entry(i int) (entry, error) {
	off := d.off + 12*int64(i)
	b, err := d.s.at(off, 12)
	if err != nil {
		return entry{}, err
	}
	e := entry{tag: d.order.Uint16(b), kind: d.order.Uint16(b[2:]), count: int64(d.order.Uint32(b[4:])), at: off + 8}
	if e.size()*e.count > 4 {
		e.at = int64(d.order.Uint32(b[8:]))
	}
	return e, nil
}

// size returns the bytes of one value, 0 when the type is unknown.
func (e entry) size() int64 {
	if int(e.kind) >= len(tiffTypeSizes) {
		return 0
	}
	return tiffTypeSizes[e.kind]
}

// value returns the value number i of an entry of whole numbers.
func (d directory) value(e entry, i int64) (int64, error) {
	if i >= e.count || e.kind != tiffByte && e.kind != tiffShort && e.kind != tiffLong {
		return 0, malformed("tag %d holds %d values of type %d", e.tag, e.count, e.kind)
	}
	b, err := d.s.at(e.at+i*e.size(), int(e.size()))
	if err != nil {
		return 0, err
	}
	switch e.kind {
	case tiffByte:
		return int64(b[0]), nil
	case tiffShort:
		return int64(d.order.Uint16(b)), nil
	default:
		return int64(d.order.Uint32(b)), nil
	}
}

// put writes v as a value of the given kind.
func (d directory) put(b []byte, kind uint16, v byte) {
	switch kind {
	case tiffByte:
		b[0] = v
	case tiffShort:
		d.order.PutUint16(b, uint16(v))
	case tiffLong:
		d.order.PutUint32(b, uint32(v))
	}
}

// find returns the first value of a tag, 0 when it is absent.
func (d directory) find(tag uint16) int64 {
	for i := range d.entries {
		if e, err := d.entry(i); err == nil && e.tag == tag {
			v, _ := d.value(e, 0)
			return v
		}
	}
	return 0
}

// next returns the offset of the directory behind d, 0 when d is the last, and
// the place where that offset is stored.
func (d directory) next() (at, next int64, err error) {
	at = d.off + 12*int64(d.entries)
	b, err := d.s.at(at, 4)
	if err != nil {
		return 0, 0, err
	}
	return at, int64(d.order.Uint32(b)), nil
}
