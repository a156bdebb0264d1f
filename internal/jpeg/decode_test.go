package jpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	stdjpeg "image/jpeg"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var scales = []int{1, 2, 4, 8}

func decode(t testing.TB, d *Decoder, data []byte, o DecodeOptions) image.Image {
	t.Helper()
	img, err := d.Decode(context.Background(), data, o)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	return img
}

// checkPlanes compares the planes that the decoder holds with the reference.
func checkPlanes(t *testing.T, f *testFile, d *Decoder, scale int) {
	t.Helper()
	size := 8 / scale
	for i := range d.layout.planes {
		c, p, want := f.frame.comp[i], &d.comp[i], f.reference(i, size)
		if p.stride != c.mcuCols*size || len(p.pix) != len(want) {
			t.Fatalf("1/%d: plane %d has stride %d and %d bytes", scale, i, p.stride, len(p.pix))
		}
		for y := range c.rows * size {
			for x := range c.cols * size {
				got, want := float64(p.pix[y*p.stride+x]), want[y*p.stride+x]
				if got-want > 1 || want-got > 1 {
					t.Fatalf("1/%d: plane %d has %v at %d,%d, want %.2f", scale, i, got, x, y, want)
				}
			}
		}
	}
}

// checkFile decodes f at all scales, and compares 1/1 with image/jpeg where that reads it.
func checkFile(t *testing.T, d *Decoder, f *testFile) {
	t.Helper()
	data := f.bytes()
	for _, scale := range scales {
		for _, gray := range []bool{false, true} {
			img := decode(t, d, data, DecodeOptions{Scale: scale, Gray: gray})
			checkPlanes(t, f, d, scale)
			want := image.Rect(0, 0, ceilDiv(f.width, scale), ceilDiv(f.height, scale))
			if img.Bounds() != want {
				t.Fatalf("1/%d: bounds %v, want %v", scale, img.Bounds(), want)
			}
		}
	}
	if std, err := stdjpeg.Decode(bytes.NewReader(data)); err == nil {
		compareWithStd(t, decode(t, d, data, DecodeOptions{}), std)
	}
}

// compareWithStd holds a picture to that of image/jpeg: the type, the rectangle, the
// ratio and all samples within 2.
func compareWithStd(t testing.TB, got, want image.Image) {
	t.Helper()
	if reflect.TypeOf(got) != reflect.TypeOf(want) || got.Bounds() != want.Bounds() {
		t.Fatalf("%T of %v, want %T of %v", got, got.Bounds(), want, want.Bounds())
	}
	width, height := want.Bounds().Dx(), want.Bounds().Dy()
	switch want := want.(type) {
	case *image.Gray:
		got := got.(*image.Gray)
		compareSamples(t, "gray", got.Pix, want.Pix, got.Stride, want.Stride, width, height)
	case *image.YCbCr:
		got := got.(*image.YCbCr)
		if got.SubsampleRatio != want.SubsampleRatio {
			t.Fatalf("ratio %v, want %v", got.SubsampleRatio, want.SubsampleRatio)
		}
		compareSamples(t, "Y", got.Y, want.Y, got.YStride, want.YStride, width, height)
		last := want.COffset(width-1, height-1)
		width, height = last%want.CStride+1, last/want.CStride+1
		compareSamples(t, "Cb", got.Cb, want.Cb, got.CStride, want.CStride, width, height)
		compareSamples(t, "Cr", got.Cr, want.Cr, got.CStride, want.CStride, width, height)
	case *image.RGBA:
		got := got.(*image.RGBA)
		compareSamples(t, "RGBA", got.Pix, want.Pix, got.Stride, want.Stride, 4*width, height)
	case *image.CMYK:
		got := got.(*image.CMYK)
		compareSamples(t, "CMYK", got.Pix, want.Pix, got.Stride, want.Stride, 4*width, height)
	default:
		t.Fatalf("image/jpeg returned a %T", want)
	}
}

