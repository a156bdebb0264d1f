package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"io"
	"iter"

	"golang.org/x/image/webp"
)

// Flags of the VP8X chunk.
const (
	webpAnimation = 1 << 1
	webpAlpha     = 1 << 4
)

// webpChunks walks over the chunks between off and end.
func webpChunks(s *source, off, end int64) iter.Seq2[chunk, error] {
	return func(yield func(chunk, error) bool) {
		for off < end {
			c, err := webpChunk(s, off, end)
			if !yield(c, err) || err != nil {
				return
			}
			off = c.off + c.n + c.n&1
		}
	}
}

func webpChunk(s *source, off, end int64) (chunk, error) {
	b, err := s.at(off, 8)
	if err != nil {
		return chunk{}, err
	}
	c := chunk{string(b[:4]), off + 8, int64(binary.LittleEndian.Uint32(b[4:]))}
	if c.off+c.n > end {
		return chunk{}, malformed("chunk %q of %d bytes reaches beyond its parent", c.kind, c.n)
	}
	return c, nil
}

// A webpInfo is what the chunks say.
type webpInfo struct {
	width, height int64 // of the canvas
	extended      bool  // a VP8X chunk gave the canvas
	flags         byte
	frames        int64
	first         webpFrame
	icc, exif     chunk
}

// A webpFrame is one picture: its place on the canvas and its chunks.
type webpFrame struct {
	left, top     int64
	width, height int64 // as the bitstream says
	alpha         chunk // ALPH, if its kind is set
	bits          chunk // VP8 or VP8L
	hasAlpha      bool
}

// readWebP walks the chunks of the file, which must be all there.
func readWebP(s *source, lim Limits) (webpInfo, error) {
	var info webpInfo
	b, err := s.at(0, 12)
	if err != nil {
		return info, err
	}
	end := 8 + int64(binary.LittleEndian.Uint32(b[4:]))
	if !s.holds(0, end) {
		return info, errTruncated
	}
	for c, err := range webpChunks(s, 12, end) {
		if err == nil {
			err = info.read(s, c, lim)
		}
		if err != nil {
			return info, err
		}
	}
	if info.frames == 0 {
		return info, malformed("no picture")
	}
	return info, info.check(lim)
}

func (w *webpInfo) read(s *source, c chunk, lim Limits) (err error) {
	switch c.kind {
	case "VP8X":
		return w.readCanvas(s, c)
	case "ANMF":
		w.frames++
		if w.frames == 1 {
			err = w.readAnimationFrame(s, c)
		}
		if err == nil {
			err = lim.checkFrames(w.frames)
		}
		return err
	case "ALPH", "VP8 ", "VP8L":
		if w.frames == 0 {
			err = w.first.read(s, c)
		}
		if c.kind != "ALPH" && w.first.bits == c {
			w.frames = 1
		}
		return err
	case "ICCP":
		w.icc = c
	case "EXIF":
		w.exif = c
	}
	return nil
}

func (w *webpInfo) readCanvas(s *source, c chunk) error {
	if c.n != 10 || w.extended || w.frames > 0 {
		return malformed("misplaced chunk %q of %d bytes", c.kind, c.n)
	}
	b, err := s.at(c.off, 10)
	if err != nil {
		return err
	}
	w.extended, w.flags = true, b[0]
	w.width, w.height = uint24(b[4:])+1, uint24(b[7:])+1
	return nil
}

func (w *webpInfo) readAnimationFrame(s *source, c chunk) error {
	if c.n < 16 {
		return malformed("chunk %q of %d bytes", c.kind, c.n)
	}
	b, err := s.at(c.off, 12)
	if err != nil {
		return err
	}
	w.first.left, w.first.top = 2*uint24(b), 2*uint24(b[3:])
	width, height := uint24(b[6:])+1, uint24(b[9:])+1
	for c, err := range webpChunks(s, c.off+16, c.off+c.n) {
		if err == nil {
			err = w.first.read(s, c)
		}
		if err != nil {
			return err
		}
	}
	if w.first.width != width || w.first.height != height {
		return malformed("frame of %d×%d pixels holds a picture of %d×%d", width, height, w.first.width, w.first.height)
	}
	return nil
}

// read takes the chunks that make up a picture; of several the first counts.
func (f *webpFrame) read(s *source, c chunk) error {
	if f.bits.kind != "" {
		return nil
	}
	switch c.kind {
	case "ALPH":
		f.alpha, f.hasAlpha = c, true
		return nil
	case "VP8 ":
		f.bits = c
		return f.readVP8(s)
	case "VP8L":
		f.bits, f.alpha = c, chunk{} // a lossless picture brings its own
		return f.readVP8L(s)
	}
	return nil
}

func (f *webpFrame) readVP8(s *source) error {
	if f.bits.n < 10 {
		return errTruncated
	}
	b, err := s.at(f.bits.off, 10)
	if err != nil {
		return err
	}
	if b[0]&1 != 0 || string(b[3:6]) != "\x9d\x01\x2a" {
		return malformed("no VP8 key frame")
	}
	f.width = int64(binary.LittleEndian.Uint16(b[6:]) & 0x3fff)
	f.height = int64(binary.LittleEndian.Uint16(b[8:]) & 0x3fff)
	return nil
}

func (f *webpFrame) readVP8L(s *source) error {
	if f.bits.n < 5 {
		return errTruncated
	}
	b, err := s.at(f.bits.off, 5)
	if err != nil {
		return err
	}
	if b[0] != 0x2f {
		return malformed("no VP8L picture")
	}
	bits := binary.LittleEndian.Uint32(b[1:])
	f.width, f.height = int64(bits&0x3fff)+1, int64(bits>>14&0x3fff)+1
	f.hasAlpha = bits>>28&1 != 0
	return nil
}

