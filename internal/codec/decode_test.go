package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"maps"
	"runtime"
	"slices"
	"testing"

	"imgwatchd/internal/job"
)

func sorted(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }

// same reports whether two pictures have the same pixels.
func same(a, b image.Image) bool {
	return a.Bounds() == b.Bounds() && bytes.Equal(toNRGBA(a).Pix, toNRGBA(b).Pix)
}

func TestDecodeSamples(t *testing.T) {
	files := samples()
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			h, img, err := read(t, files[name], Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if h.Width != 20 || h.Height != 14 || h.Orientation != 1 {
				t.Errorf("header %+v, want 20×14 pixels, orientation 1", h)
			}
			if p, ok := img.(*image.Paletted); ok && int(slices.Max(p.Pix)) >= len(p.Palette) {
				t.Errorf("index %d in a palette of %d", slices.Max(p.Pix), len(p.Palette))
			}
		})
	}
}

func TestDecodeLosslessly(t *testing.T) {
	files := samples()
	for name, want := range map[string]image.Image{
		"png":           gradient(20, 14),
		"png alpha":     translucent(20, 14),
		"png gray":      grayscale(20, 14),
		"tiff":          gradient(20, 14),
		"tiff deflate":  gradient(20, 14),
		"bmp":           gradient(20, 14),
		"bmp paletted":  paletted(image.Rect(0, 0, 20, 14)),
		"webp lossless": translucent(20, 14),
	} {
		if _, img, err := read(t, files[name], Limits{}); err != nil || !same(img, want) {
			t.Errorf("%s: other pixels than were stored (error %v)", name, err)
		}
	}
}

// TestTruncated cuts every sample at every length. Nothing but the whole picture
// may come out.
func TestTruncated(t *testing.T) {
	files := samples()
	for _, name := range sorted(files) {
		t.Run(name, func(t *testing.T) {
			whole := files[name]
			_, want, err := read(t, whole, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for n := range whole {
				h, img, err := read(t, whole[:n], Limits{})
				switch class := job.ClassOf(err); {
				case err == nil && (h.Format == JPEG || h.Format == PNG || h.Format == GIF):
					t.Errorf("%d of %d bytes were decoded", n, len(whole))
				case err == nil && !same(img, want):
					t.Errorf("%d of %d bytes make another picture", n, len(whole))
				case class == job.NotImage && n < 18, err == nil, class == job.Malformed:
				default:
					t.Errorf("%d of %d bytes: class %q: %v", n, len(whole), class, err)
				}
			}
		})
	}
}

// TestDecodeMemory holds all that Decode allocates, which is no less than what it
// keeps alive at its peak, to the header's word.
func TestDecodeMemory(t *testing.T) {
	m := gradient(600, 400)
	files := map[string][]byte{
		"jpeg progressive":  progressiveJPEG(600, 400, 1, 2, 3),
		"jpeg CMYK":         cmykJPEG(),
		"webp lossless":     webpFile(webpPart("VP8L", losslessBits(m))),
		"gif small frame":   animatedGIF(1),
		"webp small frame":  animatedWebP(1),
		"webp alpha":        webpFile(alphaParts(200, 200)),
		"jpeg colour":       must(Encode(m, JPEG, EncodeOptions{})),
		"jpeg gray":         must(Encode(grayscale(600, 400), JPEG, EncodeOptions{})),
		"png colour":        must(Encode(m, PNG, EncodeOptions{})),
		"png alpha":         must(Encode(translucent(600, 400), PNG, EncodeOptions{})),
		"png gray":          must(Encode(grayscale(600, 400), PNG, EncodeOptions{})),
		"gif":               must(Encode(m, GIF, EncodeOptions{})),
		"bmp":               must(Encode(m, BMP, EncodeOptions{})),
		"tiff deflate":      must(Encode(m, TIFF, EncodeOptions{})),
		"tiff deflate gray": must(Encode(grayscale(600, 400), TIFF, EncodeOptions{})),
	}
	for _, name := range sorted(files) {
		h, _, err := read(t, files[name], Limits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var d Decoder
		got := allocated(func() { d.Decode(t.Context(), files[name], h, DecodeOptions{}) })
		if most := h.Memory(DecodeOptions{}); got > most {
			t.Errorf("%s: Decode allocated %d bytes, the header promises at most %d", name, got, most)
		}
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestDecodeStopsWithItsContext(t *testing.T) {
	files := samples()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithTimeout(t.Context(), 0)
	defer cancelLate()
	for _, name := range sorted(files) {
		h, _, err := read(t, files[name], Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for ctx, want := range map[context.Context]job.Class{cancelled: job.Stopping, late: job.Timeout} {
			_, err := Decode(ctx, files[name], h)
			if job.ClassOf(err) != want || !errors.Is(err, ctx.Err()) {
				t.Errorf("%s: class %q (%v), want %q", name, job.ClassOf(err), err, want)
			}
		}
	}
}

func TestDecodeRefusesAnotherFile(t *testing.T) {
	files := samples()
	h, _, err := read(t, files["png"], Limits{})
	if err != nil {
		t.Fatal(err)
	}
	larger := must(Encode(gradient(200, 200), PNG, EncodeOptions{}))
	for name, data := range map[string][]byte{"other format": files["bmp"], "other kind": files["png gray"], "larger": larger, "empty": nil} {
		if _, err := Decode(t.Context(), data, h); err == nil {
			t.Errorf("%s: decoded under the header of another file", name)
		}
	}
}

// TestFirstFrame wants animations to give their first frame at its place on an
// otherwise transparent canvas.
func TestFirstFrame(t *testing.T) {
	files := samples()
	for name, inside := range map[string]color.NRGBA{
		"gif animated":  {0, 0, 0, 255},
		"webp animated": {0, 0, 0, 255},
	} {
		h, img, err := read(t, files[name], Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if h.Frames != 3 || !h.Alpha {
			t.Errorf("%s: header %+v, want 3 frames with alpha", name, h)
		}
		if got := color.NRGBAModel.Convert(img.At(4, 2)); got != inside {
			t.Errorf("%s: %v at the corner of the frame, want %v", name, got, inside)
		}
		for _, p := range []image.Point{{0, 0}, {3, 2}, {4, 1}, {12, 9}, {19, 13}} {
			if _, _, _, a := img.At(p.X, p.Y).RGBA(); a != 0 {
				t.Errorf("%s: alpha %d at %v, outside of the frame", name, a, p)
			}
		}
	}
}

// decodePixels is the largest picture that FuzzDecode decodes.
const decodePixels = 1 << 18

// FuzzDecode wants a file that passed the guard to come out as its header says,
// or not at all, in about the memory that was asked for.
func FuzzDecode(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bytes.NewReader(data), int64(len(data)), Limits{MaxPixels: decodePixels})
		if err != nil {
			return
		}
		var img image.Image
		got := allocated(func() { img, err = Decode(t.Context(), data, h) })
		if most := h.Memory(DecodeOptions{}); got > 2*most+1<<20 {
			t.Errorf("Decode allocated %d bytes, the header promises at most %d at a time", got, most)
		}
		if err != nil {
			wantFilesFault(t, err)
			return
		}
		if size := img.Bounds().Size(); size != image.Pt(h.Width, h.Height) {
			t.Errorf("decoded %v, header says %d×%d", size, h.Width, h.Height)
		}
		toNRGBA(img) // visits every pixel: an index beyond the palette panics
	})
}