func compareSamples(t testing.TB, name string, got, want []byte, gotStride, wantStride, width, height int) {
	t.Helper()
	for y := range height {
		for x := range width {
			g, w := int(got[y*gotStride+x]), int(want[y*wantStride+x])
			if g-w > 2 || w-g > 2 {
				t.Fatalf("%s at %d,%d is %d, want %d", name, x, y, g, w)
			}
		}
	}
}

func TestDecodeSamplingFactors(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var d Decoder
	rng := rand.New(rand.NewPCG(1, 1))
	for y := range 16 {
		for c := range 16 {
			luma, chroma := sampling{y/4 + 1, y%4 + 1}, sampling{c/4 + 1, c%4 + 1}
			t.Run(fmt.Sprintf("%v %v", luma, chroma), func(t *testing.T) {
				f := newTestFile(rng, 61, 43, luma, chroma, chroma)
				if luma.h*luma.v+2*chroma.h*chroma.v <= maxMCUBlocks {
					checkFile(t, &d, f.interleaved())
				}
				checkFile(t, &d, f.separate())
				checkFile(t, &d, f.progressive())
			})
		}
	}
}

func TestDecodeMixedSamplingFactors(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var d Decoder
	rng := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		factors := make([]sampling, []int{1, 3, 4}[rng.IntN(3)])
		for i := range factors {
			factors[i] = sampling{rng.IntN(4) + 1, rng.IntN(4) + 1}
		}
		f := newTestFile(rng, rng.IntN(90)+1, rng.IntN(90)+1, factors...)
		checkFile(t, &d, f.separate())
		checkFile(t, &d, f.progressive())
	}
}

func TestDecodeSizes(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var d Decoder
	rng := rand.New(rand.NewPCG(3, 3))
	for width := 1; width <= 33; width++ {
		for height := 1; height <= 33; height += 1 + width%2 {
			f := newTestFile(rng, width, height, sampling{2, 2}, sampling{1, 1}, sampling{1, 1})
			checkFile(t, &d, f.interleaved())
			if (width+height)%5 == 0 {
				checkFile(t, &d, f.progressive())
				checkFile(t, &d, newTestFile(rng, width, height, sampling{1, 2}).interleaved())
			}
		}
	}
	checkFile(t, &d, newTestFile(rng, 700, 500, sampling{2, 1}, sampling{1, 1}, sampling{1, 1}).interleaved())
	checkFile(t, &d, newTestFile(rng, 700, 500, sampling{2, 2}, sampling{1, 1}, sampling{1, 1}).progressive())
}

func TestDecodeRestarts(t *testing.T) {
	var d Decoder
	rng := rand.New(rand.NewPCG(4, 4))
	for _, interval := range []int{1, 2, 3, 7, 12, 100, 65535} {
		f := newTestFile(rng, 150, 70, sampling{2, 2}, sampling{1, 1}, sampling{1, 1})
		f.restart = interval
		checkFile(t, &d, f.interleaved())
		// image/jpeg counts the intervals of such scans in MCUs of all components.
		for _, f := range []*testFile{f.separate(), f.progressive()} {
			decode(t, &d, f.bytes(), DecodeOptions{})
			checkPlanes(t, f, &d, 1)
			decode(t, &d, f.bytes(), DecodeOptions{Scale: 4})
			checkPlanes(t, f, &d, 4)
		}
	}
}

// TestDecodeLongRuns has runs of empty blocks of all lengths.
func TestDecodeLongRuns(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var d Decoder
	rng := rand.New(rand.NewPCG(5, 5))
	f := newTestFile(rng, 2000, 1200, sampling{1, 1})
	for i := range f.planes[0].blocks {
		if b := &f.planes[0].blocks[i]; i%4099 > 40 {
			*b = [blockLen]int{b[0]}
		}
	}
	data := f.progressive().bytes()
	for _, scale := range scales {
		decode(t, &d, data, DecodeOptions{Scale: scale})
		checkPlanes(t, f, &d, scale)
	}
}

