package unpack

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"golang.org/x/image/tiff/lzw"
)

// lzwPacked compresses as TIFF's writers do: it clears the table before it is full.
func lzwPacked(data []byte) []byte {
	var w codeWriter
	w.put(lzwClear, 9)
	codes, next, width := map[string]int{}, lzwStrings, 9
	code := func(s []byte) int {
		if len(s) == 1 {
			return int(s[0])
		}
		return codes[string(s)]
	}
	for len(data) > 0 {
		n := 1
		for n < len(data) && codes[string(data[:n+1])] != 0 {
			n++
		}
		w.put(code(data[:n]), width)
		if n < len(data) {
			codes[string(data[:n+1])] = next
		}
		data = data[n:]
		if next++; next == 1<<width && width < 12 {
			width++
		}
		if next == lzwMost {
			w.put(lzwClear, 12)
			clear(codes)
			next, width = lzwStrings, 9
		}
	}
	w.put(lzwEnd, width)
	return w.bytes()
}

// A codeWriter writes codes from the highest bit down.
type codeWriter struct {
	data []byte
	bits uint64
	n    int
}

func (w *codeWriter) put(code, width int) {
	w.bits = w.bits<<width | uint64(code)
	for w.n += width; w.n >= 8; w.n -= 8 {
		w.data = append(w.data, byte(w.bits>>(w.n-8)))
	}
}

func (w *codeWriter) bytes() []byte {
	if w.n > 0 {
		w.data = append(w.data, byte(w.bits<<(8-w.n)))
	}
	return w.data
}

func TestLZW(t *testing.T) {
	var z LZW
	for name, text := range texts() {
		packed := lzwPacked(text)
		if want, err := io.ReadAll(lzw.NewReader(bytes.NewReader(packed), lzw.MSB, 8)); err != nil || !bytes.Equal(want, text) {
			t.Fatalf("%s: the test's own packing is wrong: %v", name, err)
		}
		dst := make([]byte, len(text)+20)
		n, err := z.Unpack(dst, packed)
		if err != nil || !bytes.Equal(dst[:n], text) {
			t.Errorf("%s: %d of %d bytes, error %v", name, n, len(text), err)
		}
		for _, room := range []int{0, 1, 9, len(text) / 2, len(text)} {
			room = min(room, len(text))
			guarded := bytes.Repeat([]byte{99}, len(text)+20)
			n, err := z.Unpack(guarded[:room:room], packed)
			if err != nil || n != room || !bytes.Equal(guarded[:n], text[:n]) || guarded[room] != 99 {
				t.Errorf("%s, room for %d: %d bytes, error %v", name, room, n, err)
			}
		}
	}
}

func TestLZWTruncated(t *testing.T) {
	var z LZW
	text := texts()["mixed"][:2000]
	packed := lzwPacked(text)
	for n := range packed {
		dst := make([]byte, len(text)+20)
		got, err := z.Unpack(dst, packed[:n])
		if err != Truncated || !bytes.HasPrefix(text, dst[:got]) {
			t.Errorf("%d of %d bytes: error %v", n, len(packed), err)
		}
		if got == len(text) {
			continue // only the end code is missing
		}
		if _, err := z.Unpack(dst[:len(text)], packed[:n]); err != Truncated {
			t.Errorf("%d of %d bytes, no room behind: error %v", n, len(packed), err)
		}
	}
	if n, err := z.Unpack(make([]byte, len(text)), packed[:len(packed)-1]); n != len(text) || err != nil {
		t.Errorf("without the end code: %d bytes, error %v", n, err)
	}
}

func TestLZWFaults(t *testing.T) {
	var z LZW
	for name, codes := range map[string][]int{
		"string first":         {lzwClear, lzwStrings},
		"string of the future": {lzwClear, 1, lzwStrings + 1},
		"after a clear":        {lzwClear, 1, lzwStrings, lzwClear, lzwStrings},
	} {
		var w codeWriter
		for _, c := range codes {
			w.put(c, 9)
		}
		w.put(0, 30)
		if _, err := z.Unpack(make([]byte, 100), w.bytes()); err != Corrupt {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// FuzzLZW holds Unpack to the library. Only tables that are full without being cleared are
// another matter: the library then knows a last code of two zeros, and forgets all
// after 65536 codes.
func FuzzLZW(f *testing.F) {
	for _, text := range texts() {
		f.Add(lzwPacked(text[:min(len(text), 3000)]), uint16(100))
	}
	var z LZW
	f.Fuzz(func(t *testing.T, data []byte, room uint16) {
		want, wantErr := io.ReadAll(io.LimitReader(lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8), fuzzBytes+1))
		if len(want) > fuzzBytes {
			t.Skip("large")
		}
		dst := make([]byte, len(want)+300)
		n, err := z.Unpack(dst, data)
		full := len(data) > 3800*9/8 // codes enough to fill a table
		if err == nil && wantErr == nil && !bytes.Equal(dst[:n], want) ||
			(err == nil) != (wantErr == nil) && !full {
			t.Fatalf("%d bytes, error %v, want %d bytes, error %v", n, err, len(want), wantErr)
		}
		part := make([]byte, room)
		if m, _ := z.Unpack(part, data); !bytes.Equal(part[:min(m, n)], dst[:min(m, n)]) {
			t.Fatal("with less room come other bytes")
		}
	})
}

func BenchmarkLZW(b *testing.B) {
	for _, name := range []string{"skewed", "walk", "mixed"} {
		text := texts()[name]
		packed := lzwPacked(text)
		b.Run(fmt.Sprintf("%s of %d", name, len(packed)), func(b *testing.B) {
			var z LZW
			dst := make([]byte, len(text))
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				z.Unpack(dst, packed)
			}
		})
	}
}