// check compares the canvas with the first frame and the limits.
func (w *webpInfo) check(lim Limits) error {
	f := w.first
	if !w.extended {
		w.width, w.height = f.width, f.height
	}
	if err := lim.checkSize(w.width, w.height); err != nil {
		return err
	}
	switch {
	case f.bits.kind == "" || f.width < 1 || f.height < 1:
		return malformed("empty frame")
	case w.flags&webpAnimation == 0 && (f.width != w.width || f.height != w.height):
		return malformed("picture of %d×%d pixels on a canvas of %d×%d", f.width, f.height, w.width, w.height)
	case f.left+f.width > w.width || f.top+f.height > w.height:
		return malformed("first frame reaches beyond the canvas")
	}
	return nil
}

// coversCanvas reports whether the first frame leaves no pixel bare.
func (w *webpInfo) coversCanvas() bool {
	return w.first.width == w.width && w.first.height == w.height
}

// memory counts the first picture, and the canvas that a smaller one is put on.
func (w *webpInfo) memory() int64 {
	f := w.first
	memory := f.bits.n + 1<<20
	if f.bits.kind == "VP8L" {
		memory += losslessMemory(f.width, f.height, f.bits.n)
	} else {
		macroblocks := ceilDiv(f.width, 16) * ceilDiv(f.height, 16)
		memory += macroblocks * (256 + 128 + 4)
	}
	if f.alpha.kind != "" {
		memory += f.width*f.height + losslessMemory(f.width, f.height, f.alpha.n)
	}
	if !w.coversCanvas() {
		memory += 4 * w.width * w.height
	}
	return memory
}

// losslessMemory bounds what decoding n bytes of VP8L takes: the pixels, those
// before a palette is undone, the tables of two transforms and of the Huffman
// groups, of which 2600 of 53 kB each are allowed. One stored byte can make a
// kilobyte of Huffman tree.
func losslessMemory(width, height, n int64) int64 {
	tiles := ceilDiv(width, 4) * ceilDiv(height, 4)
	pixels := 4 * width * height
	return pixels + pixels/2 + 3*4*tiles + min(53_000*min(tiles, 2600), 1024*n)
}

func webpHeader(s *source, lim Limits) (Header, error) {
	info, err := readWebP(s, lim)
	if err != nil {
		return Header{}, err
	}
	exif, err := loadEXIF(s, info.exif.off, info.exif.n)
	if err != nil {
		return Header{}, err
	}
	return Header{
		Width:        int(info.width),
		Height:       int(info.height),
		Orientation:  exifOrientation(exif),
		Frames:       int(info.frames),
		Alpha:        info.first.hasAlpha || info.flags&webpAlpha != 0 || !info.coversCanvas(),
		DecodeMemory: info.memory(),
		form:         info.form(),
	}, nil
}

// form returns the form of the first picture.
func (w *webpInfo) form() Form {
	switch {
	case !w.coversCanvas() || w.first.bits.kind == "VP8L":
		return FormRGBA
	case w.first.alpha.kind == "":
		return FormYCbCr
	}
	return FormOther
}

// webpDecode decodes the first picture out of a plain file made for it, and puts
// it on a transparent canvas when it is smaller.
func webpDecode(s *source, h Header) (image.Image, error) {
	info, err := readWebP(s, unlimited)
	if err != nil {
		return nil, err
	}
	f := info.first
	picture, err := webp.Decode(f.file(s))
	if err != nil || info.coversCanvas() {
		return picture, err
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, h.Width, h.Height))
	place := image.Rect(0, 0, int(f.width), int(f.height)).Add(image.Pt(int(f.left), int(f.top)))
	draw.Draw(canvas, place, picture, picture.Bounds().Min, draw.Src)
	return canvas, nil
}

// file returns the frame as a WebP file of its own.
func (f *webpFrame) file(s *source) io.Reader {
	var body []io.Reader
	size := int64(4)
	add := func(kind string, n int64, data io.Reader) {
		head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(n))
		body = append(body, bytes.NewReader(head), data, bytes.NewReader(make([]byte, n&1)))
		size += 8 + n + n&1
	}
	if f.alpha.kind != "" {
		add("VP8X", 10, bytes.NewReader(canvasChunk(f.width, f.height)))
		add("ALPH", f.alpha.n, s.section(f.alpha.off, f.alpha.n))
	}
	add(f.bits.kind, f.bits.n, s.section(f.bits.off, f.bits.n))
	head := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size))
	return io.MultiReader(append([]io.Reader{bytes.NewReader(append(head, "WEBP"...))}, body...)...)
}

// canvasChunk is the body of a VP8X chunk that announces alpha.
func canvasChunk(width, height int64) []byte {
	b := make([]byte, 10)
	b[0] = webpAlpha
	putUint24(b[4:], width-1)
	putUint24(b[7:], height-1)
	return b
}

func webpMetadata(s *source) Metadata {
	info, err := readWebP(s, unlimited)
	if err != nil {
		return Metadata{}
	}
	exif, _ := loadEXIF(s, info.exif.off, info.exif.n)
	return Metadata{ICC: loadICC(s, info.icc.off, info.icc.n), EXIF: exif}
}

func uint24(b []byte) int64 { return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 }

func putUint24(b []byte, v int64) { b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16) }
