package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"imgwatchd/internal/job"
)

// TestEncodeAndDecode wants every format to give a picture back, exactly where
// it is lossless.
func TestEncodeAndDecode(t *testing.T) {
	exact := image.NewNRGBA(image.Rect(0, 0, 20, 14)) // few colours, some transparent
	for i := range 20 * 14 {
		if i%5 != 0 {
			copy(exact.Pix[4*i:], []byte{byte(i % 3), 100, byte(i % 7), 255})
		}
	}
	for _, test := range []struct {
		name string
		f    Format
		img  image.Image
		psnr float64 // at least; +Inf: the same pixels
	}{
		{"colours", JPEG, gradient(64, 48), 24},
		{"gray", JPEG, grayscale(64, 48), 24},
		{"colours", PNG, gradient(20, 14), math.Inf(1)},
		{"alpha", PNG, translucent(20, 14), math.Inf(1)},
		{"gray", PNG, grayscale(20, 14), math.Inf(1)},
		{"few colours", GIF, exact, math.Inf(1)},
		{"gray", GIF, grayscale(20, 14), math.Inf(1)},
		{"many colours", GIF, gradient(64, 48), 28},
		{"colours", TIFF, gradient(20, 14), math.Inf(1)},
		{"alpha", TIFF, translucent(20, 14), math.Inf(1)},
		{"palette with alpha", TIFF, must(palettedPicture(t.Context(), exact)), math.Inf(1)},
		{"colours", BMP, gradient(20, 14), math.Inf(1)},
		{"gray", BMP, grayscale(20, 14), math.Inf(1)},
	} {
		data, err := Encode(test.img, test.f, EncodeOptions{})
		if err != nil {
			t.Errorf("%s %s: %v", test.f, test.name, err)
			continue
		}
		h, img, err := read(t, data, Limits{})
		if err != nil || h.Format != test.f {
			t.Errorf("%s %s: reading it back: %+v, %v", test.f, test.name, h, err)
			continue
		}
		if got := psnr(img, test.img); got < test.psnr {
			t.Errorf("%s %s: %.1f dB, want %.1f", test.f, test.name, got, test.psnr)
		}
	}
}

// psnr is the peak signal-to-noise ratio over all samples, in decibels.
func psnr(a, b image.Image) float64 {
	x, y := toNRGBA(a).Pix, toNRGBA(b).Pix
	var sum float64
	for i := range x {
		d := float64(x[i]) - float64(y[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(x))/sum)
}

func TestGIFKeepsHolesWhenDithered(t *testing.T) {
	m := gradient(64, 48)
	for i := range 64 {
		m.Pix[4*i+3] = 100
	}
	_, img, err := read(t, must(Encode(m, GIF, EncodeOptions{})), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for y, want := range map[int]uint8{0: 0, 1: 255, 47: 255} {
		if got := color.NRGBAModel.Convert(img.At(30, y)).(color.NRGBA).A; got != want {
			t.Errorf("alpha %d in row %d, want %d", got, y, want)
		}
	}
}

func TestProfileMustFit(t *testing.T) {
	rgb, gray, cmyk := profile("RGB ", 200), profile("GRAY", 200), profile("CMYK", 200)
	for _, test := range []struct {
		name string
		img  image.Image
		icc  []byte
		kept bool
	}{
		{"colours with RGB", gradient(8, 8), rgb, true},
		{"gray with GRAY", grayscale(8, 8), gray, true},
		{"gray with RGB", grayscale(8, 8), rgb, false},
		{"colours with GRAY", gradient(8, 8), gray, false},
		{"colours with CMYK", gradient(8, 8), cmyk, false},
		{"colours with nonsense", gradient(8, 8), []byte("nonsense"), false},
	} {
		for _, f := range []Format{JPEG, PNG} {
			data := must(Encode(test.img, f, EncodeOptions{Meta: Metadata{ICC: test.icc}}))
			if got := ReadMetadata(data, f).ICC != nil; got != test.kept {
				t.Errorf("%s %s: profile kept %v, want %v", f, test.name, got, test.kept)
			}
		}
	}
}

func TestQuality(t *testing.T) {
	size := func(q int) int { return len(must(Encode(gradient(64, 48), JPEG, EncodeOptions{Quality: q}))) }
	if size(0) != size(80) || size(20) >= size(80) || size(80) >= size(100) || size(1000) != size(100) {
		t.Errorf("sizes at quality 0, 20, 80, 100, 1000: %d %d %d %d %d", size(0), size(20), size(80), size(100), size(1000))
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, test := range []struct {
		name  string
		img   image.Image
		f     Format
		class job.Class
	}{
		{"webp", gradient(8, 8), WebP, job.Unsupported},
		{"unknown", gradient(8, 8), "heic", job.Unsupported},
		{"empty", gradient(0, 8), PNG, job.Malformed},
		{"wide jpeg", image.NewGray(image.Rect(0, 0, 65536, 1)), JPEG, job.TooLarge},
		{"wide gif", image.NewGray(image.Rect(0, 0, 65536, 1)), GIF, job.TooLarge},
	} {
		_, err := Encode(test.img, test.f, EncodeOptions{})
		if job.ClassOf(err) != test.class || job.StepOf(err) != "encode" {
			t.Errorf("%s: class %q: %v, want %q", test.name, job.ClassOf(err), err, test.class)
		}
	}
}

func TestLargeEXIFStaysOutOfJPEG(t *testing.T) {
	exif := exifBlock(1, string(make([]byte, maxEXIF)))
	data := must(Encode(gradient(8, 8), JPEG, EncodeOptions{Meta: Metadata{EXIF: exif}}))
	if _, _, err := read(t, data, Limits{}); err != nil {
		t.Error(err)
	}
	if got := ReadMetadata(data, JPEG).EXIF; got != nil {
		t.Errorf("%d bytes of EXIF in a segment", len(got))
	}
}

// BenchmarkEncodePNG is the reason for the shared buffers.
func BenchmarkEncodePNG(b *testing.B) {
	m := gradient(128, 128)
	for name, encoder := range map[string]*png.Encoder{"shared": &pngEncoder, "own": {}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := encoder.Encode(&out, m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestEncodeStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, f := range Encodable() {
		for _, progressive := range []bool{false, true} {
			_, err := new(Encoder).Encode(ctx, gradient(64, 64), f, EncodeOptions{Progressive: progressive})
			if !errors.Is(err, context.Canceled) || job.ClassOf(err) != job.Stopping || job.StepOf(err) != "encode" {
				t.Errorf("%s: error %v, class %q", f, err, job.ClassOf(err))
			}
		}
	}
}
