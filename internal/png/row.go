package png

// A rowReader makes the picture of the rows of its passes, one after the other.
type rowReader struct {
	d      *Decoder
	passes []pass
	w, h   int // of the current pass
	y      int // the next row of it
	prev   []byte
	spare  int // which of d.rows is not prev
	stride int
	pixel  int // bytes of a pixel in the picture
	inside int // filters look back so many bytes
}

func newRowReader(d *Decoder) *rowReader {
	c := d.config
	stride := len(d.line)
	r := &rowReader{d: d, passes: c.passes(), stride: stride, pixel: stride / c.Width, inside: (c.bitsPerPixel() + 7) / 8}
	r.begin()
	return r
}

// begin begins the first of the passes that has pixels.
func (r *rowReader) begin() {
	for ; len(r.passes) > 0; r.passes = r.passes[1:] {
		r.w, r.h = r.passes[0].size(r.d.config)
		if r.w > 0 && r.h > 0 {
			break
		}
	}
	r.y, r.spare = 0, 0
	r.prev = r.d.rows[1]
	clear(r.prev)
}

// isDone reports whether there are no more rows.
func (r *rowReader) isDone() bool { return len(r.passes) == 0 }

// size returns the bytes of the next row, its filter among them.
func (r *rowReader) size() int { return 1 + int(r.d.config.rowBytes(r.w)) }

// read reads the next row.
func (r *rowReader) read(row []byte) error {
	d, p := r.d, r.passes[0]
	dst := d.pix[(p.y+r.y*p.dy)*r.stride:][:r.stride]
	// The row as it is stored: where it can be, in its place in the picture.
	cur := d.rows[r.spare][:len(row)-1]
	if d.convert == nil && p.dx == 1 && !d.config.Interlaced {
		cur = dst
	}
	if err := unfilter(row[0], cur, row[1:], r.prev[:len(cur)], r.inside); err != nil {
		return err
	}
	// The row in the picture's form.
	line := cur
	if d.convert != nil {
		line = dst
		if p.dx > 1 {
			line = d.line[:r.w*r.pixel]
		}
		d.convert(line, cur)
	}
	if p.dx > 1 {
		scatter(dst[p.x*r.pixel:], line, p.dx, r.pixel)
	} else if d.convert == nil {
		copy(dst, cur)
	}
	d.noteIndices(line)
	r.next(cur)
	return nil
}

// next moves on to the row below cur, which may be that of another pass.
func (r *rowReader) next(cur []byte) {
	r.prev, r.spare = cur, 1-r.spare
	if r.y++; r.y == r.h {
		r.passes = r.passes[1:]
		r.begin()
	}
}

// scatter writes the pixels of a line to every dx-th pixel of dst.
func scatter(dst, line []byte, dx, pixel int) {
	step := dx * pixel
	for ; len(line) > 0; line = line[pixel:] {
		copy(dst, line[:pixel])
		dst = dst[min(step, len(dst)):]
	}
}
