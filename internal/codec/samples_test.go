package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/bits"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// gradient is a picture in which every pixel differs from its neighbours.
func gradient(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{byte(8 * x), byte(8 * y), byte(4 * (x + y)), 255})
		}
	}
	return m
}

// translucent is gradient with alpha falling from left to right.
func translucent(w, h int) *image.NRGBA {
	m := gradient(w, h)
	for i := range w * h {
		m.Pix[4*i+3] = byte(255 - 8*(i%w))
	}
	return m
}

func grayscale(w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(3 * i)
	}
	return m
}

// paletted has two colours and leaves the second index free for transparency.
func paletted(r image.Rectangle) *image.Paletted {
	m := image.NewPaletted(r, color.Palette{color.Black, color.White})
	for i := range m.Pix {
		m.Pix[i] = byte(i & 1)
	}
	return m
}

// jpegWith returns a JPEG with metadata in it.
func jpegWith(file []byte, m Metadata) []byte {
	file = slices.Clone(file)
	for _, g := range slices.Backward(m.segments()) {
		head := binary.BigEndian.AppendUint16([]byte{0xff, g.Marker}, uint16(2+len(g.Data)))
		file = insert(file, 2, slices.Concat(head, g.Data))
	}
	return file
}

// must unwraps a generator's result; the generators only write to memory.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func written(write func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	err := write(&b)
	return must(b.Bytes(), err)
}

// samples returns one small file for each way of storing a picture that matters
// here, by name.
func samples() map[string][]byte {
	m := gradient(20, 14)
	still := func(m image.Image) []byte {
		return written(func(b *bytes.Buffer) error { return gif.Encode(b, m, nil) })
	}
	return map[string][]byte{
		"jpeg":             written(func(b *bytes.Buffer) error { return jpeg.Encode(b, m, nil) }),
		"jpeg gray":        written(func(b *bytes.Buffer) error { return jpeg.Encode(b, grayscale(20, 14), nil) }),
		"jpeg progressive": progressiveJPEG(20, 14, 1, 2, 3),
		"png":              written(func(b *bytes.Buffer) error { return png.Encode(b, m) }),
		"png alpha":        written(func(b *bytes.Buffer) error { return png.Encode(b, translucent(20, 14)) }),
		"png gray":         written(func(b *bytes.Buffer) error { return png.Encode(b, grayscale(20, 14)) }),
		"gif":              still(m),
		"gif animated":     animatedGIF(3),
		"webp lossless":    webpFile(webpPart("VP8L", losslessBits(translucent(20, 14)))),
		"webp lossy":       webpFile(webpPart("VP8 ", lossyBits(20, 14))),
		"webp alpha":       webpFile(alphaParts(20, 14)),
		"webp animated":    animatedWebP(3),
		"tiff":             written(func(b *bytes.Buffer) error { return tiff.Encode(b, m, nil) }),
		"tiff deflate":     written(func(b *bytes.Buffer) error { return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate}) }),
		"tiff gray":        written(func(b *bytes.Buffer) error { return tiff.Encode(b, grayscale(20, 14), nil) }),
		"bmp":              written(func(b *bytes.Buffer) error { return bmp.Encode(b, m) }),
		"bmp paletted":     written(func(b *bytes.Buffer) error { return bmp.Encode(b, paletted(image.Rect(0, 0, 20, 14))) }),
	}
}

// animatedGIF has n frames; the first leaves a margin of the 20×14 screen bare.
func animatedGIF(n int) []byte {
	g := &gif.GIF{Config: image.Config{Width: 20, Height: 14}}
	for range n {
		g.Image = append(g.Image, paletted(image.Rect(4, 2, 12, 10)))
		g.Delay = append(g.Delay, 10)
	}
	return written(func(b *bytes.Buffer) error { return gif.EncodeAll(b, g) })
}

// jpegSegment is a marker with its body.
func jpegSegment(marker byte, body ...byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return append(head, body...)
}

// progressiveJPEG is a gray picture in YCbCr with one scan of zero coefficients
// for each of the components that are listed.
func progressiveJPEG(w, h int, scans ...byte) []byte {
	file := []byte{0xff, 0xd8}
	file = append(file, jpegSegment(0xdb, make([]byte, 65)...)...)
	file = append(file, jpegSegment(0xc2, 8, byte(h>>8), byte(h), byte(w>>8), byte(w), 3,
		1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)...)
	file = append(file, jpegSegment(0xc4, append([]byte{0, 1}, make([]byte, 16)...)...)...)
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	for _, component := range scans {
		file = append(file, jpegSegment(0xda, 1, component, 0, 0, 0, 0)...)
		file = append(file, make([]byte, blocks/8)...)
		file = append(file, byte(0xff)>>(blocks%8))
	}
	return append(file, 0xff, 0xd9)
}

// cmykJPEG stores a flat picture in four components, with Adobe's segment or not.
func cmykJPEG(extra ...byte) []byte {
	file := append([]byte{0xff, 0xd8}, extra...)
	file = append(file, jpegSegment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)...)
	file = append(file, jpegSegment(0xc0, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0)...)
	// One code of one bit each: a DC difference of 10 bits, an end of block.
	file = append(file, jpegSegment(0xc4, append([]byte{0x00, 1}, append(make([]byte, 15), 10)...)...)...)
	file = append(file, jpegSegment(0xc4, append([]byte{0x10, 1}, append(make([]byte, 15), 0)...)...)...)
	file = append(file, jpegSegment(0xda, 4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0)...)
	// Four times 0, 1000000000 (512: 64 above the middle) and 0.
	file = append(file, 0b01000000, 0b00000100, 0b00000000, 0b01000000, 0b00000100, 0b00000000)
	return append(file, 0xff, 0xd9)
}

