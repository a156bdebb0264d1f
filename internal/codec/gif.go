package codec

import (
	"encoding/binary"
	"image"
	"image/draw"
	"image/gif"
)

// GIF block introducers.
const (
	gifExtension = 0x21
	gifImage     = 0x2c
	gifTrailer   = 0x3b

	gifGraphicControl = 0xf9
)

// A gifInfo is what the blocks of a GIF say.
type gifInfo struct {
	width, height int64
	frames        int64
	first         gifFrame
	transparent   bool // the graphic control before the first frame has a transparent index
}

type gifFrame struct {
	left, top, width, height int64
	interlaced               bool
}

// readGIF walks all blocks to the trailer, so that a file that was cut behind
// its first frame is found out, and stops early when there are too many frames.
func readGIF(s *source, lim Limits) (gifInfo, error) {
	b, err := s.at(0, 13)
	if err != nil {
		return gifInfo{}, err
	}
	g := gifInfo{
		width:  int64(binary.LittleEndian.Uint16(b[6:])),
		height: int64(binary.LittleEndian.Uint16(b[8:])),
	}
	if err := lim.checkSize(g.width, g.height); err != nil {
		return g, err
	}
	off := 13 + colorTable(b[10])
	for err == nil && off != 0 {
		if off, err = g.block(s, off); err == nil {
			err = lim.checkFrames(g.frames)
		}
	}
	if err == nil && g.frames == 0 {
		err = malformed("no picture")
	}
	return g, err
}

// block reads the block at off and returns the offset of the next one, 0 behind
// the trailer.
func (g *gifInfo) block(s *source, off int64) (int64, error) {
	b, err := s.at(off, 1)
	if err != nil {
		return 0, err
	}
	switch b[0] {
	case gifTrailer:
		return 0, nil
	case gifExtension:
		return g.extension(s, off)
	case gifImage:
		return g.image(s, off)
	default:
		return 0, malformed("unknown block %#02x", b[0])
	}
}

func (g *gifInfo) extension(s *source, off int64) (int64, error) {
	b, err := s.at(off, 4)
	if err != nil {
		return 0, err
	}
	if b[1] == gifGraphicControl && g.frames == 0 {
		g.transparent = b[3]&1 != 0
	}
	return skipSubBlocks(s, off+2)
}

func (g *gifInfo) image(s *source, off int64) (int64, error) {
	b, err := s.at(off, 11)
	if err != nil {
		return 0, err
	}
	f := gifFrame{
		left:       int64(binary.LittleEndian.Uint16(b[1:])),
		top:        int64(binary.LittleEndian.Uint16(b[3:])),
		width:      int64(binary.LittleEndian.Uint16(b[5:])),
		height:     int64(binary.LittleEndian.Uint16(b[7:])),
		interlaced: b[9]&0x40 != 0,
	}
	if f.left+f.width > g.width || f.top+f.height > g.height {
		return 0, malformed("frame %d reaches beyond the screen", g.frames+1)
	}
	if g.frames == 0 {
		g.first = f
	}
	g.frames++
	return skipSubBlocks(s, off+10+colorTable(b[9])+1)
}

// skipSubBlocks returns the offset behind the empty block that ends a sequence.
func skipSubBlocks(s *source, off int64) (int64, error) {
	for {
		b, err := s.at(off, 1)
		if err != nil {
			return 0, err
		}
		off += 1 + int64(b[0])
		if b[0] == 0 {
			return off, nil
		}
	}
}

// colorTable returns the size in bytes of the table that a packed field announces.
func colorTable(packed byte) int64 {
	if packed&0x80 == 0 {
		return 0
	}
	return 3 << (1 + packed&7)
}

// coversScreen reports whether the first frame leaves no pixel bare.
func (g *gifInfo) coversScreen() bool {
	return g.first.width == g.width && g.first.height == g.height
}

// memory counts the first frame, once more to undo its interlacing, and the
// canvas that a smaller frame is put on.
func (g *gifInfo) memory() int64 {
	memory := g.first.width * g.first.height
	if g.first.interlaced {
		memory *= 2
	}
	if !g.coversScreen() {
		memory += 4 * g.width * g.height
	}
	return memory + 64<<10
}

func gifHeader(s *source, lim Limits) (Header, error) {
	g, err := readGIF(s, lim)
	if err != nil {
		return Header{}, err
	}
	h := Header{
		Width:        int(g.width),
		Height:       int(g.height),
		Frames:       int(g.frames),
		Alpha:        g.transparent || !g.coversScreen(),
		DecodeMemory: g.memory(),
	}
	if !g.coversScreen() {
		h.form = FormRGBA
	}
	return h, nil
}

// gifDecode returns the first frame as it is, or on a transparent canvas when it
// is smaller than the screen.
func gifDecode(s *source, h Header) (image.Image, error) {
	frame, err := gif.Decode(s.section(0, s.size))
	if err != nil {
		return nil, err
	}
	screen := image.Rect(0, 0, h.Width, h.Height)
	if frame.Bounds() == screen {
		return frame, nil
	}
	canvas := image.NewNRGBA(screen)
	draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Src)
	return canvas, nil
}
