package codec

import (
	"encoding/binary"
	"iter"

	"imgwatchd/internal/png"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

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
	png.Config
	frames      int64
	orientation int
}

func (p *pngInfo) read(s *source, c chunk) error {
	switch c.kind {
	case "IHDR":
		return malformed("two headers")
	case "tRNS":
		p.Transparent = true
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
	config, err := png.ParseHeader(b, int(c.off))
	return pngInfo{Config: config}, err
}

func pngHeader(s *source, lim Limits) (Header, error) {
	p, err := readIHDR(s)
	if err != nil {
		return Header{}, err
	}
	if err := lim.checkSize(int64(p.Width), int64(p.Height)); err != nil {
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
	gray := png.DecodeOptions{Gray: true}
	return Header{
		Width:        p.Width,
		Height:       p.Height,
		Orientation:  p.orientation,
		Frames:       int(max(p.frames, 1)),
		Alpha:        p.Transparent || p.Color == png.GrayAlpha || p.Color == png.RGBA,
		DecodeMemory: p.Memory(png.DecodeOptions{}),
		form:         pngForm(p.Kind(png.DecodeOptions{})),
		gray:         outcome{p.Memory(gray), pngForm(p.Kind(gray))},
	}, nil
}

func pngForm(k png.Kind) Form {
	switch k {
	case png.KindGray:
		return FormGray
	case png.KindRGBA, png.KindNRGBA:
		return FormRGBA
	}
	return FormOther
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
