package jpeg

import (
	"bytes"
	"context"
	"errors"
	"image"
	stdjpeg "image/jpeg"
	"math/rand/v2"
	"os"
	"testing"
)

// fuzzPixels is the largest picture that is decoded, and fuzzBytes the longest real file
// that fuzzing starts from.
const (
	fuzzPixels = 1 << 16
	fuzzBytes  = 8 << 10
)

func addSeeds(f *testing.F) {
	rng := rand.New(rand.NewPCG(20, 20))
	for _, factors := range [][]sampling{
		{{1, 1}}, {{2, 2}, {1, 1}, {1, 1}}, {{1, 1}, {1, 1}, {1, 1}, {1, 1}}, {{3, 1}, {2, 1}, {1, 2}},
	} {
		t := newTestFile(rng, 35, 20, factors...)
		f.Add(t.interleaved().bytes())
		f.Add(t.progressive().bytes())
		t.restart = 2
		f.Add(t.interleaved().bytes())
		f.Add(t.progressive().bytes())
	}
	for _, path := range realFiles(f) {
		if data, err := os.ReadFile(path); err == nil && len(data) <= fuzzBytes {
			f.Add(data)
		}
	}
}

// withinBudget reports whether the picture may be decoded.
func withinBudget(data []byte) bool {
	c, err := ReadConfig(data)
	w, h := c.Size()
	return err != nil || int64(w)*int64(h) <= fuzzPixels
}

func checkFault(t *testing.T, data []byte, err error) {
	t.Helper()
	var malformed *FormatError
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &malformed) && malformed.Offset >= 0 && malformed.Offset <= len(data):
	case errors.As(err, &unsupported):
	default:
		t.Fatalf("error %#v", err)
	}
}

// FuzzDecode: where image/jpeg decodes a file too, the pictures are the same.
func FuzzDecode(f *testing.F) {
	addSeeds(f)
	var d, again Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		if !withinBudget(data) {
			t.Skip("large")
		}
		img, err := d.Decode(context.Background(), data, DecodeOptions{})
		if err != nil {
			checkFault(t, data, err)
			return
		}
		if want := decode(t, &again, data, DecodeOptions{Lenient: true}); again.Warning() != nil {
			t.Fatalf("warning %v", again.Warning())
		} else {
			compareWithStd(t, img, want)
		}
		if std, err := stdjpeg.Decode(bytes.NewReader(data)); err == nil {
			compareBlocks(t, &d, img, std)
		}
	})
}

// compareBlocks compares the luma with that of image/jpeg where both have a ratio for the
// picture: block by block, leaving out those with clipped samples. Coefficients that no
// picture has are cut here at 16 bits, and there not, and they clip.
func compareBlocks(t *testing.T, d *Decoder, got, std image.Image) {
	var pix []byte
	var stride int
	switch std := std.(type) {
	case *image.Gray:
		pix, stride = std.Pix, std.Stride
	case *image.YCbCr:
		pix, stride = std.Y, std.YStride
	}
	if pix == nil || d.frame.progressive || d.interval > 0 || d.scans > 1 || got.Bounds() != std.Bounds() {
		return
	}
	c := &d.comp[0]
	for at := range d.frame.comp[0].cols * d.frame.comp[0].rows {
		row, col := at/d.frame.comp[0].cols, at%d.frame.comp[0].cols
		want, have := pix[row*8*stride+col*8:], c.pix[row*8*c.stride+col*8:]
		if !isClipped(want, stride) && !isClipped(have, c.stride) {
			compareSamples(t, "luma", have, want, c.stride, stride, 8, 8)
		}
	}
}

// FuzzDecodeScaled: all scales, gray or not and lenient or not, give an error or a
// picture of the right size. What 1/1 decodes, the others decode too.
func FuzzDecodeScaled(f *testing.F) {
	addSeeds(f)
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		if !withinBudget(data) {
			t.Skip("large")
		}
		_, fullErr := d.Decode(context.Background(), data, DecodeOptions{})
		for _, scale := range scales {
			for _, o := range []DecodeOptions{{Scale: scale}, {Scale: scale, Gray: true}, {Scale: scale, Lenient: true}} {
				img, err := d.Decode(context.Background(), data, o)
				switch {
				case err != nil && fullErr == nil:
					t.Fatalf("%+v: %v", o, err)
				case err != nil:
					checkFault(t, data, err)
				case img.Bounds() != image.Rect(0, 0, ceilDiv(d.frame.width, scale), ceilDiv(d.frame.height, scale)):
					t.Fatalf("%+v: bounds %v of %d×%d", o, img.Bounds(), d.frame.width, d.frame.height)
				default:
					touch(img)
				}
			}
		}
	})
}

// touch reads the last pixel, which lies at the end of all planes.
func touch(img image.Image) {
	img.At(img.Bounds().Dx()-1, img.Bounds().Dy()-1)
}