var (
	jfifApp  = appendTestSegment(nil, markerAPP0, []byte("JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"))
	adobeApp = func(transform byte) []byte {
		return appendTestSegment(nil, markerAPP14, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform))
	}
)

func TestDecodeColorSpaces(t *testing.T) {
	tests := []struct {
		name  string
		apps  []byte
		ids   string
		space ColorSpace
	}{
		{"plain", nil, "\x01\x02\x03", YCbCr},
		{"identifiers of RGB", nil, "RGB", RGB},
		{"JFIF overrules identifiers", jfifApp, "RGB", YCbCr},
		{"Adobe RGB", adobeApp(0), "\x01\x02\x03", RGB},
		{"Adobe YCbCr", adobeApp(1), "\x01\x02\x03", YCbCr},
		{"JFIF overrules Adobe", slices.Concat(jfifApp, adobeApp(0)), "\x01\x02\x03", YCbCr},
		{"Adobe CMYK", adobeApp(0), "\x01\x02\x03\x04", CMYK},
		{"Adobe YCCK", adobeApp(2), "\x01\x02\x03\x04", YCCK},
		{"plain CMYK", nil, "CMYK", CMYK},
	}
	var d Decoder
	rng := rand.New(rand.NewPCG(6, 6))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, luma := range []sampling{{1, 1}, {2, 2}} {
				factors := []sampling{luma, {1, 1}, {1, 1}, luma}
				f := newTestFile(rng, 45, 37, factors[:len(test.ids)]...)
				for i := range f.planes {
					f.planes[i].id = test.ids[i]
				}
				f.apps = test.apps
				checkFile(t, &d, f.interleaved())
				c, err := ReadConfig(f.bytes())
				if err != nil || c.ColorSpace() != test.space {
					t.Errorf("colour space %v, %v, want %v", c.ColorSpace(), err, test.space)
				}
				checkPicture(t, &d, decode(t, &d, f.bytes(), DecodeOptions{}))
			}
		})
	}
}

// TestDecodeReplicates checks pictures that have no ratio.
func TestDecodeReplicates(t *testing.T) {
	var d Decoder
	rng := rand.New(rand.NewPCG(7, 7))
	for _, factors := range [][]sampling{
		{{1, 1}, {2, 1}, {1, 2}}, {{3, 1}, {2, 1}, {1, 1}}, {{1, 4}, {1, 1}, {1, 1}}, {{2, 2}, {2, 2}, {1, 1}},
	} {
		f := newTestFile(rng, 45, 37, factors...).interleaved()
		for _, scale := range scales {
			checkPicture(t, &d, decode(t, &d, f.bytes(), DecodeOptions{Scale: scale}))
			gray := decode(t, &d, f.bytes(), DecodeOptions{Scale: scale, Gray: true})
			if _, ok := gray.(*image.Gray); !ok {
				t.Errorf("gray is a %T", gray)
			}
			checkPicture(t, &d, gray)
		}
	}
}

// checkPicture compares every pixel with what the planes have there.
func checkPicture(t *testing.T, d *Decoder, img image.Image) {
	t.Helper()
	f := &d.frame
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			var s [4]byte
			for i := range d.layout.planes {
				c := f.comp[i]
				s[i] = d.comp[i].pix[y*c.v/f.vMax*d.comp[i].stride+x*c.h/f.hMax]
			}
			var want color.Color
			switch f.colorSpace() {
			case YCbCr:
				want = color.YCbCr{Y: s[0], Cb: s[1], Cr: s[2]}
				if d.layout.planes == 1 {
					want = color.Gray{Y: s[0]}
				}
			case RGB:
				want = color.RGBA{R: s[0], G: s[1], B: s[2], A: 255}
			case CMYK:
				want = color.CMYK{C: s[0], M: s[1], Y: s[2], K: s[3]}
				if f.adobe {
					want = color.CMYK{C: ^s[0], M: ^s[1], Y: ^s[2], K: ^s[3]}
				}
			case YCCK:
				r, g, b := color.YCbCrToRGB(s[0], s[1], s[2])
				want = color.CMYK{C: r, M: g, Y: b, K: ^s[3]}
			}
			if got := img.At(x, y); got != want {
				t.Fatalf("pixel %d,%d is %v, want %v", x, y, got, want)
			}
		}
	}
}

