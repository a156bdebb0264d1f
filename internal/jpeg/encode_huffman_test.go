package jpeg

import (
	"context"
	"math/rand/v2"
	"testing"
)

// testHistograms are counts of symbols, ordinary and extreme.
func testHistograms() map[string][256]uint64 {
	h := map[string][256]uint64{}
	set := func(name string, n int, f func(i int) uint64) {
		var freq [256]uint64
		for i := range n {
			freq[(i*37)%256] = f(i)
		}
		h[name] = freq
	}
	set("one", 1, func(int) uint64 { return 5 })
	set("two", 2, func(int) uint64 { return 1 })
	set("even", 256, func(int) uint64 { return 1 })
	set("steep", 64, func(i int) uint64 { return 1 << (i % 54) })
	set("huge", 256, func(i int) uint64 { return 1 << (i % 64) })
	set("largest", 256, func(int) uint64 { return 1<<64 - 1 })
	a, b := uint64(1), uint64(1)
	set("Fibonacci", 80, func(int) uint64 {
		a, b = b, a+b
		return a
	})
	r := rand.New(rand.NewPCG(1, 2))
	set("noise", 200, func(int) uint64 { return 1 + r.Uint64N(100000) })
	return h
}

func TestHuffmanTables(t *testing.T) {
	for name, freq := range testHistograms() {
		t.Run(name, func(t *testing.T) {
			var table huffmanTable
			table.build(&freq)
			checkTable(t, &table, &freq)
		})
	}
}

// checkTable wants a code for each symbol that occurs, none longer than 16 bits, and room
// for the code of all ones that is left over.
func checkTable(t *testing.T, table *huffmanTable, freq *[256]uint64) {
	used, codes, room := 0, 0, 0
	for _, f := range freq {
		if f > 0 {
			used++
		}
	}
	for length, n := range table.lengths {
		codes += int(n)
		room += int(n) << (16 - length)
	}
	if table.lengths[0] != 0 || codes != used || table.n != used {
		t.Errorf("%d codes, %d symbols, of no bits %d: want %d", codes, table.n, table.lengths[0], used)
	}
	if room >= 1<<16 {
		t.Errorf("codes take %d of 65536 places: the code of all ones is in use", room)
	}
	var seen [256]bool
	for i, s := range table.symbols[:table.n] {
		if seen[s] || freq[s] == 0 {
			t.Errorf("symbol %#x is there twice or does not occur", s)
		}
		seen[s] = true
		if i > 0 && min(freq[s], 1<<55-1) > min(freq[table.symbols[i-1]], 1<<55-1) {
			t.Errorf("symbol %#x is more frequent than the one before", s)
		}
	}
}

// TestHuffmanOptimal compares with the least there is: the sum of the inner nodes of a
// tree that always joins the two lightest.
func TestHuffmanOptimal(t *testing.T) {
	freq := testHistograms()["noise"]
	var table huffmanTable
	table.build(&freq)
	got, i := uint64(0), 0
	for length, n := range table.lengths {
		for range n {
			got += uint64(length) * freq[table.symbols[i]]
			i++
		}
	}
	weights := []uint64{0}
	for _, f := range freq {
		if f > 0 {
			weights = append(weights, f)
		}
	}
	want := uint64(0)
	for len(weights) > 1 {
		joined := takeLightest(&weights) + takeLightest(&weights)
		want += joined
		weights = append(weights, joined)
	}
	if got != want {
		t.Errorf("%d bits, the best code has %d", got, want)
	}
}

func takeLightest(weights *[]uint64) uint64 {
	w := *weights
	lightest := 0
	for i := range w {
		if w[i] < w[lightest] {
			lightest = i
		}
	}
	v := w[lightest]
	w[lightest] = w[len(w)-1]
	*weights = w[:len(w)-1]
	return v
}

func TestQuantTables(t *testing.T) {
	// The first row of luma and the first of chroma, as libjpeg has them.
	for _, c := range []struct {
		quality      int
		luma, chroma [8]uint8
	}{
		{1, [8]uint8{255, 255, 255, 255, 255, 255, 255, 255}, [8]uint8{255, 255, 255, 255, 255, 255, 255, 255}},
		{10, [8]uint8{80, 55, 50, 80, 120, 200, 255, 255}, [8]uint8{85, 90, 120, 235, 255, 255, 255, 255}},
		{30, [8]uint8{27, 18, 17, 27, 40, 66, 85, 101}, [8]uint8{28, 30, 40, 78, 164, 164, 164, 164}},
		{50, [8]uint8{16, 11, 10, 16, 24, 40, 51, 61}, [8]uint8{17, 18, 24, 47, 99, 99, 99, 99}},
		{75, [8]uint8{8, 6, 5, 8, 12, 20, 26, 31}, [8]uint8{9, 9, 12, 24, 50, 50, 50, 50}},
		{80, [8]uint8{6, 4, 4, 6, 10, 16, 20, 24}, [8]uint8{7, 7, 10, 19, 40, 40, 40, 40}},
		{100, [8]uint8{1, 1, 1, 1, 1, 1, 1, 1}, [8]uint8{1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		var e Encoder
		data, err := e.Encode(context.Background(), nil, paintedYCbCr(8, 8, testRatios[0]), EncodeOptions{Quality: c.quality})
		if err != nil {
			t.Fatal(err)
		}
		dqt := data[20:]
		if string(dqt[:5]) != "\xff\xdb\x00\x84\x00" || dqt[5+blockLen] != 1 {
			t.Fatalf("no segment with two tables behind JFIF's: % x", dqt[:6])
		}
		for k, natural := range zigzag {
			if natural < 8 && (dqt[5+k] != c.luma[natural] || dqt[6+blockLen+k] != c.chroma[natural]) {
				t.Errorf("quality %d, step %d: %d and %d, want %d and %d", c.quality, natural,
					dqt[5+k], dqt[6+blockLen+k], c.luma[natural], c.chroma[natural])
			}
		}
	}
}
