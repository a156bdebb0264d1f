package unpack

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// texts are data that compress in different ways.
func texts() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70_000)
	skewed, walk := slices.Clone(noise), slices.Clone(noise)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
		skewed[i] = byte(rng.ExpFloat64() * 6)
		if i > 0 {
			walk[i] = walk[i-1] + byte(rng.IntN(5)) - 2
		}
	}
	t := map[string][]byte{
		"nothing": nil, "one byte": {7}, "noise": noise, "skewed": skewed, "walk": walk,
		"zeros": make([]byte, 300_000),
	}
	for period := 1; period <= 20; period++ {
		t[fmt.Sprintf("period %d", period)] = bytes.Repeat(noise[:period], 999)
	}
	var mixed []byte
	for len(mixed) < 200_000 {
		at := rng.IntN(len(walk) - 300)
		mixed = append(mixed, walk[at:at+rng.IntN(300)]...)
		mixed = append(mixed, skewed[at:at+rng.IntN(30)]...)
	}
	t["mixed"] = mixed
	return t
}

func deflated(data []byte, level int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// pieces is a stream cut into pieces of n bytes, with empty ones between them.
type pieces struct {
	data []byte
	n    int
	gap  bool
}

func (p *pieces) Next() []byte {
	if len(p.data) == 0 {
		return nil
	}
	if p.gap = !p.gap; p.gap {
		return []byte{}
	}
	piece := p.data[:min(p.n, len(p.data))]
	p.data = p.data[len(piece):]
	return piece
}

// inflater is what Inflater and Zlib have in common.
type inflater interface {
	Inflate(buf []byte, at int) (int, error)
}

// throughWindow inflates a stream through a buffer with room for n bytes beside the
// window.
func throughWindow(z inflater, n, most int) ([]byte, error) {
	buf := make([]byte, Window+n)
	var all []byte
	for at := 0; ; {
		end, err := z.Inflate(buf, at)
		all = append(all, buf[at:end]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil || len(all) > most {
			return all, err
		}
		if end != len(buf) {
			return all, errors.New("room is left, but there is no error")
		}
		keep := end - Window
		at = copy(buf, buf[keep:end])
	}
}

func TestInflate(t *testing.T) {
	var z Inflater
	for name, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 6, 9} {
			packed := deflated(text, level)
			for _, cut := range []int{1, 100, 1 << 20} {
				for _, room := range []int{1, 300, 1 << 17} {
					z.Reset(nil, &pieces{data: packed, n: cut})
					got, err := throughWindow(&z, room, len(text))
					if err != nil || !bytes.Equal(got, text) {
						t.Errorf("%s, level %d, pieces of %d, room for %d: %d of %d bytes, error %v",
							name, level, cut, room, len(got), len(text), err)
					}
				}
			}
		}
	}
}

// TestInflateTruncated cuts streams at every byte.
func TestInflateTruncated(t *testing.T) {
	var z Inflater
	text := texts()["mixed"][:3000]
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
		packed := deflated(text, level)
		for n := range packed {
			z.Reset(packed[:n], nil)
			got, err := throughWindow(&z, 8000, 1<<20)
			if err != Truncated || !bytes.HasPrefix(text, got) {
				t.Errorf("level %d, %d of %d bytes: error %v", level, n, len(packed), err)
			}
		}
	}
}

func TestInflateTellsTheEndWithoutRoom(t *testing.T) {
	var z Inflater
	text := texts()["walk"]
	buf := make([]byte, len(text))
	z.Reset(deflated(text, 6), nil)
	if end, err := z.Inflate(buf[:len(buf)-1], 0); end != len(buf)-1 || err != nil {
		t.Errorf("one byte short: end %d, error %v", end, err)
	}
	if end, err := z.Inflate(buf, len(buf)-1); end != len(buf) || err != io.EOF {
		t.Errorf("all: end %d, error %v", end, err)
	}
}

// TestInflateFaults goes through the faults of blocks by hand, from the lowest bit up.
func TestInflateFaults(t *testing.T) {
	var z Inflater
	for name, packed := range map[string][]byte{
		"block of no kind":              {0b111},
		"stored length and complement":  {0b001, 1, 0, 1, 0, 9},
		"distance before the beginning": {0b00000_011, 0b00000_1_0},
		"length code 286":               {0b00011_011, 0b011},
	} {
		z.Reset(append(packed, make([]byte, 20)...), nil)
		if _, err := throughWindow(&z, 100, 1<<20); err != Corrupt {
			t.Errorf("%s: error %v, want %v", name, err, Corrupt)
		}
	}
}

func TestZlib(t *testing.T) {
	var b bytes.Buffer
	text := texts()["mixed"]
	w := zlib.NewWriter(&b)
	w.Write(text)
	w.Close()
	packed := b.Bytes()
	var z Zlib
	inflate := func(data []byte) error {
		z.Reset(data, nil)
		got, err := throughWindow(&z, 5000, len(text))
		if err == nil && !bytes.Equal(got, text) {
			t.Error("other data")
		}
		return err
	}
	if err := inflate(packed); err != nil {
		t.Error(err)
	}
	if err := inflate(append(slices.Clone(packed), 1, 2, 3)); err != nil {
		t.Errorf("with bytes behind: %v", err)
	}
	for i := 1; i <= 4; i++ {
		if err := inflate(packed[:len(packed)-i]); err != Truncated {
			t.Errorf("%d bytes short: %v", i, err)
		}
		damaged := slices.Clone(packed)
		damaged[len(packed)-i] ^= 1
		if err := inflate(damaged); err == nil {
			t.Errorf("byte %d of the checksum is wrong: no error", 4-i)
		}
	}
	for _, head := range []string{"\x78\x9d", "\x79\x9c", "\x88\x1c", "\x78\xbb"} {
		if err := inflate(append([]byte(head), packed[2:]...)); err == nil {
			t.Errorf("header %x: no error", head)
		}
	}
}

// fuzzBytes is as much as a fuzzed stream may inflate to.
const fuzzBytes = 1 << 20

// FuzzInflate holds Inflate to compress/flate: the same data, or both refuse.
func FuzzInflate(f *testing.F) {
	for _, text := range texts() {
		text = text[:min(len(text), 2000)]
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			f.Add(deflated(text, level), uint8(13))
		}
	}
	var z Inflater
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data)), fuzzBytes+1))
		if len(want) > fuzzBytes {
			t.Skip("large")
		}
		z.Reset(data, nil)
		for _, room := range []int{1 + int(cut), 1 << 16} {
			got, err := throughWindow(&z, room, fuzzBytes)
			if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
				t.Fatalf("%d bytes, error %v, want %d bytes, error %v", len(got), err, len(want), wantErr)
			}
			z.Reset(nil, &pieces{data: data, n: 1 + int(cut)})
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	for _, name := range []string{"skewed", "walk", "mixed"} {
		text := texts()[name]
		packed := deflated(text, 6)
		b.Run(name, func(b *testing.B) {
			var z Inflater
			buf := make([]byte, len(text)+Slack)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				z.Reset(packed, nil)
				z.Inflate(buf, 0)
			}
		})
	}
}
