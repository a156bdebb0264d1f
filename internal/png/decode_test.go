package png

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdpng "image/png"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"imgwatchd/internal/pixel"
)

func (f *testFile) String() string {
	return fmt.Sprintf("%d×%d, colour type %d, %d bits, interlaced %v, transparent %v",
		f.Width, f.Height, f.Color, f.Depth, f.Interlaced, f.Transparent)
}

var sizes = []image.Point{{1, 1}, {3, 2}, {1, 9}, {9, 1}, {8, 8}, {13, 17}, {37, 21}, {100, 40}}

// TestDecode holds every kind of picture to the standard library.
func TestDecode(t *testing.T) {
	var d Decoder
	for _, size := range sizes {
		for _, f := range testFiles(size.X, size.Y) {
			data := f.bytes()
			want, err := stdpng.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%v: %v", f, err)
			}
			got, err := d.Decode(t.Context(), data, DecodeOptions{})
			if err != nil {
				t.Fatalf("%v: %v", f, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%v: other picture than the standard library's", f)
			}
			checkGray(t, &d, data, want)
		}
	}
}

// TestDecodeFilters has whole pictures of one filter, and rows of all lengths for the
// kernels.
func TestDecodeFilters(t *testing.T) {
	var d Decoder
	for filter := range byte(5) {
		for width := range 70 {
			for _, c := range []Config{{Color: RGB, Depth: 8}, {Color: RGBA, Depth: 8}, {Color: Gray, Depth: 8}} {
				c.Width, c.Height = width+1, 5
				f := &testFile{Config: c, rng: rand.New(rand.NewPCG(uint64(width), 1)), filters: []byte{filter}}
				compare(t, &d, f.bytes())
			}
		}
	}
}

// TestDecodeLarge has rows and pictures larger than the buffer.
func TestDecodeLarge(t *testing.T) {
	var d Decoder
	for _, size := range []image.Point{{70_000, 6}, {300, 700}, {1, 200_000}} {
		for _, cut := range []int{0, 1000, 8192} {
			f := &testFile{Config: Config{Width: size.X, Height: size.Y, Color: RGB, Depth: 8},
				rng: rand.New(rand.NewPCG(1, 2)), filters: allFilters, cut: cut}
			compare(t, &d, f.bytes())
		}
	}
}

func compare(t *testing.T, d *Decoder, data []byte) {
	t.Helper()
	want, err := stdpng.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Decode(t.Context(), data, DecodeOptions{})
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("other picture than the standard library's, error %v", err)
	}
	checkGray(t, d, data, want)
}

// checkGray decodes data as a gray picture: one of the samples of img.
func checkGray(t *testing.T, d *Decoder, data []byte, img image.Image) {
	t.Helper()
	got, err := d.Decode(context.Background(), data, DecodeOptions{Gray: true})
	if err != nil {
		t.Fatal(err)
	}
	gray, ok := got.(*image.Gray)
	if transparent := d.config.Transparent || d.config.Color&GrayAlpha != 0; transparent {
		if !reflect.DeepEqual(got, img) {
			t.Fatal("a picture with alpha is not itself when it is to be gray")
		}
		return
	}
	if !ok || gray.Rect != img.Bounds() {
		t.Fatalf("gray picture is %T of %v", got, got.Bounds())
	}
	for y := range gray.Rect.Dy() {
		for x := range gray.Rect.Dx() {
			if want := grayOf(img.At(x, y)); gray.GrayAt(x, y).Y != want {
				t.Fatalf("%T, gray at %d,%d: %d, want %d", img, x, y, gray.GrayAt(x, y).Y, want)
			}
		}
	}
}

func grayOf(c color.Color) uint8 {
	r, g, b, _ := c.RGBA()
	return pixel.Luma(uint8(r>>8), uint8(g>>8), uint8(b>>8))
}

func TestRealFiles(t *testing.T) {
	var d Decoder
	for _, path := range realFiles(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := stdpng.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 4<<20 {
			continue
		}
		compareFates(t, path, &d, data)
	}
}

