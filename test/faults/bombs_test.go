package main

import (
	"bytes"
	"image"
	"image/gif"
	"os"
	"path/filepath"
	"testing"
)

// TestBombs decodes small ones: what is asked for in vain must be all that is wrong.
func TestBombs(t *testing.T) {
	for _, test := range []struct {
		name string
		data []byte
		side int
	}{
		{"scans", scanBomb(1, 3), 1024},
		{"png", pngBomb(50, 50, 50), 50},
		{"text", pngBomb(50, 50, 50, textChunk("zTXt", 1000), textChunk("iCCP", 1000)), 50},
		{"gif", gifBomb(50, 1), 50},
		{"tiff", tiffBomb(50, 50, 3000), 50},
	} {
		img, _, err := image.Decode(bytes.NewReader(test.data))
		if err != nil || img.Bounds() != image.Rect(0, 0, test.side, test.side) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	for _, claim := range [][]byte{jpegClaim(300, 200), bmpClaim(300, 200)} {
		if c, _, err := image.DecodeConfig(bytes.NewReader(claim)); err != nil || c.Width != 300 || c.Height != 200 {
			t.Errorf("%d×%d, %v", c.Width, c.Height, err)
		}
	}
	if all, err := gif.DecodeAll(bytes.NewReader(gifBomb(5, 7))); err != nil || len(all.Image) != 7 {
		t.Errorf("a GIF of 7 frames: %v", err)
	}
}

// TestColours knows pictures again by their colours.
func TestColours(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	for number := range shades * shades * shades {
		for _, name := range []string{"a.jpg", "a.png"} {
			if err := os.WriteFile(file, solid(name, number), 0o644); err != nil {
				t.Fatal(err)
			}
			if got, err := numberOf(file); got != number || err != nil {
				t.Fatalf("%s %d is taken for %d, %v", name, number, got, err)
			}
		}
	}
	if all := len(usable)*2 + len(tooLong) + len(unseen); all > shades*shades*shades {
		t.Errorf("%d names, but fewer colours", all)
	}
}

func TestMedian(t *testing.T) {
	if got := median([]int64{9, 1, 5, 7, 3}); got != 5 {
		t.Errorf("median %d", got)
	}
}

// TestMemoryLimits leaves no group behind.
func TestMemoryLimits(t *testing.T) {
	t.Logf("%q", memoryLimits())
	dir, _, err := memoryController()
	if err != nil {
		t.Skip(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "faults-need-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
