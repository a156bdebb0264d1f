package pixel

import "testing"

func TestRGBAFromRGB(t *testing.T) {
	for n := range 100 {
		src, dst := make([]uint8, 3*n), make([]uint8, 4*n+1)
		for i := range src {
			src[i] = uint8(7 * i)
		}
		dst[4*n] = 99
		RGBAFromRGB(dst[:4*n], src)
		for i := range n {
			s := src[3*i:]
			if got, want := [4]uint8(dst[4*i:]), [4]uint8{s[0], s[1], s[2], 255}; got != want {
				t.Fatalf("pixel %d of %d: %v, want %v", i, n, got, want)
			}
		}
		if dst[4*n] != 99 {
			t.Fatalf("byte behind a row of %d was written", n)
		}
	}
}

func BenchmarkRGBAFromRGB(b *testing.B) {
	src, dst := make([]uint8, 3*4000), make([]uint8, 4*4000)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		RGBAFromRGB(dst, src)
	}
}
