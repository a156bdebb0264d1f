package unpack

import (
	"bytes"
	"hash/adler32"
	"math/rand/v2"
	"testing"
)

func TestAdler(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	noise := make([]byte, 200_000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for name, data := range map[string][]byte{"noise": noise, "full": bytes.Repeat([]byte{255}, 200_000), "zeros": make([]byte, 70_000)} {
		var a adler
		done := 0
		for done < len(data) {
			n := min(rng.IntN(9000), len(data)-done)
			if rng.IntN(2) == 0 {
				n = min(n, n%70)
			}
			a.add(data[done : done+n])
			done += n
			if got, want := a.value(), adler32.Checksum(data[:done]); got != want {
				t.Fatalf("%s: the checksum of %d bytes is %08x, want %08x", name, done, got, want)
			}
		}
	}
}

func BenchmarkAdler(b *testing.B) {
	data := make([]byte, 1<<16)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var a adler
	for b.Loop() {
		a.add(data)
	}
}