// realFiles returns the JPEGs of Go's tree and of the corpus, where there are any.
func realFiles(t testing.TB) []string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Logf("no Go tree: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/image/testdata/*.jpeg"))
	if err != nil {
		t.Fatal(err)
	}
	const corpus = "../../../shared/corpus"
	if _, err := os.Stat(corpus); err == nil {
		err = filepath.WalkDir(corpus, func(path string, e fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err == nil && (ext == ".jpg" || ext == ".jpeg") {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestDecodeRealFiles(t *testing.T) {
	files := realFiles(t)
	if len(files) == 0 {
		t.Skip("no files")
	}
	var d Decoder
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr := stdjpeg.Decode(bytes.NewReader(data))
			got, err := d.Decode(context.Background(), data, DecodeOptions{})
			if err != nil || wantErr != nil {
				if (err == nil) != (wantErr == nil) {
					t.Errorf("error %v, want %v", err, wantErr)
				}
				return
			}
			compareWithStd(t, got, want)
			checkScaledDown(t, data)
		})
	}
}

// checkScaledDown holds the luma of the scaled pictures to the definition, with the
// coefficients of the samples of the full one. Blocks with clipped samples do not have them.
func checkScaledDown(t *testing.T, data []byte) {
	t.Helper()
	var full, scaled Decoder
	decode(t, &full, data, DecodeOptions{})
	for _, scale := range scales[1:] {
		decode(t, &scaled, data, DecodeOptions{Scale: scale})
		f, s, size := &full.comp[0], &scaled.comp[0], 8/scale
		for at := range full.frame.comp[0].cols * full.frame.comp[0].rows {
			row, col := at/full.frame.comp[0].cols, at%full.frame.comp[0].cols
			pix := f.pix[row*8*f.stride+col*8:]
			if isClipped(pix, f.stride) {
				continue
			}
			for y, want := range scaledInverse(forward(pix, f.stride), size) {
				got := s.pix[(row*size+y)*s.stride+col*size:]
				for x := range want {
					if d := float64(got[x]) - want[x]; d > 2 || d < -2 {
						t.Fatalf("1/%d: block %d,%d has %d, want %.2f", scale, col, row, got[x], want[x])
					}
				}
			}
		}
	}
}

func isClipped(pix []byte, stride int) bool {
	for y := range 8 {
		if slices.Contains(pix[y*stride:][:8], 0) || slices.Contains(pix[y*stride:][:8], 255) {
			return true
		}
	}
	return false
}

func TestDecodeTruncated(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	f := newTestFile(rng, 40, 30, sampling{2, 1}, sampling{1, 1}, sampling{1, 1})
	f.restart = 2
	var d Decoder
	for _, f := range []*testFile{f.interleaved(), f.separate(), f.progressive()} {
		data := f.bytes()
		for n := range data {
			for _, scale := range scales {
				_, err := d.Decode(context.Background(), data[:n], DecodeOptions{Scale: scale})
				if fault := new(FormatError); !errors.As(err, &fault) || fault.Offset > n {
					t.Fatalf("%d bytes at 1/%d: %v", n, scale, err)
				}
			}
			img, err := d.Decode(context.Background(), data[:n], DecodeOptions{Lenient: true})
			if d.begun != (err == nil) || err == nil && (img == nil || d.Warning() == nil) {
				t.Fatalf("%d bytes, lenient: %v, warning %v", n, err, d.Warning())
			}
		}
	}
}

// TestDecodeLenient: what comes before the fault is as it would be without, the rest gray.
func TestDecodeLenient(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	f := newTestFile(rng, 160, 160, sampling{1, 1}).interleaved()
	data := f.bytes()
	var whole, cut Decoder
	for _, scale := range scales {
		want := decode(t, &whole, data, DecodeOptions{Scale: scale, Lenient: true}).(*image.Gray)
		if whole.Warning() != nil {
			t.Fatalf("warning %v", whole.Warning())
		}
		got := decode(t, &cut, data[:len(data)*2/3], DecodeOptions{Scale: scale, Lenient: true}).(*image.Gray)
		if cut.Warning() == nil {
			t.Fatal("no warning")
		}
		half := len(want.Pix) / 2
		if !bytes.Equal(got.Pix[:half], want.Pix[:half]) {
			t.Error("the first half has changed")
		}
		if end := got.Pix[len(got.Pix)-8/scale:]; !bytes.Equal(end, bytes.Repeat([]byte{128}, len(end))) {
			t.Errorf("ends with %v", end)
		}
	}
}

// TestDecodeLenientForgets: what stands behind a fault is not of an earlier picture.
func TestDecodeLenientForgets(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 21))
	earlier := newTestFile(rng, 160, 160, sampling{1, 1}).interleaved().bytes()
	for _, make := range []func(*testFile) *testFile{(*testFile).interleaved, (*testFile).progressive} {
		data := make(newTestFile(rng, 90, 70, sampling{2, 1}, sampling{1, 1}, sampling{1, 1})).bytes()
		for cut := len(data) / 2; cut < len(data); cut += 7 {
			var used, fresh Decoder
			decode(t, &used, earlier, DecodeOptions{})
			o := DecodeOptions{Lenient: true}
			compareWithStd(t, decode(t, &used, data[:cut], o), decode(t, &fresh, data[:cut], o))
		}
	}
}