// webpPart is a RIFF chunk.
func webpPart(kind string, body []byte) []byte {
	head := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	return append(append(head, body...), make([]byte, len(body)&1)...)
}

func webpFile(parts ...[]byte) []byte {
	return webpPart("RIFF", append([]byte("WEBP"), bytes.Join(parts, nil)...))
}

func webpCanvas(w, h int, flags byte) []byte {
	return webpPart("VP8X", []byte{flags, 0, 0, 0, byte(w - 1), 0, 0, byte(h - 1), 0, 0})
}

// alphaParts is a lossy picture with an alpha plane that is stored plainly.
func alphaParts(w, h int) []byte {
	plane := append([]byte{0}, bytes.Repeat([]byte{0x80}, w*h)...)
	return bytes.Join([][]byte{webpCanvas(w, h, 0x10), webpPart("ALPH", plane), webpPart("VP8 ", lossyBits(w, h))}, nil)
}

// animatedWebP has n frames of 8×8 pixels at (4, 2) on a canvas of 20×14.
func animatedWebP(n int) []byte {
	frame := append([]byte{2, 0, 0, 1, 0, 0, 7, 0, 0, 7, 0, 0, 100, 0, 0, 0}, webpPart("VP8L", losslessBits(gradient(8, 8)))...)
	parts := [][]byte{webpCanvas(20, 14, 0x12), webpPart("ANIM", make([]byte, 6))}
	for range n {
		parts = append(parts, webpPart("ANMF", frame))
	}
	return webpFile(parts...)
}

// lossyBits is a VP8 key frame whose arithmetic-coded partitions are all zeros,
// which is a flat picture.
func lossyBits(w, h int) []byte {
	partition := 64 + w*h/16
	head := uint32(1<<4 | partition<<5)
	frame := []byte{byte(head), byte(head >> 8), byte(head >> 16), 0x9d, 0x01, 0x2a, byte(w), byte(w >> 8), byte(h), byte(h >> 8)}
	return append(frame, make([]byte, 4*partition)...)
}

// A bitWriter packs bits from the lowest up.
type bitWriter struct {
	data []byte
	n    int
}

func (b *bitWriter) put(v uint32, width int) {
	for i := range width {
		if b.n%8 == 0 {
			b.data = append(b.data, 0)
		}
		b.data[b.n/8] |= byte(v>>i&1) << (b.n % 8)
		b.n++
	}
}

// losslessBits is a VP8L picture without transforms: each sample is a Huffman
// code of eight bits.
func losslessBits(m *image.NRGBA) []byte {
	var b bitWriter
	b.put(0x2f, 8)
	b.put(uint32(m.Rect.Dx()-1), 14)
	b.put(uint32(m.Rect.Dy()-1), 14)
	b.put(1, 1) // alpha is used
	b.put(0, 3+1+1+1)
	for _, unused := range []int{24, 0, 0, 0} {
		b.flatCode(unused)
	}
	b.put(1, 4) // distances: the one symbol 0
	for i := 0; i < len(m.Pix); i += 4 {
		for _, v := range []byte{m.Pix[i+1], m.Pix[i], m.Pix[i+2], m.Pix[i+3]} {
			b.put(uint32(bits.Reverse8(v)), 8)
		}
	}
	return b.data
}

// flatCode gives eight bits to each of 256 symbols and none to the unused ones.
func (b *bitWriter) flatCode(unused int) {
	b.put(0, 1)
	b.put(8, 4) // twelve lengths follow, in an order of their own
	for i := range 12 {
		length := uint32(0)
		if i == 2 || i == 11 { // the lengths 0 and 8
			length = 1
		}
		b.put(length, 3)
	}
	b.put(0, 1)
	for range 256 {
		b.put(1, 1)
	}
	b.put(0, unused)
}

// exifBlock is a little-endian block with the given orientation and a thumbnail.
func exifBlock(orientation uint16, thumbnail string) []byte {
	le := binary.LittleEndian
	b := append([]byte("II*\x00"), 8, 0, 0, 0)
	b = le.AppendUint16(b, 1)
	b = appendEntry(b, tagOrientation, tiffShort, uint32(orientation))
	b = le.AppendUint32(b, 26)
	b = le.AppendUint16(b, 2)
	b = appendEntry(b, tagThumbnailOffset, tiffLong, 56)
	b = appendEntry(b, tagThumbnailLength, tiffLong, uint32(len(thumbnail)))
	b = le.AppendUint32(b, 0)
	return append(b, thumbnail...)
}

func appendEntry(b []byte, tag, kind uint16, value uint32) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(b, tag)
	b = le.AppendUint16(b, kind)
	b = le.AppendUint32(b, 1)
	return le.AppendUint32(b, value)
}

// profile is the least that counts as a colour profile, padded to n bytes.
func profile(space string, n int) []byte {
	b := make([]byte, n)
	binary.BigEndian.PutUint32(b, uint32(n))
	copy(b[16:], space)
	copy(b[36:], "acsp")
	for i := 128; i < n; i++ {
		b[i] = byte(i * 7)
	}
	return b
}

// read is ReadHeader and Decode of a file in memory.
func read(t testing.TB, data []byte, lim Limits) (Header, image.Image, error) {
	t.Helper()
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), lim)
	if err != nil {
		return h, nil, err
	}
	img, err := Decode(t.Context(), data, h)
	return h, img, err
}
