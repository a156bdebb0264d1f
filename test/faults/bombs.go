package main

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	endian "encoding/binary"
	"hash/crc32"
	"io"
)

// Bombs are small files that ask for much: pixels, scans, frames, memory or time. They are
// made without what they ask for.

// zeros reads as so many zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// packed returns what a compressor makes of so many zeros.
func packed(n int64, compressor func(io.Writer) io.WriteCloser) []byte {
	var buf bytes.Buffer
	w := compressor(&buf)
	io.Copy(w, zeros(n)) // a buffer takes everything
	w.Close()
	return buf.Bytes()
}

func deflated(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }

// scanBomb returns a progressive JPEG of one gray component that passes over its
// picture again and again, at the price of some 40 bytes for each scan. The side is
// 1,024 pixels, times so much.
func scanBomb(times, scans int) []byte {
	side := byte(4 * times) // and 0
	blocks := 128 * 128 * times * times
	b := []byte{0xff, 0xd8}
	add := func(marker byte, body ...byte) {
		b = append(b, 0xff, marker, byte((len(body)+2)>>8), byte(len(body)+2))
		b = append(b, body...)
	}
	add(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	add(0xc2, 8, side, 0, side, 0, 1, 1, 0x11, 0)
	oneCode := make([]byte, 15)
	add(0xc4, append(append([]byte{0x00, 1}, oneCode...), 0x00)...) // the bit 0: no difference
	add(0xc4, append(append([]byte{0x10, 1}, oneCode...), 0xe0)...) // 0 and 14 more: 16,384 blocks without news
	add(0xda, 1, 1, 0, 0, 0, 0x00)
	b = append(b, make([]byte, blocks/8)...)
	for i := range scans - 1 {
		add(0xda, 1, 1, 0, 1, 63, []byte{0x01, 0x10}[min(i, 1)])
		b = append(b, make([]byte, (15*times*times+7)/8)...)
	}
	return append(b, 0xff, 0xd9)
}

// pngBomb returns a gray PNG that claims to be so large and has so many rows, all of them
// black, with more chunks before them.
func pngBomb(width, height, rows int64, more ...[]byte) []byte {
	header := endian.BigEndian.AppendUint32(nil, uint32(width))
	header = endian.BigEndian.AppendUint32(header, uint32(height))
	b := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(header, 8, 0, 0, 0, 0))...)
	b = append(b, bytes.Join(more, nil)...)
	b = append(b, pngChunk("IDAT", packed((width+1)*rows, deflated))...)
	return append(b, pngChunk("IEND", nil)...)
}

// textChunk returns a chunk of so many zeros, packed; its kind is zTXt or iCCP.
func textChunk(kind string, n int64) []byte {
	return pngChunk(kind, append([]byte("name\x00\x00"), packed(n, deflated)...))
}

func pngChunk(kind string, body []byte) []byte {
	b := endian.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return endian.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// gifBomb returns a GIF of so many frames, each of a square of one colour.
func gifBomb(side, frames int) []byte {
	le := endian.LittleEndian
	size := le.AppendUint16(le.AppendUint16(nil, uint16(side)), uint16(side))
	b := append(append([]byte("GIF89a"), size...), 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	pixels := packed(int64(side)*int64(side), func(w io.Writer) io.WriteCloser { return lzw.NewWriter(w, lzw.LSB, 2) })
	frame := append(append([]byte{0x2c, 0, 0, 0, 0}, size...), 0, 2)
	for len(pixels) > 0 {
		n := min(len(pixels), 255)
		frame = append(append(frame, byte(n)), pixels[:n]...)
		pixels = pixels[n:]
	}
	frame = append(frame, 0)
	return append(append(b, bytes.Repeat(frame, frames)...), 0x3b)
}

// tiffBomb returns a gray TIFF with one strip of so many deflated black pixels.
func tiffBomb(width, height, n int64) []byte {
	le := endian.LittleEndian
	pixels := packed(n, deflated)
	b := le.AppendUint32([]byte("II*\x00"), uint32(8+len(pixels)))
	b = append(b, pixels...)
	tags := [][3]int64{ // tag, type, value
		{256, 4, width}, {257, 4, height}, {258, 3, 8}, {259, 3, 8}, {262, 3, 1},
		{273, 4, 8}, {277, 3, 1}, {278, 4, height}, {279, 4, int64(len(pixels))},
	}
	b = le.AppendUint16(b, uint16(len(tags)))
	for _, t := range tags {
		b = le.AppendUint16(le.AppendUint16(b, uint16(t[0])), uint16(t[1]))
		b = le.AppendUint32(le.AppendUint32(b, 1), uint32(t[2]))
	}
	return le.AppendUint32(b, 0)
}

// jpegClaim returns the beginning of a JPEG that claims to be so large.
func jpegClaim(width, height uint16) []byte {
	b := bytes.Clone(scanBomb(1, 2))
	i := bytes.Index(b, []byte{0xff, 0xc2})
	endian.BigEndian.PutUint16(b[i+5:], height)
	endian.BigEndian.PutUint16(b[i+7:], width)
	return b
}

// bmpClaim returns the beginning of a BMP that claims to be so large.
func bmpClaim(width, height uint32) []byte {
	le := endian.LittleEndian
	b := append([]byte("BM"), make([]byte, 1000)...)
	le.PutUint32(b[10:], 54)
	le.PutUint32(b[14:], 40)
	le.PutUint32(b[18:], width)
	le.PutUint32(b[22:], height)
	le.PutUint16(b[26:], 1)
	le.PutUint16(b[28:], 24)
	return b
}
