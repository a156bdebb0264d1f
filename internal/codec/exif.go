package codec

import (
	"bytes"
	"slices"
)

// maxEXIF is what fits a JPEG segment, and so what anyone writes.
const maxEXIF = 64 << 10

const (
	tagOrientation     = 274
	tagThumbnailOffset = 513
	tagThumbnailLength = 514
)

// loadEXIF reads the block of n bytes at off, nil when it is too large. Some
// writers keep the prefix of JPEG in other containers.
func loadEXIF(s *source, off, n int64) ([]byte, error) {
	if n > maxEXIF {
		return nil, nil
	}
	b, err := s.load(off, n)
	return bytes.TrimPrefix(b, []byte(exifPrefix)), err
}

// openEXIF returns the first directory of a block.
func openEXIF(exif []byte) (directory, error) {
	return firstDirectory(newSource(bytes.NewReader(exif), int64(len(exif))))
}

// exifOrientation returns the orientation, 1…8, or 0 when there is none or it
// makes no sense.
func exifOrientation(exif []byte) int {
	d, err := openEXIF(exif)
	if err != nil {
		return 0
	}
	return d.orientation()
}

// orientation returns the first orientation that makes sense, or 0.
func (d directory) orientation() int {
	for i := range d.entries {
		if e, err := d.entry(i); err == nil && d.isOrientation(e) {
			v, _ := d.value(e, 0)
			return int(v)
		}
	}
	return 0
}

// isOrientation reports whether e holds one orientation, 1…8. One value of any
// whole type lies in the entry itself.
func (d directory) isOrientation(e entry) bool {
	if e.tag != tagOrientation || e.count != 1 {
		return false
	}
	v, err := d.value(e, 0)
	return err == nil && 1 <= v && v <= 8
}

// uprightEXIF returns a copy of a block with orientation 1 and without its
// thumbnail, nil when the block cannot be read.
func uprightEXIF(exif []byte) []byte {
	if len(exif) == 0 {
		return nil
	}
	d, err := openEXIF(exif)
	if err != nil {
		return nil
	}
	out := dropThumbnail(slices.Clone(exif), d)
	for i := range d.entries {
		if e, err := d.entry(i); err == nil && d.isOrientation(e) {
			d.put(out[e.at:], e.kind, 1)
		}
	}
	return out
}

// dropThumbnail unlinks the directory behind d, which describes the thumbnail,
// and takes the thumbnail's bytes out: off the end where they lie there, and as
// zeros elsewhere, since the offsets of other values must hold.
func dropThumbnail(exif []byte, d directory) []byte {
	at, next, err := d.next()
	if err != nil || next == 0 {
		return exif
	}
	d.order.PutUint32(exif[at:], 0)
	thumbnail, err := d.at(next)
	if err != nil {
		return exif
	}
	off, n := thumbnail.find(tagThumbnailOffset), thumbnail.find(tagThumbnailLength)
	end := int64(len(exif))
	if off < at+4 || off >= end || n < 1 {
		return exif
	}
	if n >= end-off {
		return exif[:off]
	}
	clear(exif[off : off+n])
	return exif
}
