package codec

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/image/tiff"

	"imgwatchd/internal/job"
	"imgwatchd/internal/pixel"
)

// A tiffFile writes TIFFs of random samples in the ways that matter here.
type tiffFile struct {
	width, height int
	samples       int
	photometric   int
	extra         int
	compression   int
	predictor     int
	rows          int         // of a strip, 0: tiles
	tile          image.Point // size
	surplus       int         // bytes too many in each strip or tile
	order         binary.AppendByteOrder
	rng           *rand.Rand
}

func (f tiffFile) String() string {
	return fmt.Sprintf("%d×%d of %d samples, photometric %d, extra %d, compression %d, predictor %d, strips of %d or tiles of %v",
		f.width, f.height, f.samples, f.photometric, f.extra, f.compression, f.predictor, f.rows, f.tile)
}

// blocks returns the strips or tiles, compressed. Neighbours are alike.
func (f tiffFile) blocks() (blocks [][]byte) {
	size := f.tile
	if f.rows > 0 {
		size = image.Pt(f.width, f.rows)
	}
	for y := 0; y < f.height; y += size.Y {
		for x := 0; x < f.width; x += size.X {
			rows := size.Y
			if f.rows > 0 {
				rows = min(rows, f.height-y)
			}
			block := make([]byte, size.X*f.samples*rows+f.surplus)
			for i := range block {
				block[i] = byte(f.rng.IntN(256))
				if i > 0 && f.rng.IntN(5) > 0 {
					block[i] = block[i-1]
				}
			}
			blocks = append(blocks, f.packed(block))
		}
	}
	return blocks
}

func (f tiffFile) packed(block []byte) []byte {
	switch f.compression {
	case compressionLZW:
		return literalLZW(block)
	case compressionDeflate, compressionZip:
		return written(func(b *bytes.Buffer) error {
			w := zlib.NewWriter(b)
			w.Write(block)
			return w.Close()
		})
	}
	return block
}

// literalLZW packs bytes without strings: it clears the table before codes grow.
func literalLZW(data []byte) []byte {
	const clear, end = 256, 257
	codes := []uint16{}
	for part := range slices.Chunk(data, 200) {
		codes = append(codes, clear)
		for _, b := range part {
			codes = append(codes, uint16(b))
		}
	}
	packed := make([]byte, (9*(len(codes)+1)+7)/8)
	for i, c := range append(codes, end) {
		for j := range 9 {
			at := 9*i + j
			packed[at/8] |= byte(c>>(8-j)&1) << (7 - at%8)
		}
	}
	return packed
}

func (f tiffFile) bytes() []byte {
	var body []byte
	var offsets, counts []uint32
	for _, b := range f.blocks() {
		offsets = append(offsets, uint32(8+len(body)))
		counts = append(counts, uint32(len(b)))
		body = append(body, b...)
	}
	file := []byte("II*\x00")
	if f.order == binary.AppendByteOrder(binary.BigEndian) {
		file = []byte("MM\x00*")
	}
	type field struct {
		tag    uint16
		values []uint32
	}
	fields := []field{
		{tagWidth, []uint32{uint32(f.width)}}, {tagHeight, []uint32{uint32(f.height)}},
		{tagBitsPerSample, slices.Repeat([]uint32{8}, f.samples)},
		{tagCompression, []uint32{uint32(f.compression)}}, {tagPhotometric, []uint32{uint32(f.photometric)}},
	}
	if f.rows > 0 {
		fields = append(fields, field{tagStripOffsets, offsets}, field{tagSamplesPerPixel, []uint32{uint32(f.samples)}},
			field{tagRowsPerStrip, []uint32{uint32(f.rows)}}, field{tagStripByteCounts, counts},
			field{tagPredictor, []uint32{uint32(f.predictor)}})
	} else {
		fields = append(fields, field{tagSamplesPerPixel, []uint32{uint32(f.samples)}},
			field{tagPredictor, []uint32{uint32(f.predictor)}},
			field{tagTileWidth, []uint32{uint32(f.tile.X)}}, field{tagTileHeight, []uint32{uint32(f.tile.Y)}},
			field{tagTileOffsets, offsets}, field{tagTileByteCounts, counts})
	}
	if f.samples == 4 {
		fields = append(fields, field{tagExtraSamples, []uint32{uint32(f.extra)}})
	}
	file = f.order.AppendUint32(file, uint32(8+len(body)))
	file = append(file, body...)
	file = f.order.AppendUint16(file, uint16(len(fields)))
	var values []byte
	valuesAt := len(file) + 12*len(fields) + 4
	for _, e := range fields {
		file = f.order.AppendUint16(file, e.tag)
		file = f.order.AppendUint16(file, tiffLong)
		file = f.order.AppendUint32(file, uint32(len(e.values)))
		if len(e.values) == 1 {
			file = f.order.AppendUint32(file, e.values[0])
			continue
		}
		file = f.order.AppendUint32(file, uint32(valuesAt+len(values)))
		for _, v := range e.values {
			values = f.order.AppendUint32(values, v)
		}
	}
	file = f.order.AppendUint32(file, 0)
	return append(file, values...)
}

