package codec

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"testing"
)

// A walk follows the parts of a container from the front of a file to its end.
type walk struct {
	*testing.T
	size  int64
	end   int64 // of the last part
	parts int64
}

// step wants the next part to lie behind the last and inside the file.
func (w *walk) step(kind string, off, n int64) {
	w.Helper()
	w.parts++
	if off <= w.end || n < 0 || off+n > w.size {
		w.Fatalf("part %d, %q of %d bytes at %d, comes after one that ends at %d of %d", w.parts, kind, n, off, w.end, w.size)
	}
	w.end = off + n
}

func (w *walk) chunks(chunks iter.Seq2[chunk, error]) {
	w.Helper()
	for c, err := range chunks {
		if err != nil {
			return
		}
		w.step(c.kind, c.off, c.n)
	}
}

func (w *walk) segments(segments iter.Seq2[segment, error]) {
	w.Helper()
	for g, err := range segments {
		if err != nil {
			return
		}
		w.step("segment", g.off, g.n)
	}
}

// FuzzWalks wants every walk over a container to advance, to stay inside the
// file, and so to end.
func FuzzWalks(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	f.Add(exifBlock(6, "thumbnail"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		s := newSource(bytes.NewReader(data), size)
		(&walk{T: t, size: size}).segments(jpegSegments(s))
		(&walk{T: t, size: size}).chunks(pngChunks(s))
		(&walk{T: t, size: size}).chunks(webpChunks(s, 0, size))
		if d, err := firstDirectory(s); err == nil {
			wantEntries(t, d, data)
			wantPages(t, d)
		}
	})
}

// wantEntries reads the entries of a directory, and values of them at both ends.
func wantEntries(t *testing.T, d directory, data []byte) {
	t.Helper()
	for i := range min(d.entries, 100) {
		e, err := d.entry(i)
		if err != nil {
			t.Fatalf("entry %d of %d: %v", i, d.entries, err)
		}
		for _, n := range []int64{0, 1, e.count - 1, e.count, math.MaxUint32} {
			v, err := d.value(e, n)
			if err == nil && (n >= e.count || v < 0 || v > math.MaxUint32) {
				t.Errorf("value %d of %+v is %d", n, e, v)
			}
		}
		if d.isOrientation(e) {
			wantPut(t, d, e, data)
		}
	}
}

// wantPut writes another value into an entry and reads it back.
func wantPut(t *testing.T, d directory, e entry, data []byte) {
	t.Helper()
	changed := slices.Clone(data)
	d.put(changed[e.at:], e.kind, 7)
	d.s = newSource(bytes.NewReader(changed), int64(len(changed)))
	if v, err := d.value(e, 0); v != 7 {
		t.Errorf("%+v holds %d after 7 was put into it, error %v", e, v, err)
	}
}

func wantPages(t *testing.T, d directory) {
	t.Helper()
	lim := DefaultLimits()
	p := &tiffPage{dir: d}
	if n, err := p.countPages(lim); err == nil && (n < 1 || n > int64(lim.MaxFrames)) {
		t.Errorf("%d pages", n)
	}
}
