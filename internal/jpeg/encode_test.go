package jpeg

import (
	"bytes"
	"context"
	"fmt"
	"image"
	stdjpeg "image/jpeg"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

var testRatios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444,
	image.YCbCrSubsampleRatio422,
	image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440,
	image.YCbCrSubsampleRatio411,
	image.YCbCrSubsampleRatio410,
}

// paint fills a plane with what photos are made of: a slope, waves that grow finer, an
// edge, and grain.
func paint(pix []byte, stride, width, height int, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	phase := r.Float64() * 6
	for y := range height {
		for x := range width {
			v := 100 + 60*math.Sin(phase+float64(x*x+3*y*y)/4000) + 0.05*float64(x) + 12*r.NormFloat64()
			if (x/40+y/56)%3 == 0 {
				v = 220 - v/2
			}
			pix[y*stride+x] = uint8(min(max(v, 0), 255))
		}
	}
}

func paintedGray(width, height int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, height))
	paint(img.Pix, img.Stride, width, height, 1)
	return img
}

func paintedYCbCr(width, height int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
	paint(img.Y, img.YStride, width, height, 1)
	rows := len(img.Cb) / img.CStride
	paint(img.Cb, img.CStride, img.CStride, rows, 2)
	paint(img.Cr, img.CStride, img.CStride, rows, 3)
	return img
}

// encodeTest encodes with a new encoder.
func encodeTest(t testing.TB, img image.Image, o EncodeOptions) []byte {
	t.Helper()
	data, err := new(Encoder).Encode(context.Background(), nil, img, o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decodeTest(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := stdjpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// shownPlane is a plane of a picture with its visible size.
type shownPlane struct {
	pix                   []byte
	stride, width, height int
	quant                 *[blockLen]uint8
}

func planesOf(t testing.TB, img image.Image) []shownPlane {
	t.Helper()
	var l encodeLayout
	if err := l.init(img); err != nil {
		t.Fatal(err)
	}
	var planes []shownPlane
	for i, p := range l.planes[:l.n] {
		q := &lumaQuant
		if i > 0 {
			q = &chromaQuant
		}
		planes = append(planes, shownPlane{p.pix, p.stride, p.width, p.height, q})
	}
	return planes
}

// squares sums the squared differences of two planes.
func squares(a, b shownPlane) (sum float64) {
	for y := range a.height {
		for x := range a.width {
			d := float64(a.pix[y*a.stride+x]) - float64(b.pix[y*b.stride+x])
			sum += d * d
		}
	}
	return sum
}

// checkClose holds decoded planes to the error that quantisation may bring: half a step
// in each coefficient and, for the decoder's rounding, one in each sample.
func checkClose(t *testing.T, img, got image.Image, quality int) {
	t.Helper()
	want, planes := planesOf(t, img), planesOf(t, got)
	if len(want) != len(planes) || img.Bounds().Size() != got.Bounds().Size() {
		t.Fatalf("%d planes of %v, want %d of %v", len(planes), got.Bounds(), len(want), img.Bounds())
	}
	for i, p := range planes {
		if p.width != want[i].width || p.height != want[i].height {
			t.Fatalf("plane %d is %d×%d, want %d×%d", i, p.width, p.height, want[i].width, want[i].height)
		}
		var block float64
		for _, base := range want[i].quant {
			step := float64(scaleStep(base, quality))
			block += step * step / 4
		}
		blocks := float64(ceilDivide(p.width, 8) * ceilDivide(p.height, 8))
		limit := math.Sqrt(blocks*block) + math.Sqrt(blocks*blockLen)
		if e := math.Sqrt(squares(want[i], p)); e > limit {
			t.Errorf("plane %d: error %.1f, at most %.1f may be", i, e, limit)
		}
	}
}

func samePlanes(t testing.TB, a, b image.Image) {
	t.Helper()
	pa, pb := planesOf(t, a), planesOf(t, b)
	for i := range pa {
		if squares(pa[i], pb[i]) != 0 {
			t.Errorf("plane %d differs", i)
		}
	}
}

// roundTrip encodes img both ways, decodes it, and checks what comes back.
func roundTrip(t *testing.T, e *Encoder, img image.Image, quality int) {
	t.Helper()
	var decoded [2]image.Image
	for i, progressive := range []bool{false, true} {
		data, err := e.Encode(context.Background(), nil, img, EncodeOptions{Quality: quality, Progressive: progressive})
		if err != nil {
			t.Fatal(err)
		}
		decoded[i] = decodeTest(t, data)
		checkClose(t, img, decoded[i], quality)
	}
	samePlanes(t, decoded[0], decoded[1])
}

func TestRoundTripSizes(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	var e Encoder
	for height := 1; height <= 33; height++ {
		for width := 1; width <= 33; width++ {
			if (width+height)%2 == 0 && max(width, height) > 17 {
				continue
			}
			for _, ratio := range testRatios {
				roundTrip(t, &e, paintedYCbCr(width, height, ratio), 75)
			}
			roundTrip(t, &e, paintedGray(width, height), 75)
			if t.Failed() {
				t.Fatalf("at %d×%d", width, height)
			}
		}
	}
}

func TestRoundTripQualities(t *testing.T) {
	var e Encoder
	for _, quality := range []int{1, 25, 50, 75, 90, 100} {
		for _, ratio := range testRatios {
			t.Run(fmt.Sprint(quality, ratio), func(t *testing.T) {
				roundTrip(t, &e, paintedYCbCr(203, 117, ratio), quality)
			})
		}
		t.Run(fmt.Sprint(quality, "gray"), func(t *testing.T) {
			roundTrip(t, &e, paintedGray(203, 117), quality)
		})
	}
}

// TestNoise encodes the hardest there is: full-range noise and a checkerboard.
func TestNoise(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 130, 70), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(5, 5))
	for i := range img.Y {
		img.Y[i] = uint8(r.IntN(2) * 255)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(i%2*255), uint8(r.IntN(256))
	}
	var e Encoder
	for _, quality := range []int{1, 50, 100} {
		roundTrip(t, &e, img, quality)
	}
}

// TestLongEndRun has more empty blocks in a row than one symbol counts.
func TestLongEndRun(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 8*260, 8*260))
	for i := range img.Pix {
		img.Pix[i] = 77
	}
	paint(img.Pix[len(img.Pix)-8*img.Stride:], img.Stride, img.Stride, 8, 1)
	roundTrip(t, new(Encoder), img, 90)
}

