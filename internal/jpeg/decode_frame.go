package jpeg

// A frameHeader is what the segments before the first scan say about the picture.
type frameHeader struct {
	baseline    bool
	progressive bool
	width       int
	height      int
	n           int // components; 0 before the frame header
	comp        [4]frameComponent
	hMax, vMax  int // largest sampling factors
	mcusX       int // interleaved MCUs in a row
	mcusY       int
	jfif        bool // a JFIF segment was seen
	adobe       bool // an Adobe segment was seen
	transform   byte // what it says about the colour space
}

// A frameComponent is one colour of the picture, in blocks of 8×8 samples.
type frameComponent struct {
	id   byte
	h, v int
	tq   byte // quantisation table

	cols, rows       int // blocks that hold samples of the picture
	mcuCols, mcuRows int // blocks of whole MCUs
}

// readFrame reads up to the first scan.
func readFrame(data []byte) (frameHeader, error) {
	var f frameHeader
	if len(data) < 2 || data[0] != 0xff || data[1] != markerSOI {
		return f, malformed(0, "no start of image")
	}
	for off := 2; ; {
		s, err := nextSegment(data, off)
		if err != nil {
			return f, err
		}
		if s.marker == markerSOS {
			return f, f.checkStarted(s)
		}
		if err := f.read(s); err != nil {
			return f, err
		}
		off = s.end()
	}
}

func (f *frameHeader) checkStarted(s fileSegment) error {
	if f.n == 0 {
		return malformed(s.off, "no frame header before the first scan")
	}
	return nil
}

// read takes in a segment that stands before the first scan.
func (f *frameHeader) read(s fileSegment) error {
	switch {
	case s.isFrame():
		return f.readSOF(s)
	case s.marker == markerEOI:
		return malformed(s.off, "no picture before the end marker")
	case s.marker == markerAPP0 && len(s.body) >= 5 && string(s.body[:5]) == "JFIF\x00":
		f.jfif = true
	case s.marker == markerAPP14 && len(s.body) >= 12 && string(s.body[:5]) == "Adobe":
		f.adobe, f.transform = true, s.body[11]
	}
	return checkMarker(s)
}

// checkMarker refuses segments that change what is coded in a way that is not decoded.
func checkMarker(s fileSegment) error {
	switch m := s.marker; {
	case m == markerDHP || m == 0xdf:
		return unsupported(s.off, "hierarchical coding")
	case m == 0xcc:
		return unsupported(s.off, "arithmetic coding")
	case m == markerDNL:
		return unsupported(s.off, "a height that a DNL marker gives")
	case m == 0xc8 || m > 0xef && m < markerCOM || m == 0xff:
		return unsupported(s.off, "marker %#02x", m)
	}
	return nil
}

func (f *frameHeader) readSOF(s fileSegment) error {
	b := s.body
	if f.n != 0 {
		return malformed(s.off, "two frame headers")
	}
	if err := checkCoding(s); err != nil {
		return err
	}
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return malformed(s.off, "frame header of %d bytes", len(b))
	}
	f.baseline, f.progressive = s.marker == markerSOF0, s.marker == markerSOF2
	f.height, f.width = int(b[1])<<8|int(b[2]), int(b[3])<<8|int(b[4])
	switch n := b[5]; {
	case b[0] != 8:
		return unsupported(s.off, "%d-bit precision", b[0])
	case n != 1 && n != 3 && n != 4:
		return unsupported(s.off, "%d components", n)
	case f.width == 0:
		return malformed(s.off, "width of 0")
	case f.height == 0:
		return unsupported(s.off, "a height that a DNL marker gives")
	}
	for i, c := 0, b[6:]; len(c) > 0; i, c = i+1, c[3:] {
		f.comp[i] = frameComponent{id: c[0], h: int(c[1] >> 4), v: int(c[1] & 15), tq: c[2]}
		if err := f.checkComponent(s, i); err != nil {
			return err
		}
	}
	f.n = int(b[5])
	f.layOut()
	return nil
}

// checkCoding names the ways of coding that are not decoded.
func checkCoding(s fileSegment) error {
	switch m := s.marker; {
	case m <= markerSOF2:
		return nil
	case m == 0xc3:
		return unsupported(s.off, "lossless coding")
	case m <= 0xc7:
		return unsupported(s.off, "hierarchical coding")
	}
	return unsupported(s.off, "arithmetic coding")
}

func (f *frameHeader) checkComponent(s fileSegment, i int) error {
	c := f.comp[i]
	switch {
	case c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4:
		return malformed(s.off, "sampling factors %d×%d", c.h, c.v)
	case c.tq > 3:
		return malformed(s.off, "quantization table %d", c.tq)
	}
	for _, other := range f.comp[:i] {
		if other.id == c.id {
			return malformed(s.off, "two components %d", c.id)
		}
	}
	return nil
}

// layOut counts MCUs and blocks. A single component is coded block by block, whatever
// its sampling factors: T.81, A.2.2.
func (f *frameHeader) layOut() {
	if f.n == 1 {
		f.comp[0].h, f.comp[0].v = 1, 1
	}
	f.hMax, f.vMax = 0, 0
	for _, c := range f.comp[:f.n] {
		f.hMax, f.vMax = max(f.hMax, c.h), max(f.vMax, c.v)
	}
	f.mcusX, f.mcusY = ceilDiv(f.width, 8*f.hMax), ceilDiv(f.height, 8*f.vMax)
	for i := range f.comp[:f.n] {
		c := &f.comp[i]
		c.cols = ceilDiv(ceilDiv(f.width*c.h, f.hMax), 8)
		c.rows = ceilDiv(ceilDiv(f.height*c.v, f.vMax), 8)
		c.mcuCols, c.mcuRows = f.mcusX*c.h, f.mcusY*c.v
	}
}

// blocks counts the blocks that hold samples of the picture.
func (f *frameHeader) blocks() int64 {
	var n int64
	for _, c := range f.comp[:f.n] {
		n += int64(c.cols) * int64(c.rows)
	}
	return n
}

// find returns the index of the component with that identifier, -1 without one.
func (f *frameHeader) find(id byte) int {
	for i, c := range f.comp[:f.n] {
		if c.id == id {
			return i
		}
	}
	return -1
}

// colorSpace follows the segments, and without their word the identifiers, as
// image/jpeg does.
func (f *frameHeader) colorSpace() ColorSpace {
	switch {
	case f.n == 1:
		return Gray
	case f.n == 3 && f.isRGB():
		return RGB
	case f.n == 3:
		return YCbCr
	case f.adobe && f.transform != 0:
		return YCCK
	}
	return CMYK
}

func (f *frameHeader) isRGB() bool {
	if f.jfif {
		return false
	}
	return f.adobe && f.transform == 0 || f.comp[0].id == 'R' && f.comp[1].id == 'G' && f.comp[2].id == 'B'
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
