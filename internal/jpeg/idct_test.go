package jpeg

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// randomCoefs fills b with what pictures have, and sometimes with what none has.
func randomCoefs(rng *rand.Rand, b []int16) {
	clear(b)
	n, limit := rng.IntN(len(b)+1), 1<<(1+rng.IntN(15))
	for range n {
		b[rng.IntN(len(b))] = int16(rng.IntN(2*limit) - limit)
	}
}

// TestIDCTKernels holds the kernels to the same bytes as the portable code, and to the
// rectangles that they are to write.
func TestIDCTKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 30))
	const stride = 40
	for range 20000 {
		var coefs [2 * blockLen]int16
		var steps [blockLen]int16
		randomCoefs(rng, coefs[:])
		randomCoefs(rng, steps[:])
		if rng.IntN(2) == 0 {
			for i := range steps {
				steps[i] = int16(1 + rng.IntN(30))
			}
		}
		var got, want [8 * stride]byte
		idctPair(&coefs, &steps, got[3:], got[21:], stride)
		idctPairGo(&coefs, &steps, want[3:], want[21:], stride)
		if got != want {
			t.Fatalf("coefficients %v, steps %v:\n%v, want\n%v", coefs, steps, got, want)
		}
		half := (*[32]int16)(coefs[:])
		got, want = [8 * stride]byte{}, [8 * stride]byte{}
		idctHalfPair(half, &steps, got[3:], got[21:], stride)
		idctHalfPairGo(half, &steps, want[3:], want[21:], stride)
		if got != want {
			t.Fatalf("coefficients %v, steps %v at 1/2:\n%v, want\n%v", half, steps[:16], got, want)
		}
	}
}

// TestIDCTOfMean: a block of a DC coefficient alone is filled with what the transform
// would give.
func TestIDCTOfMean(t *testing.T) {
	var coefs [2 * blockLen]int16
	var steps [blockLen]int16
	for dc := -1 << 15; dc < 1<<15; dc += 7 {
		for _, step := range []int16{1, 3, 16, 255, 4000, -3} {
			coefs[0], coefs[blockLen], steps[0] = int16(dc), int16(dc), step
			want := bytes.Repeat([]byte{dcSample(dc, step)}, 2*blockLen)
			var got [2 * blockLen]byte
			idctPair(&coefs, &steps, got[:], got[8:], 16)
			if !bytes.Equal(got[:], want) {
				t.Fatalf("dc %d step %d: %v, want %d", dc, step, got, want[0])
			}
			var half [16]byte
			idct4((*[16]int16)(coefs[:]), &steps, half[:], 4)
			if !bytes.Equal(half[:], want[:16]) {
				t.Fatalf("dc %d step %d at 1/2: %v, want %d", dc, step, half, want[0])
			}
			var quarter [4]byte
			idct2((*[4]int16)(coefs[:]), &steps, quarter[:], 2)
			if !bytes.Equal(quarter[:], want[:4]) {
				t.Fatalf("dc %d step %d at 1/4: %v, want %d", dc, step, quarter, want[0])
			}
		}
	}
}

func BenchmarkIDCT(b *testing.B) {
	rng := rand.New(rand.NewPCG(31, 31))
	var coefs [2 * blockLen]int16
	var steps [blockLen]int16
	for i := range steps {
		coefs[i], steps[i] = int16(rng.IntN(40)-20), 3
	}
	dst := make([]byte, 16*8)
	b.Run("pair", func(b *testing.B) {
		for b.Loop() {
			idctPair(&coefs, &steps, dst, dst[8:], 16)
		}
	})
	b.Run("half pair", func(b *testing.B) {
		for b.Loop() {
			idctHalfPair((*[32]int16)(coefs[:]), &steps, dst, dst[8:], 16)
		}
	})
	b.Run("half pair/portable", func(b *testing.B) {
		for b.Loop() {
			idctHalfPairGo((*[32]int16)(coefs[:]), &steps, dst, dst[8:], 16)
		}
	})
	b.Run("pair/portable", func(b *testing.B) {
		for b.Loop() {
			idctPairGo(&coefs, &steps, dst, dst[8:], 16)
		}
	})
}