// edit replaces the bytes behind the first occurrence of a marker.
func edit(data []byte, marker byte, skip int, by ...byte) []byte {
	data = slices.Clone(data)
	at := bytes.Index(data, []byte{0xff, marker}) + 2 + skip
	copy(data[at:], by)
	return data
}

func insert(data []byte, at int, b ...byte) []byte {
	return slices.Insert(slices.Clone(data), at, b...)
}

func TestDecodeFaults(t *testing.T) {
	rng := rand.New(rand.NewPCG(10, 10))
	color := newTestFile(rng, 40, 30, sampling{2, 1}, sampling{1, 1}, sampling{1, 1}).interleaved()
	good := color.bytes()
	color.restart = 3
	restarts := color.bytes()
	lacking := *color
	lacking.separate().scans = lacking.scans[:2]
	progressive := *color
	prog := progressive.progressive().bytes()
	sos := bytes.Index(good, []byte{0xff, markerSOS})
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "no start of image"},
		{"no JPEG", []byte("GIF89a"), "no start of image"},
		{"no picture", []byte{0xff, 0xd8, 0xff, 0xd9}, "no picture"},
		{"scan first", insert(good, 2, good[sos:]...), "no frame header"},
		{"two frame headers", insert(good, sos, good[bytes.Index(good, []byte{0xff, 0xc0}):sos]...), "two frame headers"},
		{"arithmetic", edit(good, 0xc0, -1, 0xc9), "arithmetic coding is not supported"},
		{"lossless", edit(good, 0xc0, -1, 0xc3), "lossless coding is not supported"},
		{"hierarchical", edit(good, 0xc0, -1, 0xc5), "hierarchical coding is not supported"},
		{"DHP", insert(good, 2, 0xff, 0xde, 0, 2), "hierarchical coding is not supported"},
		{"DNL", insert(good, len(good)-2, 0xff, 0xdc, 0, 4, 0, 30), "DNL marker gives is not supported"},
		{"unknown marker", insert(good, 2, 0xff, 0xf3, 0, 2), "marker 0xf3 is not supported"},
		{"reserved marker", insert(good, 2, 0xff, 0x02, 0, 2), "marker 0x02 out of place at byte 2"},
		{"second start", insert(good, 2, 0xff, 0xd8), "marker 0xd8 out of place"},
		{"12 bits", edit(good, 0xc0, 2, 12), "12-bit precision is not supported"},
		{"no height", edit(good, 0xc0, 3, 0, 0), "DNL marker gives is not supported"},
		{"no width", edit(good, 0xc0, 5, 0, 0), "width of 0"},
		{"two components", edit(good, 0xc0, 7, 2), "frame header of 15 bytes"},
		{"no sampling", edit(good, 0xc0, 9, 0x01), "sampling factors 0×1"},
		{"large sampling", edit(good, 0xc0, 9, 0x15), "sampling factors 1×5"},
		{"same identifiers", edit(good, 0xc0, 11, 1), "two components 1"},
		{"quantization slot", edit(good, 0xc0, 10, 4), "quantization table 4"},
		{"no quantization table", edit(good, 0xc0, 10, 3), "no quantization table 3"},
		{"quantization class", edit(good, 0xdb, 2, 0x20), "quantization table 0x20"},
		{"short quantization", edit(good, 0xdb, 2, 0x01), "quantization table"},
		{"Huffman class", edit(good, 0xc4, 2, 0x20), "Huffman table 0x20"},
		{"Huffman slot", edit(good, 0xc4, 2, 0x02), "Huffman table 0x02"},
		{"too many codes", edit(good, 0xc4, 3, 3), "too many codes"},
		{"no codes", edit(good, 0xc4, 3, make([]byte, 16)...), "with 0 codes"},
		{"short Huffman table", edit(good, 0xc4, 0, 0, 25), "Huffman table of"},
		{"MCU too large", edit(good, 0xc0, 9, 0x44), "MCU of 18 blocks"},
		{"scan without components", edit(good, 0xda, 2, 0), "scan header"},
		{"scan of an unknown component", edit(good, 0xda, 3, 9), "component 9 that there is not"},
		{"scan of a component twice", edit(good, 0xda, 3, 2), "component 2 twice"},
		{"scan with an unknown table", edit(good, 0xda, 4, 0x10), "no Huffman table 1 for DC"},
		{"scan with an impossible table", edit(good, 0xda, 4, 0x02), "Huffman table 2"},
		{"wrong restart", edit(restarts, markerRST0+1, -1, markerRST0+3), "marker 0xd3 instead of restart 0xd1"},
		{"restart interval", edit(restarts, 0xdd, 0, 0, 3), "restart interval of 1 bytes"},
		{"missing component", lacking.bytes(), "no scan for component 3"},
		{"band", edit(prog, 0xda, 9, 5, 4), "coefficients 5 to 4"},
		{"band of several", edit(prog, 0xda, 9, 5, 8), "coefficients of several components"},
		{"bits", edit(prog, 0xda, 11, 0x31), "from bit 3 to 1"},
		{"segment length", insert(good, 2, 0xff, 0xe3, 0, 1), "segment of length 1"},
		{"bad code", insert(good, sos+14, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00), fmt.Sprintf("no such Huffman code, or coefficients beyond the block, at byte %d", sos+14)},
		{"scan ends early", insert(good, len(good)-40, 0xff, 0xe3, 0, 2), fmt.Sprintf("scan ends before the picture does at byte %d", len(good)-40)},
		{"no end", good[:len(good)-2], "data ends before its end marker"},
		{"larger than its data", edit(good, 0xc0, 3, 0xff, 0xff, 0xff, 0xff), "data ends before"},
	}
	var d Decoder
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := d.Decode(context.Background(), test.data, DecodeOptions{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if strings.HasSuffix(test.want, "supported") != errors.As(err, new(*UnsupportedError)) {
				t.Errorf("error is a %T", err)
			}
		})
	}
}

