package codec

import (
	"encoding/binary"
	"image"
	"image/png"
	"iter"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// PNG colour types are a sum of these.
const (
	pngPalette = 1
	pngColor   = 2
	pngAlpha   = 4
)

// pngChunks walks from the header to the end chunk, which is the last.
func pngChunks(s *source) iter.Seq2[chunk, error] {
	return func(yield func(chunk, error) bool) {
		for off := int64(len(pngSignature)); ; {
			c, err := pngChunk(s, off)
			if !yield(c, err) || err != nil || c.kind == "IEND" {
				return
			}
			off = c.off + c.n + 4 // the checksum
		}
	}
}

func pngChunk(s *source, off int64) (chunk, error) {
	b, err := s.at(off, 8)
	if err != nil {
		return chunk{}, err
	}
	c := chunk{string(b[4:]), off + 8, int64(binary.BigEndian.Uint32(b))}
	if !s.holds(c.off, c.n+4) {
		return chunk{}, malformed("truncated: chunk %q claims %d bytes", c.kind, c.n)
	}
	return c, nil
}

// A pngInfo is what the chunks around the pixels say.
type pngInfo struct {
	width, height int64
	depth         byte
	color         byte
	interlaced    bool
	transparent   bool // tRNS gives alpha to a colour or to palette entries
	frames        int64
	orientation   int
}

func (p *pngInfo) read(s *source, c chunk) error {
	switch c.kind {
	case "IHDR":
		return malformed("two headers")
	case "tRNS":
		p.transparent = true
	case "acTL":
		b, err := s.at(c.off, 4)
		if err == nil {
			p.frames = int64(binary.BigEndian.Uint32(b))
		}
		return err
	case "eXIf":
		exif, err := loadEXIF(s, c.off, c.n)
		p.orientation = exifOrientation(exif)
		return err
	}
	return nil
}

func readIHDR(s *source) (pngInfo, error) {
	c, err := pngChunk(s, int64(len(pngSignature)))
	if err != nil {
		return pngInfo{}, err
	}
	if c.kind != "IHDR" || c.n != 13 {
		return pngInfo{}, malformed("chunk %q of %d bytes in place of the header", c.kind, c.n)
	}
	b, err := s.at(c.off, 13)
	if err != nil {
		return pngInfo{}, err
	}
	p := pngInfo{
		width:      int64(binary.BigEndian.Uint32(b)),
		height:     int64(binary.BigEndian.Uint32(b[4:])),
		depth:      b[8],
		color:      b[9],
		interlaced: b[12] == 1,
	}
	if !p.validDepth() {
		return p, malformed("%d bits of colour type %d", p.depth, p.color)
	}
	return p, nil
}

func (p *pngInfo) validDepth() bool {
	switch p.color {
	case 0:
		return p.depth == 1 || p.depth == 2 || p.depth == 4 || p.depth == 8 || p.depth == 16
	case pngPalette | pngColor:
		return p.depth == 1 || p.depth == 2 || p.depth == 4 || p.depth == 8
	case pngColor, pngAlpha, pngColor | pngAlpha:
		return p.depth == 8 || p.depth == 16
	}
	return false
}

// bytesPerPixel is the size of a pixel in the type that image/png decodes to.
func (p *pngInfo) bytesPerPixel() int64 {
	n := int64(4)
	switch {
	case p.color&pngPalette != 0:
		return 1
	case p.color == 0 && !p.transparent:
		n = 1
	}
	if p.depth == 16 {
		n *= 2
	}
	return n
}

// memory counts the picture, once more for the passes of an interlaced one, two
// rows and the inflater.
func (p *pngInfo) memory() int64 {
	memory := p.width * p.height * p.bytesPerPixel()
	if p.interlaced {
		memory *= 2
	}
	return memory + 2*(8*p.width+1) + 128<<10
}

func pngHeader(s *source, lim Limits) (Header, error) {
	p, err := readIHDR(s)
	if err != nil {
		return Header{}, err
	}
	if err := lim.checkSize(p.width, p.height); err != nil {
		return Header{}, err
	}
	for c, err := range pngChunks(s) {
		if err == nil && c.off > int64(len(pngSignature))+8 {
			err = p.read(s, c)
		}
		if err != nil {
			return Header{}, err
		}
	}
	if err := lim.checkFrames(p.frames); err != nil {
		return Header{}, err
	}
	return Header{
		Width:        int(p.width),
		Height:       int(p.height),
		Orientation:  p.orientation,
		Frames:       int(max(p.frames, 1)),
		Alpha:        p.transparent || p.color&pngAlpha != 0,
		DecodeMemory: p.memory(),
	}, nil
}

func pngDecode(s *source, _ Header) (image.Image, error) {
	return png.Decode(s.section(0, s.size))
}

// pngMetadata inflates one profile at most: there must not be more, and each can
// cost a thousand times its size.
func pngMetadata(s *source) Metadata {
	var m Metadata
	profiled := false
	for c, err := range pngChunks(s) {
		if err != nil {
			break
		}
		switch {
		case c.kind == "iCCP" && !profiled:
			m.ICC, profiled = inflateICC(s, c), true
		case c.kind == "eXIf":
			m.EXIF, _ = loadEXIF(s, c.off, c.n)
		}
	}
	return m
}
