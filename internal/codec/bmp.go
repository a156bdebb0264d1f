package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"

	"golang.org/x/image/bmp"
)

// BMP header sizes: the file header, and the picture's in its versions.
const (
	bmpFileHeader = 14
	bmpInfo       = 40
	bmpInfoV3     = 56 // from here on with a mask for alpha
	bmpInfoV4     = 108
)

const (
	bmpRGB       = 0 // values of the compression field
	bmpBitFields = 3
)

var bmpCompressions = map[uint32]string{1: "RLE", 2: "RLE", 4: "embedded JPEG", 5: "embedded PNG", 6: "bit field"}

// A bmpPicture is a header that was understood.
type bmpPicture struct {
	width, height int64 // height as a size; see topDown
	topDown       bool
	bits          int64
	alpha         bool
	palette       int64 // offset of the colours
	colors        int64 // entries that are used
	pixels        int64 // offset of the rows
}

func readBMP(s *source) (bmpPicture, error) {
	b, err := s.at(0, bmpFileHeader+bmpInfo)
	if err != nil {
		return bmpPicture{}, err
	}
	size := binary.LittleEndian.Uint32(b[14:])
	if size < bmpInfo || size == 64 {
		return bmpPicture{}, unsupported("OS/2 header of %d bytes", size)
	}
	p := bmpPicture{
		width:   int64(int32(binary.LittleEndian.Uint32(b[18:]))),
		height:  int64(int32(binary.LittleEndian.Uint32(b[22:]))),
		bits:    int64(binary.LittleEndian.Uint16(b[28:])),
		colors:  int64(binary.LittleEndian.Uint32(b[46:])),
		palette: bmpFileHeader + int64(size),
		pixels:  int64(binary.LittleEndian.Uint32(b[10:])),
	}
	if p.height < 0 {
		p.height, p.topDown = -p.height, true
	}
	return p, p.readLayout(s, int64(size), binary.LittleEndian.Uint32(b[30:]))
}

// readLayout understands how pixels are stored, as far as they are decoded.
func (p *bmpPicture) readLayout(s *source, size int64, compression uint32) error {
	switch {
	case p.bits == 32 && (compression == bmpBitFields || compression == bmpRGB && size >= bmpInfoV3):
		if err := p.readMasks(s, size, compression); err != nil {
			return err
		}
	case compression == bmpBitFields:
		return unsupported("bit fields of %d bits", p.bits)
	case bmpCompressions[compression] != "":
		return unsupported("%s compression", bmpCompressions[compression])
	case compression != bmpRGB:
		return malformed("unknown compression %d", compression)
	}
	switch p.bits {
	case 1, 2, 4, 8:
		if most := int64(1) << p.bits; p.colors == 0 || p.colors > most {
			p.colors = most
		}
	case 24, 32:
		p.colors = 0
	case 16:
		return unsupported("16 bits per pixel")
	default:
		return malformed("%d bits per pixel", p.bits)
	}
	return nil
}

// readMasks accepts the bit fields that are the usual order spelled out. Without
// bit fields only the word about alpha counts, which editors write and mean.
func (p *bmpPicture) readMasks(s *source, size int64, compression uint32) error {
	b, err := s.at(bmpFileHeader+bmpInfo, 16)
	if err != nil {
		return err
	}
	r, g, bl := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	if compression == bmpBitFields && (r != 0xff0000 || g != 0xff00 || bl != 0xff) {
		return unsupported("bit fields %08x %08x %08x", r, g, bl)
	}
	p.alpha = size >= bmpInfoV3 && binary.LittleEndian.Uint32(b[12:]) != 0
	return nil
}

// rows returns the size of all rows, each padded to four bytes.
func (p *bmpPicture) rows() int64 { return ceilDiv(p.width*p.bits, 32) * 4 * p.height }

// memory counts the picture and one row.
func (p *bmpPicture) memory() int64 {
	perPixel := int64(4)
	if p.bits <= 8 {
		perPixel = 1
	}
	return p.width*p.height*perPixel + 4*p.width + 64<<10
}

func bmpHeader(s *source, lim Limits) (Header, error) {
	p, err := readBMP(s)
	if err != nil {
		return Header{}, err
	}
	if err := lim.checkSize(p.width, p.height); err != nil {
		return Header{}, err
	}
	if p.pixels < p.palette+4*p.colors {
		return Header{}, malformed("pixels at %d lie inside the header", p.pixels)
	}
	if !s.holds(p.pixels, p.rows()) {
		return Header{}, errTruncated
	}
	h := Header{
		Width:        int(p.width),
		Height:       int(p.height),
		Frames:       1,
		Alpha:        p.alpha,
		DecodeMemory: p.memory(),
	}
	if p.bits > 8 {
		h.form = FormRGBA
	}
	return h, nil
}

// bmpDecode puts a header of its own making before the colours and the rows: the
// decoder is particular about gaps, spare colours and spelled-out bit fields.
func bmpDecode(s *source, _ Header) (image.Image, error) {
	p, err := readBMP(s)
	if err != nil {
		return nil, err
	}
	return bmp.Decode(io.MultiReader(
		bytes.NewReader(p.plainHeader()),
		s.section(p.palette, 4*p.colors),
		s.section(p.pixels, p.rows()),
	))
}

func (p *bmpPicture) plainHeader() []byte {
	size := bmpInfo
	if p.alpha {
		size = bmpInfoV4 // the decoder takes alpha from this version on
	}
	height := int32(p.height)
	if p.topDown {
		height = -height
	}
	le := binary.LittleEndian
	b := make([]byte, bmpFileHeader+size)
	copy(b, "BM")
	le.PutUint32(b[10:], uint32(len(b))+4*uint32(p.colors))
	le.PutUint32(b[14:], uint32(size))
	le.PutUint32(b[18:], uint32(p.width))
	le.PutUint32(b[22:], uint32(height))
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], uint16(p.bits))
	le.PutUint32(b[46:], uint32(p.colors))
	return b
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