func TestDecodeTolerates(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	f := newTestFile(rng, 90, 70, sampling{2, 2}, sampling{1, 1}, sampling{1, 1}).interleaved()
	f.restart = 4
	good := f.bytes()
	sos := bytes.Index(good, []byte{0xff, markerSOS})
	rst := bytes.Index(good, []byte{0xff, markerRST0})
	end := len(good) - 2
	for name, data := range map[string][]byte{
		"fill bytes":              insert(good, sos, 0xff, 0xff, 0xff),
		"fill bytes at a restart": insert(good, rst, 0xff, 0xff),
		"fill bytes at the end":   insert(good, end, 0xff, 0xff),
		"stray bytes":             insert(good, sos, 1, 2, 3, 0xff, 0),
		"bytes behind a segment":  insert(good, rst, 1, 2, 0xff, 0, 3),
		"bytes behind the scan":   insert(good, end, 1, 2, 0xff, 0, 3),
		"last restart":            insert(good, end, 0xff, markerRST7),
		"bytes behind the end":    insert(good, len(good), 1, 2, 3),
		"comment behind the scan": insert(good, end, 0xff, markerCOM, 0, 3, 1),
		"short Adobe segment":     insert(good, 2, 0xff, markerAPP14, 0, 3, 1),
		"short JFIF segment":      insert(good, 2, 0xff, markerAPP0, 0, 2),
		"table redefined":         insert(good, sos, good[bytes.Index(good, []byte{0xff, markerDHT}):sos]...),
	} {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			for _, scale := range scales {
				decode(t, &d, data, DecodeOptions{Scale: scale})
				checkPlanes(t, f, &d, scale)
			}
			std, err := stdjpeg.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("image/jpeg does not: %v", err)
			}
			compareWithStd(t, decode(t, &d, data, DecodeOptions{}), std)
		})
	}
}

