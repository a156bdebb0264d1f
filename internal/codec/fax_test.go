package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"image/color"
	"testing"
)

// TestFaxIsNoNegative reads a page of the bit that CCITT group 4 calls white, which
// is zero, in both of the ways in which a TIFF can say what zero stands for.
func TestFaxIsNoNegative(t *testing.T) {
	for photometric, want := range []uint8{255, 0} { // white is zero, black is zero
		data := faxPage(uint32(photometric))
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(context.Background(), data, h)
		if err != nil {
			t.Fatal(err)
		}
		if got := color.GrayModel.Convert(img.At(3, 3)).(color.Gray).Y; got != want {
			t.Errorf("photometric interpretation %d: a pixel is %d, want %d", photometric, got, want)
		}
	}
}

// faxPage returns a TIFF of 8×8 zero bits.
func faxPage(photometric uint32) []byte {
	// Eight rows that are like the white row before the first, one bit each, and
	// the end of the block.
	strip := []byte{0xff, 0x00, 0x10, 0x01}
	fields := [][2]uint32{
		{256, 8}, {257, 8}, {258, 1}, {259, 4}, {262, photometric}, {273, 8}, {277, 1}, {278, 8}, {279, uint32(len(strip))},
	}
	le := binary.LittleEndian
	file := append([]byte("II*\x00"), le.AppendUint32(nil, uint32(8+len(strip)))...)
	file = append(file, strip...)
	file = le.AppendUint16(file, uint16(len(fields)))
	for _, f := range fields {
		file = le.AppendUint16(file, uint16(f[0]))
		file = le.AppendUint16(file, 4) // LONG
		file = le.AppendUint32(file, 1)
		file = le.AppendUint32(file, f[1])
	}
	return le.AppendUint32(file, 0)
}
