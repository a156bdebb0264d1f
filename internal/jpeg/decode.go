package jpeg

import (
	"context"
	"errors"
	"image"
)

// maxScans bounds the work that a small progressive file can ask for: each scan passes
// over the whole picture. Encoders write about ten.
const maxScans = 500

// decoderSize bounds the bytes of a Decoder without its planes, with the headers of as many
// scans as there may be.
const decoderSize = 192 << 10

// A Decoder decodes one picture after the other. The zero value is ready. It keeps its
// memory, so that in steady state nothing is allocated; the picture that it returned is
// valid until its next call. It is not for concurrent use.
type Decoder struct {
	data    []byte
	frame   frameHeader
	layout  layout
	lenient bool
	begun   bool // a scan was reached: the planes stand
	warning error

	dc       [4]codeTable
	ac       [4]acTable
	quant    [4]quantTable
	interval int // MCUs between two restarts, 0 for none
	comp     [4]planeDecoder
	scan     scan
	scans    int    // seen
	passed   []bool // for a progressive file: the scans that are passed over
	bits     bitReader

	pix     []byte   // the planes
	out     []byte   // the picture, where that is not the planes
	coefs   []int16  // of a progressive file, between its scans
	history []uint64 // of a progressive file: the coefficients that are not 0

	ycbcr image.YCbCr
	gray  image.Gray
	rgba  image.RGBA
	cmyk  image.CMYK
}

// DecodeOptions say how much of a picture is wanted.
type DecodeOptions struct {
	// Scale is 1, 2, 4 or 8: the sides are divided by it and rounded up. 0 means 1.
	Scale int
	// Gray leaves out the chroma of Y'CbCr pictures, which become *image.Gray. It does
	// not concern other colour spaces.
	Gray bool
	// Lenient means that a fault within the scans ends decoding and not the picture: it
	// is returned as far as it was decoded, the rest gray, and Warning tells the fault.
	Lenient bool
}

func (o DecodeOptions) scale() int {
	switch o.Scale {
	case 2, 4, 8:
		return o.Scale
	}
	return 1
}

// Decode decodes the picture in data. It returns an *image.Gray, an *image.YCbCr, an
// *image.RGBA for pictures that are coded as RGB, or an *image.CMYK, which holds inks (255
// is full) also where the file holds YCCK or inverted inks. Adobe's segment means that
// they are inverted, as image/jpeg has it. Planes with sampling factors that no ratio of
// package image stands for become 4:4:4 by replication. The planes go on to whole MCUs
// behind the picture's rectangle.
//
// An error is a *FormatError, an *UnsupportedError, or the cause of ctx.
func (d *Decoder) Decode(ctx context.Context, data []byte, o DecodeOptions) (image.Image, error) {
	switch o.Scale {
	case 0, 1, 2, 4, 8:
	default:
		return nil, errors.New("jpeg: the scale must be 1, 2, 4 or 8")
	}
	d.reset(data, o)
	err := d.readSegments(ctx, o)
	d.data, d.bits.data, d.scan.header = nil, nil, scanHeader{}
	switch {
	case err == nil:
	case context.Cause(ctx) != nil:
		return nil, context.Cause(ctx)
	case !o.Lenient || !d.begun:
		return nil, err
	default:
		d.warning = err
	}
	if d.frame.progressive {
		if err := d.reconstruct(ctx); err != nil {
			return nil, err
		}
	}
	return d.picture(), nil
}

// Warning is the fault that ended the last Decode, where that was lenient and returned a
// picture all the same.
func (d *Decoder) Warning() error { return d.warning }

// Release gives back the memory that the Decoder has kept, the last picture's included.
func (d *Decoder) Release() { *d = Decoder{} }

func (d *Decoder) reset(data []byte, o DecodeOptions) {
	d.data, d.bits.data = data, data
	d.frame, d.layout = frameHeader{}, layout{}
	d.lenient, d.begun, d.warning = o.Lenient, false, nil
	d.interval, d.scans = 0, 0
	for i := range 4 {
		d.dc[i].defined, d.ac[i].defined, d.quant[i].defined = false, false, false
		d.comp[i] = planeDecoder{}
	}
}

// readSegments goes through the file. In an ordinary file of one scan nothing is read twice.
func (d *Decoder) readSegments(ctx context.Context, o DecodeOptions) error {
	if len(d.data) < 2 || d.data[0] != 0xff || d.data[1] != markerSOI {
		return malformed(0, "no start of image")
	}
	for off := 2; ; {
		s, err := nextSegment(d.data, off)
		if err != nil {
			return err
		}
		off = s.end()
		switch {
		case s.marker == markerSOS:
			off, err = d.readScan(ctx, s, o)
		case s.marker == markerEOI && d.begun:
			return d.checkComplete(s)
		default:
			err = d.readTables(s)
		}
		if err != nil {
			return err
		}
	}
}

func (d *Decoder) readTables(s fileSegment) error {
	switch s.marker {
	case markerDHT:
		return d.readDHT(s)
	case markerDQT:
		return d.readDQT(s)
	case markerDRI:
		if len(s.body) != 2 {
			return malformed(s.off, "restart interval of %d bytes", len(s.body))
		}
		d.interval = int(s.body[0])<<8 | int(s.body[1])
		return nil
	}
	if d.begun && !s.isFrame() {
		return checkMarker(s)
	}
	return d.frame.read(s)
}

// begin makes the planes. It is called at the first scan.
func (d *Decoder) begin(s fileSegment, o DecodeOptions) error {
	if err := d.frame.checkStarted(s); err != nil {
		return err
	}
	if err := d.checkLength(); err != nil {
		return err
	}
	d.layout = newLayout(&d.frame, o)
	d.makePlanes()
	d.begun = true
	if d.frame.progressive {
		d.makeCoefs()
		return d.planScans(s)
	}
	return nil
}

// checkLength refuses pictures that their data cannot hold before memory is taken for
// them. A block takes at least a bit, and a second one to end its coefficients in a
// sequential file.
func (d *Decoder) checkLength() error {
	bits := d.frame.blocks()
	if !d.frame.progressive {
		bits *= 2
	}
	if !d.lenient && bits > 8*int64(len(d.data)) {
		return truncated(len(d.data))
	}
	return nil
}

// makePlanes cuts the planes out of one piece of memory.
func (d *Decoder) makePlanes() {
	l := &d.layout
	d.pix = grown(d.pix, int(l.planeBytes()))
	if d.lenient {
		fillBytes(d.pix, 128)
	}
	rest := d.pix
	for i := range l.planes {
		c, n := &d.comp[i], int(l.planeSize(i))
		c.stride, c.size = d.frame.comp[i].mcuCols*l.size, l.size
		c.pix, rest = rest[:n:n], rest[n:]
	}
}

// checkComplete demands that every component got its first scan. The plane of a missing
// one holds nothing.
func (d *Decoder) checkComplete(s fileSegment) error {
	for i := range d.frame.n {
		if !d.comp[i].seen {
			return malformed(s.off, "no scan for component %d", i+1)
		}
	}
	return nil
}

// grown returns a slice of length n, in the memory of s where that is enough.
func grown[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:n]
	}
	return make([]T, n)
}

func fillBytes(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