// compareFates decodes data with the standard library too: both give the same picture or
// an error.
func compareFates(t *testing.T, name string, d *Decoder, data []byte) {
	t.Helper()
	want, wantErr := stdpng.Decode(bytes.NewReader(data))
	got, err := d.Decode(context.Background(), data, DecodeOptions{})
	switch {
	case err != nil:
		checkFault(t, data, err)
		if wantErr == nil {
			t.Errorf("%s: %v", name, err)
		}
	case wantErr == stdpng.FormatError("too much pixel data"): // bytes behind the stream
	case wantErr != nil:
		t.Errorf("%s: decoded, want error %v", name, wantErr)
	case !reflect.DeepEqual(got, want):
		t.Errorf("%s: other picture than the standard library's", name)
	default:
		checkGray(t, d, data, want)
	}
}

func checkFault(t *testing.T, data []byte, err error) {
	t.Helper()
	var malformed *FormatError
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &malformed) && malformed.Offset >= 0 && malformed.Offset <= len(data):
	case errors.As(err, &unsupported):
	default:
		t.Errorf("error %#v", err)
	}
}

// TestDamage cuts files at every byte and turns a bit of every byte.
func TestDamage(t *testing.T) {
	var d Decoder
	for _, f := range testFiles(6, 5) {
		f.cut = 20
		data := f.bytes()
		for n := range data {
			if _, err := d.Decode(t.Context(), data[:n], DecodeOptions{}); err == nil {
				t.Fatalf("%v: %d of %d bytes were decoded", f, n, len(data))
			}
			damaged := slices.Clone(data)
			damaged[n] ^= 1 << (n % 8)
			_, err := d.Decode(t.Context(), damaged, DecodeOptions{})
			if err == nil {
				t.Fatalf("%v: decoded with a fault in byte %d", f, n)
			}
			checkFault(t, damaged, err)
		}
	}
}

func TestWrongSizeOfPixels(t *testing.T) {
	var d Decoder
	for _, f := range testFiles(40, 30) {
		for _, f.more = range []int{-1000, -1, 1, 1000, 1 << 20} {
			if -f.more > int(f.rawBytes()) {
				continue
			}
			var fault *FormatError
			if _, err := d.Decode(t.Context(), f.bytes(), DecodeOptions{}); !errors.As(err, &fault) {
				t.Errorf("%v, %d bytes more: error %v", f, f.more, err)
			}
		}
	}
}

func TestUnknownFilter(t *testing.T) {
	f := testFiles(5, 5)[0]
	f.filters = []byte{0, 5}
	var fault *FormatError
	if _, err := new(Decoder).Decode(t.Context(), f.bytes(), DecodeOptions{}); !errors.As(err, &fault) {
		t.Errorf("error is %v", err)
	}
}

// TestChunkOrder takes chunks out, doubles and swaps them.
func TestChunkOrder(t *testing.T) {
	var d Decoder
	for _, f := range testFiles(4, 4) {
		data := f.bytes()
		var chunks [][]byte
		for off := len(signature); off < len(data); {
			c, err := chunkAt(data, off)
			if err != nil {
				t.Fatal(err)
			}
			chunks = append(chunks, data[off:c.end()])
			off = c.end()
		}
		for i := range chunks {
			without := slices.Delete(slices.Clone(chunks), i, i+1)
			doubled := slices.Insert(slices.Clone(chunks), i, chunks[i])
			swapped := slices.Clone(chunks)
			swapped[i], swapped[max(i-1, 0)] = swapped[max(i-1, 0)], swapped[i]
			for _, edited := range [][][]byte{without, doubled, swapped} {
				compareFates(t, f.String(), &d, slices.Concat([]byte(signature), slices.Concat(edited...)))
			}
		}
	}
}

// TestNoMemoryForNothing lets small files claim to be huge.
func TestNoMemoryForNothing(t *testing.T) {
	f := &testFile{Config: Config{Width: 1 << 30, Height: 1 << 10, Color: RGB, Depth: 8}}
	data := f.with([]byte{0x78, 0x9c, 3, 0})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := new(Decoder).Decode(t.Context(), data, DecodeOptions{})
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; err == nil || taken > 1<<20 {
		t.Errorf("error %v, %d bytes were taken", err, taken)
	}
	f.Width, f.Height = 1<<31-1, 1<<31-1
	var unsupported *UnsupportedError
	if _, err := new(Decoder).Decode(t.Context(), f.with(nil), DecodeOptions{}); !errors.As(err, &unsupported) {
		t.Errorf("error %v", err)
	}
}