// tiffFiles are one of each kind that is decoded here.
func tiffFiles() (files []tiffFile) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, kind := range []tiffFile{
		{samples: 1, photometric: 0}, {samples: 1, photometric: 1}, {samples: 3, photometric: 2},
		{samples: 4, photometric: 2, extra: 1}, {samples: 4, photometric: 2, extra: 2},
	} {
		for _, compression := range []int{1, compressionLZW, compressionDeflate, compressionZip} {
			for _, predictor := range []int{1, 2} {
				for _, cut := range []tiffFile{{rows: 1}, {rows: 5}, {rows: 14}, {rows: 99}, {tile: image.Pt(16, 8)}, {tile: image.Pt(32, 32)}} {
					f := kind
					f.width, f.height, f.rng, f.order = 21, 14, rng, binary.LittleEndian
					f.compression, f.predictor, f.rows, f.tile = compression, predictor, cut.rows, cut.tile
					if len(files)%2 == 1 {
						f.order = binary.BigEndian
					}
					files = append(files, f)
				}
			}
		}
	}
	return files
}

// TestStrips holds what is decoded here to the library.
func TestStrips(t *testing.T) {
	var d Decoder
	for _, f := range tiffFiles() {
		for _, f.surplus = range []int{0, 30} {
			data := f.bytes()
			want, err := tiff.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%v: %v", f, err)
			}
			h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
			if err != nil {
				t.Fatalf("%v: %v", f, err)
			}
			before := bytes.Clone(data)
			got, err := d.Decode(t.Context(), data, h, DecodeOptions{})
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%v: other picture than the library's, error %v", f, err)
			}
			if !bytes.Equal(data, before) {
				t.Fatalf("%v: the file was written to", f)
			}
			gray, err := d.Decode(t.Context(), data, h, DecodeOptions{Gray: true})
			if err != nil {
				t.Fatalf("%v: gray: %v", f, err)
			}
			checkForms(t, h, want, gray)
			if want, ok := want.(*image.RGBA); ok && f.samples == 3 && (f.predictor == 1 || f.compression > 1) {
				pix := make([]byte, len(want.Pix)/4)
				pixel.GrayFromRGBA(pix, want.Pix)
				if !bytes.Equal(gray.(*image.Gray).Pix, pix) {
					t.Fatalf("%v: other gray", f)
				}
			}
		}
	}
}

// checkForms wants the header to have named the types of pictures.
func checkForms(t *testing.T, h Header, whole, gray image.Image) {
	t.Helper()
	form := func(img image.Image) Form {
		switch img := img.(type) {
		case *image.Gray:
			return FormGray
		case *image.YCbCr:
			return FormYCbCr
		case *image.NRGBA:
			return FormRGBA
		case *image.RGBA:
			if img.Opaque() {
				return FormRGBA
			}
		}
		return FormOther
	}
	if got := h.Form(DecodeOptions{}); got != form(whole) && got != FormOther {
		t.Errorf("the header says form %d, decoded was %T", got, whole)
	}
	if got := h.Form(DecodeOptions{Gray: true}); got != form(gray) && got != FormOther {
		t.Errorf("the header says gray form %d, decoded was %T", got, gray)
	}
}

