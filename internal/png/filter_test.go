package png

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestUnfilter undoes rows of all lengths that were filtered as the standard words it, and
// wants nothing behind them to be written.
func TestUnfilter(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for filter := range byte(5) {
		for _, pixel := range []int{1, 2, 3, 4, 6, 8} {
			for n := 1; n < 200; n++ {
				row, prev := make([]byte, n), make([]byte, n)
				for i := range row {
					row[i], prev[i] = byte(rng.Uint32()), byte(rng.Uint32())
					if n%2 == 0 {
						row[i], prev[i] = byte(rng.IntN(4))*85, byte(rng.IntN(4))*85
					}
				}
				dst := bytes.Repeat([]byte{99}, n+8)
				if err := unfilter(filter, dst[:n:n], filtered(filter, row, prev, pixel), prev, pixel); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(dst[:n], row) || !bytes.Equal(dst[n:], bytes.Repeat([]byte{99}, 8)) {
					t.Fatalf("filter %d, %d bytes per pixel, row of %d", filter, pixel, n)
				}
			}
		}
	}
}

func BenchmarkUnfilter(b *testing.B) {
	row, prev := make([]byte, 12000), make([]byte, 12000)
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range row {
		row[i], prev[i] = byte(rng.IntN(20)), byte(i+rng.IntN(20))
	}
	dst := make([]byte, len(row))
	for filter, name := range []string{"none", "sub", "up", "average", "paeth"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(row)))
			b.ReportAllocs()
			for b.Loop() {
				unfilter(byte(filter), dst, row, prev, 3)
			}
		})
	}
}