// TestDecodeTablesBetweenScans: each scan of a sequential file uses the tables of its time.
func TestDecodeTablesBetweenScans(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	f := newTestFile(rng, 50, 40, sampling{1, 1}, sampling{1, 1}, sampling{1, 1}).separate()
	for i := range f.planes {
		f.planes[i].tq = 0
	}
	data := f.bytes()
	f.quant[0] = f.quant[1]
	second := bytes.LastIndex(data, []byte{0xff, markerSOS})
	body := []byte{0x10}
	for _, step := range f.quant[0] {
		body = append(body, byte(step>>8), byte(step))
	}
	data = slices.Concat(data[:second], appendTestSegment(nil, markerDQT, body), data[second:])
	var d Decoder
	std, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compareWithStd(t, decode(t, &d, data, DecodeOptions{}), std)
}

func TestDecodeTooManyScans(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 13))
	for _, make := range []func(*testFile) *testFile{(*testFile).interleaved, (*testFile).progressive} {
		f := make(newTestFile(rng, 8, 8, sampling{1, 1}))
		last := f.scans[len(f.scans)-1]
		for len(f.scans) <= maxScans {
			f.scans = append(f.scans, last)
		}
		var d Decoder
		_, err := d.Decode(context.Background(), f.bytes(), DecodeOptions{})
		if err == nil || !strings.Contains(err.Error(), "scans") {
			t.Errorf("error %v", err)
		}
	}
}

func TestDecodePassesScansOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 14))
	f := newTestFile(rng, 64, 64, sampling{2, 2}, sampling{1, 1}, sampling{1, 1}).progressive()
	data := f.bytes()
	for scale, want := range map[int]int{
		8: 2,     // DC and its refinement
		4: 2 + 4, // of the luma also the band of the corner, its two refinements, and the band beyond that a refinement reaches
	} {
		var d Decoder
		decode(t, &d, data, DecodeOptions{Scale: scale, Gray: true})
		decoded := 0
		for _, passed := range d.passed {
			if !passed {
				decoded++
			}
		}
		if decoded != want {
			t.Errorf("1/%d decoded %d scans of %d, want %d", scale, decoded, len(d.passed), want)
		}
	}
}

func TestDecodeCancelled(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 15))
	f := newTestFile(rng, 64, 64, sampling{1, 1})
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	for _, f := range []*testFile{f.interleaved(), f.progressive()} {
		var d Decoder
		if _, err := d.Decode(ctx, f.bytes(), DecodeOptions{Lenient: true}); !errors.Is(err, cause) {
			t.Errorf("error %v", err)
		}
	}
}