// TestForms wants the headers of all samples to name the types of their pictures.
func TestForms(t *testing.T) {
	files := samples()
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			h, whole, err := read(t, files[name], Limits{})
			if err != nil {
				t.Fatal(err)
			}
			gray, err := new(Decoder).Decode(t.Context(), files[name], h, DecodeOptions{Gray: true})
			if err != nil {
				t.Fatal(err)
			}
			checkForms(t, h, whole, gray)
		})
	}
}

func TestStripsTruncated(t *testing.T) {
	var d Decoder
	for _, f := range tiffFiles() {
		f.surplus = -1
		data := f.bytes()
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
		if err == nil {
			_, err = d.Decode(t.Context(), data, h, DecodeOptions{})
		}
		// A byte less is no harm at the end of a tile that reaches beyond the picture.
		if lost := f.rows > 0; lost && job.ClassOf(err) != job.Malformed {
			t.Errorf("%v: error %v", f, err)
		}
	}
}

func TestOldLZW(t *testing.T) {
	f := tiffFiles()[0]
	f.compression, f.rows = compressionLZW, f.height
	data := f.bytes()
	data[8], data[9] = 0, 1
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(t.Context(), data, h); job.ClassOf(err) != job.Unsupported {
		t.Errorf("error is %v", err)
	}
}

// TestStripsMemory holds what decoding allocates to the header's word, and wants nothing to
// be taken for pixels that the file cannot hold.
func TestStripsMemory(t *testing.T) {
	for _, f := range tiffFiles() {
		if f.predictor == 2 && f.compression == 1 {
			continue // the library decodes it, and allocates more in sum than at a time
		}
		f.width, f.height = 150, 100
		data := f.bytes()
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []DecodeOptions{{}, {Gray: true}} {
			var d Decoder
			got := allocated(func() { _, err = d.Decode(t.Context(), data, h, o) })
			if err != nil || got > h.Memory(o) {
				t.Errorf("%v, %+v: %d bytes, %d promised, error %v", f, o, got, h.Memory(o), err)
			}
		}
	}
	f := tiffFile{width: 16000, height: 16000, samples: 3, photometric: 2, compression: compressionLZW, predictor: 1,
		rows: 0, tile: image.Pt(16000, 16000), order: binary.LittleEndian, rng: rand.New(rand.NewPCG(1, 1))}
	small := f
	small.width, small.height, small.tile = 16, 16, image.Pt(16, 16)
	data := small.bytes()
	at := bytes.Index(data, []byte{tagWidth & 0xff, tagWidth >> 8, tiffLong, 0, 1, 0, 0, 0})
	for _, off := range []int{at, at + 12} {
		binary.LittleEndian.PutUint32(data[off+8:], 16000)
	}
	for off := at; off < len(data)-12; off++ {
		if tag := binary.LittleEndian.Uint16(data[off:]); (tag == tagTileWidth || tag == tagTileHeight) && (off-at)%12 == 0 {
			binary.LittleEndian.PutUint32(data[off+8:], 16000)
		}
	}
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := allocated(func() { _, err = Decode(t.Context(), data, h) }); err == nil || got > 1<<20 {
		t.Errorf("a small file that claims to be large takes %d bytes, error %v", got, err)
	}
}

func TestStripsStopWithTheirContext(t *testing.T) {
	data := tiffFiles()[0].bytes()
	h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Decode(ctx, data, h); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// FuzzStrips: where the library decodes a file that is decoded here, the pictures are
// the same.
func FuzzStrips(f *testing.F) {
	for _, file := range tiffFiles() {
		file.width, file.height = 9, 6
		f.Add(file.bytes())
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{MaxPixels: 1 << 16})
		if err != nil || h.Format != TIFF || h.form == FormOther && h.gray == (outcome{}) {
			return
		}
		got, err := d.Decode(t.Context(), data, h, DecodeOptions{})
		if err != nil {
			wantFilesFault(t, err)
		}
		want, wantErr := tiff.Decode(bytes.NewReader(data))
		if err == nil && wantErr == nil && !reflect.DeepEqual(got, want) {
			t.Error("other picture than the library's")
		}
		if _, grayErr := d.Decode(t.Context(), data, h, DecodeOptions{Gray: true}); (grayErr == nil) != (err == nil) {
			t.Errorf("error %v, gray %v", err, grayErr)
		}
	})
}