// TestMemory holds what decoding allocates to what the Config promises, and to a few small
// things when the Decoder has decoded such a picture before.
func TestMemory(t *testing.T) {
	for _, f := range testFiles(500, 300) {
		data := f.bytes()
		for _, o := range []DecodeOptions{{}, {Gray: true}} {
			var d Decoder
			decode := func() {
				if _, err := d.Decode(context.Background(), data, o); err != nil {
					t.Fatal(err)
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			decode()
			runtime.ReadMemStats(&after)
			if taken := int64(after.TotalAlloc - before.TotalAlloc); taken > f.Memory(o) {
				t.Errorf("%v, %+v: %d bytes were taken, %d promised", f, o, taken, f.Memory(o))
			}
			if n := testing.AllocsPerRun(3, decode); n > 5 && f.Color != Paletted {
				t.Errorf("%v, %+v: %v allocations", f, o, n)
			}
		}
	}
}

func TestStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("cause")
	cancel(cause)
	if _, err := new(Decoder).Decode(ctx, testFiles(9, 9)[0].bytes(), DecodeOptions{}); err != cause {
		t.Errorf("error is %v, want the context's cause", err)
	}
}

// A countdown is a context that ends after it was asked some times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestStopsWithinAChunk has a stream of a megabyte that unpacks to nothing.
func TestStopsWithinAChunk(t *testing.T) {
	f := &testFile{Config: Config{Width: 1, Height: 1, Color: Gray, Depth: 8}}
	data := f.with(append([]byte{0x78, 0x9c}, bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 1<<18)...))
	ctx := &countdown{Context: t.Context(), left: 5}
	if _, err := new(Decoder).Decode(ctx, data, DecodeOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestRelease(t *testing.T) {
	var d Decoder
	compare(t, &d, testFiles(9, 9)[0].bytes())
	if d.Release(); !reflect.DeepEqual(d, Decoder{}) {
		t.Error("something is kept")
	}
}

// fuzzPixels is the largest picture that is decoded.
const fuzzPixels = 1 << 16

// FuzzDecode: where image/png decodes a file the picture is the same, and where it
// does not there is an error here too.
func FuzzDecode(f *testing.F) {
	for _, t := range testFiles(11, 7) {
		f.Add(t.bytes())
	}
	for _, path := range realFiles(f) {
		if data, err := os.ReadFile(path); err == nil && len(data) <= 4<<10 {
			f.Add(data)
		}
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		data = repaired(data)
		c, err := stdpng.DecodeConfig(bytes.NewReader(data))
		if err == nil && int64(c.Width)*int64(c.Height) > fuzzPixels {
			t.Skip("large")
		}
		compareFates(t, "file", &d, data)
	})
}

// repaired makes the checksums of the chunks right, as fuzzing cannot, but for those whose
// kind begins with a z.
func repaired(data []byte) []byte {
	file := bytes.Clone(data[:min(len(data), len(signature))])
	for off := len(file); ; {
		c, err := chunkAt(data, off)
		if err != nil {
			return append(file, data[off:]...)
		}
		if kind := string(data[off+4 : off+8]); kind[0] == 'z' {
			file = append(file, data[off:c.end()]...)
		} else {
			file = appendChunk(file, kind, c.body)
		}
		off = c.end()
	}
}

func BenchmarkDecode(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, filter := range []byte{filterNone, filterSub, filterUp, filterAverage, filterPaeth} {
		f := &testFile{Config: Config{Width: 1000, Height: 700, Color: RGB, Depth: 8}, rng: rng, filters: []byte{filter}}
		data := f.bytes()
		for _, o := range []DecodeOptions{{}, {Gray: true}} {
			b.Run(fmt.Sprintf("filter %d, %+v", filter, o), func(b *testing.B) {
				var d Decoder
				b.SetBytes(f.rawBytes())
				b.ReportAllocs()
				for b.Loop() {
					if _, err := d.Decode(context.Background(), data, o); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