// TestFullQuality allows an error of two at quality 100: both sides round.
func TestFullQuality(t *testing.T) {
	img := paintedYCbCr(99, 51, image.YCbCrSubsampleRatio422)
	got := planesOf(t, decodeTest(t, encodeTest(t, img, EncodeOptions{Quality: 100})))
	for i, p := range planesOf(t, img) {
		for y := range p.height {
			for x := range p.width {
				a, b := int(p.pix[y*p.stride+x]), int(got[i].pix[y*got[i].stride+x])
				if max(a-b, b-a) > 2 {
					t.Fatalf("plane %d at %d,%d: %d became %d", i, x, y, a, b)
				}
			}
		}
	}
}

// TestAgainstImageJPEG compares with image/jpeg, which writes 4:2:0 and gray.
func TestAgainstImageJPEG(t *testing.T) {
	for _, quality := range []int{1, 25, 50, 75, 90, 100} {
		for _, img := range []image.Image{
			paintedGray(301, 203), paintedYCbCr(301, 203, image.YCbCrSubsampleRatio420),
		} {
			var std bytes.Buffer
			if err := stdjpeg.Encode(&std, img, &stdjpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			ours := encodeTest(t, img, EncodeOptions{Quality: quality})
			source := planesOf(t, img)
			theirs, got := planesOf(t, decodeTest(t, std.Bytes())), planesOf(t, decodeTest(t, ours))
			for i := range got {
				loss := 10 * math.Log10(squares(source[i], got[i])/squares(source[i], theirs[i]))
				if loss > 0.1 {
					t.Errorf("quality %d, plane %d: %.2f dB worse than image/jpeg", quality, i, loss)
				}
			}
			if len(ours) > std.Len() {
				t.Errorf("quality %d: %d bytes, image/jpeg needs %d", quality, len(ours), std.Len())
			}
		}
	}
}

func TestSubImage(t *testing.T) {
	whole := paintedYCbCr(80, 60, image.YCbCrSubsampleRatio420)
	var e Encoder
	roundTrip(t, &e, whole.SubImage(image.Rect(6, 4, 51, 37)), 90)
	_, err := e.Encode(context.Background(), nil, whole.SubImage(image.Rect(7, 4, 51, 37)), EncodeOptions{})
	if err == nil || !strings.Contains(err.Error(), "between two chroma samples") {
		t.Errorf("odd origin: %v", err)
	}
	roundTrip(t, &e, paintedGray(50, 40).SubImage(image.Rect(3, 5, 40, 30)), 90)
}

func TestEncodeRefuses(t *testing.T) {
	gray := paintedGray(8, 8)
	short := paintedYCbCr(16, 16, image.YCbCrSubsampleRatio420)
	short.Cr = short.Cr[:len(short.Cr)-1]
	for _, c := range []struct {
		name string
		img  image.Image
		o    EncodeOptions
		want string
	}{
		{"empty", image.NewGray(image.Rect(0, 0, 0, 4)), EncodeOptions{}, "sides must be from 1 to 65535"},
		{"long", &image.Gray{Rect: image.Rect(0, 0, 65536, 1)}, EncodeOptions{}, "sides must be from 1 to 65535"},
		{"RGB", image.NewRGBA(image.Rect(0, 0, 4, 4)), EncodeOptions{}, "type *image.RGBA"},
		{"ratio", &image.YCbCr{Rect: image.Rect(0, 0, 4, 4), SubsampleRatio: 9}, EncodeOptions{}, "subsample ratio"},
		{"short plane", short, EncodeOptions{}, "fewer samples"},
		{"quality", gray, EncodeOptions{Quality: 101}, "quality 101"},
		{"quality", gray, EncodeOptions{Quality: -1}, "quality -1"},
		{"marker", gray, EncodeOptions{Segments: []Segment{{Marker: 0xdb}}}, "neither APP0"},
		{"Adobe", gray, EncodeOptions{Segments: []Segment{{Marker: 0xee}}}, "other colours"},
		{"segment", gray, EncodeOptions{Segments: []Segment{{0xe1, make([]byte, 65534)}}}, "at most 65533"},
	} {
		dst, err := new(Encoder).Encode(context.Background(), []byte("before"), c.img, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if string(dst) != "before" {
			t.Errorf("%s: returned %q", c.name, dst)
		}
	}
}

func TestSegments(t *testing.T) {
	segments := []Segment{
		{0xe1, []byte("Exif\x00\x00\xff\xd9\xff\x00")},
		{0xe2, bytes.Repeat([]byte{0xff, 0xda}, 30000)},
		{0xed, nil},
		{0xfe, make([]byte, maxSegment)},
	}
	data := encodeTest(t, paintedGray(9, 9), EncodeOptions{Segments: segments})
	want := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	for _, s := range segments {
		n := len(s.Data) + 2
		want = append(append(want, 0xff, s.Marker, byte(n>>8), byte(n)), s.Data...)
	}
	want = append(want, 0xff, 0xdb)
	if !bytes.HasPrefix(data, want) {
		t.Error("the file does not begin with JFIF, the segments as given, and DQT")
	}
	decodeTest(t, data)
}

// TestEncodeAppends also holds an encoder that has been used to what a new one writes.
func TestEncodeAppends(t *testing.T) {
	var e Encoder
	for i, img := range []image.Image{
		paintedGray(100, 100), paintedYCbCr(300, 200, image.YCbCrSubsampleRatio420),
		paintedYCbCr(17, 31, image.YCbCrSubsampleRatio444), paintedGray(8, 8),
	} {
		o := EncodeOptions{Quality: 60 + i, Progressive: i%2 == 1}
		got, err := e.Encode(context.Background(), []byte("before"), img, o)
		if err != nil {
			t.Fatal(err)
		}
		if want := append([]byte("before"), encodeTest(t, img, o)...); !bytes.Equal(got, want) {
			t.Errorf("picture %d differs", i)
		}
	}
}

func TestEncodeAllocations(t *testing.T) {
	img := paintedYCbCr(500, 375, image.YCbCrSubsampleRatio420)
	for _, o := range []EncodeOptions{{}, {Progressive: true}} {
		var e Encoder
		dst, err := e.Encode(context.Background(), nil, img, o)
		if err != nil {
			t.Fatal(err)
		}
		dst = make([]byte, 0, len(dst)+1<<16)
		n := testing.AllocsPerRun(5, func() {
			if _, err := e.Encode(context.Background(), dst, img, o); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%+v: %v allocations per picture", o, n)
		}
	}
}

func FuzzEncodeRoundTrip(f *testing.F) {
	f.Add(uint8(1), uint8(1), uint8(0), uint8(75), []byte{9})
	f.Add(uint8(33), uint8(17), uint8(2), uint8(100), []byte("\x00\xff\x80\x7f"))
	f.Add(uint8(40), uint8(40), uint8(6), uint8(1), []byte("gray"))
	f.Fuzz(func(t *testing.T, width, height, ratio, quality uint8, pix []byte) {
		rect := image.Rect(0, 0, int(width%64)+1, int(height%64)+1)
		var img image.Image
		if n := int(ratio) % (len(testRatios) + 1); n < len(testRatios) {
			c := image.NewYCbCr(rect, testRatios[n])
			fillFrom(pix, c.Y, c.Cb, c.Cr)
			img = c
		} else {
			g := image.NewGray(rect)
			fillFrom(pix, g.Pix)
			img = g
		}
		roundTrip(t, new(Encoder), img, int(quality)%100+1)
	})
}

// fillFrom fills planes with pix, again and again, each time one value further.
func fillFrom(pix []byte, planes ...[]byte) {
	if len(pix) == 0 {
		return
	}
	i := 0
	for _, p := range planes {
		for j := range p {
			p[j] = pix[i%len(pix)] + byte(i/len(pix))
			i++
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []image.Point{{128, 96}, {500, 375}, {1920, 1440}} {
		img := paintedYCbCr(size.X, size.Y, image.YCbCrSubsampleRatio420)
		for _, progressive := range []bool{false, true} {
			name := fmt.Sprintf("%dx%d/baseline", size.X, size.Y)
			if progressive {
				name = fmt.Sprintf("%dx%d/progressive", size.X, size.Y)
			}
			b.Run(name, func(b *testing.B) {
				var e Encoder
				var dst []byte
				b.ReportAllocs()
				b.SetBytes(int64(size.X * size.Y))
				for b.Loop() {
					var err error
					if dst, err = e.Encode(context.Background(), dst[:0], img, EncodeOptions{Progressive: progressive}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
