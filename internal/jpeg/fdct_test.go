package jpeg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// testBlocks are n blocks beside each other, the first of them extreme, others noise or slopes.
func testBlocks(n int) (pix []byte, stride int) {
	stride = 8*n + 3
	pix = make([]byte, 8*stride)
	r := rand.New(rand.NewPCG(3, 7))
	for y := range 8 {
		for x := range 8 * n {
			v := 0
			switch x / 8 {
			case 0:
			case 1:
				v = 255
			case 2:
				v = (x + y) % 2 * 255
			case 3:
				v = y % 2 * 255
			case 4:
				v = x / 4 % 2 * 255
			default:
				v = r.IntN(256)
				if x/8%3 == 0 {
					v = (v + x*y) / 8 % 256
				}
			}
			pix[y*stride+x] = byte(v)
		}
	}
	return pix, stride
}

// exactBlock is the transform by its definition, T.81 A.3.3, and the division.
func exactBlock(pix []byte, stride int, steps *[blockLen]uint8) (f [blockLen]float64) {
	for k, natural := range zigzag {
		v, u := int(natural)/8, int(natural)%8
		sum := 0.0
		for y := range 8 {
			for x := range 8 {
				sum += (float64(pix[y*stride+x]) - 128) *
					math.Cos(float64(2*x+1)*float64(u)*math.Pi/16) * math.Cos(float64(2*y+1)*float64(v)*math.Pi/16)
			}
		}
		for _, frequency := range []int{u, v} {
			if frequency == 0 {
				sum /= math.Sqrt2
			}
		}
		f[k] = sum / 4 / float64(steps[natural])
	}
	return f
}

func TestFDCTExact(t *testing.T) {
	const n = 60
	pix, stride := testBlocks(n)
	blocks, masks := make([]coefBlock, n), make([]uint64, maskLevels*n)
	for _, quality := range []int{1, 50, 90, 100} {
		var q quantizer
		q.init(&lumaQuant, quality)
		fdctBlocks(blocks, masks, pix, stride, &q)
		for i, b := range blocks {
			exact := exactBlock(pix[8*i:], stride, &q.steps)
			for k := range exact {
				c := b.at(k)
				if d := math.Abs(float64(c) - exact[k]); d > 0.501 {
					t.Errorf("quality %d, block %d, coefficient %d: %d, exactly %.3f", quality, i, k, c, exact[k])
				}
				for level, mask := range masks[maskLevels*i:][:maskLevels] {
					if (mask>>k&1 != 0) != (max(c, -c)>>level != 0) {
						t.Errorf("quality %d, block %d, coefficient %d: %d, wrong in mask %d", quality, i, k, c, level)
					}
				}
			}
		}
	}
}

func TestFDCTKernelsAgree(t *testing.T) {
	for n := 2; n < 40; n++ {
		pix, stride := testBlocks(n)
		for quality := 1; quality <= 100; quality += 3 {
			checkKernels(t, pix, stride, n, quality, 1)
			checkKernels(t, pix, stride, n, quality, maskLevels)
		}
	}
}

func checkKernels(t *testing.T, pix []byte, stride, n, quality, levels int) {
	t.Helper()
	var q quantizer
	q.init(&chromaQuant, quality)
	want, wantMasks := make([]coefBlock, n), make([]uint64, n*levels)
	fdctBlocksGo(want, wantMasks, pix, stride, &q)
	got, masks := make([]coefBlock, n), make([]uint64, n*levels)
	fdctBlocks(got, masks, pix, stride, &q)
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("quality %d, block %d of %d:\n%v\nin plain Go:\n%v", quality, i, n, got[i], want[i])
		}
	}
	if !slices.Equal(masks, wantMasks) {
		t.Fatalf("quality %d, %d blocks: masks\n%x\nin plain Go:\n%x", quality, n, masks, wantMasks)
	}
}

// TestFDCTStaysWithin has a sentinel behind what may be written.
func TestFDCTStaysWithin(t *testing.T) {
	const n = 5
	pix, stride := testBlocks(n)
	pix = pix[: 7*stride+8*n : 7*stride+8*n]
	blocks, masks := make([]coefBlock, n+1), make([]uint64, n+1)
	blocks[n] = coefBlock{1, 2, 3}
	masks[n] = 99
	var q quantizer
	q.init(&lumaQuant, 100)
	fdctBlocks(blocks[:n], masks[:n], pix, stride, &q)
	if blocks[n] != (coefBlock{1, 2, 3}) || masks[n] != 99 {
		t.Error("a block more was written than asked for")
	}
}

func BenchmarkFDCT(b *testing.B) {
	const n = 60
	pix, stride := testBlocks(n)
	blocks, masks := make([]coefBlock, n), make([]uint64, n)
	var q quantizer
	q.init(&lumaQuant, 80)
	for _, k := range []struct {
		name string
		f    func([]coefBlock, []uint64, []byte, int, *quantizer)
	}{{"kernel", fdctBlocks}, {"go", fdctBlocksGo}} {
		b.Run(k.name, func(b *testing.B) {
			b.SetBytes(n * blockLen)
			for b.Loop() {
				k.f(blocks, masks, pix, stride, &q)
			}
		})
	}
}