func TestDecodeScaleOption(t *testing.T) {
	var d Decoder
	if _, err := d.Decode(context.Background(), nil, DecodeOptions{Scale: 3}); err == nil || !strings.Contains(err.Error(), "scale") {
		t.Errorf("error %v", err)
	}
}

func TestReadConfig(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	f := newTestFile(rng, 30, 20, sampling{2, 1}, sampling{1, 1}, sampling{1, 1}).progressive()
	c, err := ReadConfig(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	w, h := c.Size()
	y, cb := c.frame.comp[0], c.frame.comp[1]
	if w != 30 || h != 20 || !c.frame.progressive || c.ColorSpace() != YCbCr || c.frame.n != 3 || y.h != 2 || y.v != 1 || cb.h != 1 || cb.v != 1 {
		t.Errorf("%+v", c)
	}
	if _, err := ReadConfig(f.bytes()[:60]); err == nil {
		t.Error("no error for a part of the segments")
	}
}

// TestMemory compares the bound with what a decoder holds.
func TestMemory(t *testing.T) {
	headers := maxScans * reflect.TypeFor[scanHeader]().Size()
	headers += headers / 2 // in the slice before it grew
	if size := int(reflect.TypeFor[Decoder]().Size() + headers); size > decoderSize {
		t.Errorf("a Decoder and its scan headers are %d bytes large, beyond %d", size, decoderSize)
	}
	rng := rand.New(rand.NewPCG(17, 17))
	for _, f := range []*testFile{
		newTestFile(rng, 300, 200, sampling{2, 2}, sampling{1, 1}, sampling{1, 1}).interleaved(),
		newTestFile(rng, 300, 200, sampling{2, 2}, sampling{1, 1}, sampling{1, 1}).progressive(),
		newTestFile(rng, 300, 200, sampling{1, 1}, sampling{2, 1}, sampling{1, 2}).progressive(),
		newTestFile(rng, 300, 200, sampling{1, 1}, sampling{1, 1}, sampling{1, 1}, sampling{1, 1}).interleaved(),
	} {
		c, err := ReadConfig(f.bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []DecodeOptions{{}, {Scale: 2}, {Scale: 4, Gray: true}, {Scale: 8}} {
			var d Decoder
			decode(t, &d, f.bytes(), o)
			held := int64(decoderSize + cap(d.pix) + cap(d.out) + 2*cap(d.coefs) + 8*cap(d.history))
			if m := c.Memory(o); held > m || m > held+held/10 {
				t.Errorf("%+v: memory of %d, holds %d", o, m, held)
			}
		}
	}
	if m := (Config{}).Memory(DecodeOptions{}); m != decoderSize {
		t.Errorf("memory %d of an empty config", m)
	}
}

// TestDecodeSteadyState: once it has memory for its pictures, a Decoder takes no more.
func TestDecodeSteadyState(t *testing.T) {
	rng := rand.New(rand.NewPCG(18, 18))
	for _, factors := range [][]sampling{{{2, 2}, {1, 1}, {1, 1}}, {{1, 1}, {2, 1}, {1, 1}}} {
		data := newTestFile(rng, 200, 100, factors...).interleaved().bytes()
		var d Decoder
		for _, scale := range scales {
			allocs := testing.AllocsPerRun(5, func() { decode(t, &d, data, DecodeOptions{Scale: scale}) })
			if allocs > 0 {
				t.Errorf("1/%d: %v allocations", scale, allocs)
			}
		}
	}
}

func TestRelease(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 19))
	data := newTestFile(rng, 200, 100, sampling{1, 1}).interleaved().bytes()
	var d Decoder
	decode(t, &d, data, DecodeOptions{})
	d.Release()
	if d.pix != nil {
		t.Error("memory is held")
	}
	decode(t, &d, data, DecodeOptions{})
}
