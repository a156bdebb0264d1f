package jpeg

import (
	"math"
	"math/rand/v2"
	"sort"
)

// A testFile is written coefficient by coefficient, with sampling factors, scans and
// restarts that encoders do not write. Its scans must bring all coefficients.
type testFile struct {
	sof           byte
	width, height int
	planes        []filePlane
	quant         [4][blockLen]int
	restart       int
	apps          []byte // written behind SOI
	scans         []testScan
	frame         frameHeader
}

type filePlane struct {
	id, tq byte
	h, v   int
	blocks [][blockLen]int // in the order of the file, in rows of whole MCUs
}

type testScan struct {
	planes              []int
	from, to, high, low int
}

// sampling is the factors of one component.
type sampling struct{ h, v int }

// newTestFile makes a picture of random coefficients, most of them small and low, with
// steps that keep them within what pictures have.
func newTestFile(rng *rand.Rand, width, height int, factors ...sampling) *testFile {
	t := &testFile{sof: markerSOF0, width: width, height: height}
	t.frame = frameHeader{width: width, height: height, n: len(factors)}
	for i, f := range factors {
		t.frame.comp[i] = frameComponent{h: f.h, v: f.v}
	}
	t.frame.layOut()
	for i, f := range factors {
		c := t.frame.comp[i]
		p := filePlane{id: byte(i + 1), tq: byte(i & 3), h: f.h, v: f.v}
		p.blocks = make([][blockLen]int, c.mcuCols*c.mcuRows)
		for k := range t.quant[p.tq] {
			t.quant[p.tq][k] = 2 + rng.IntN(4+k/4)
		}
		for k := range p.blocks {
			p.blocks[k] = randomBlock(rng, &t.quant[p.tq])
		}
		t.planes = append(t.planes, p)
	}
	return t
}

func randomBlock(rng *rand.Rand, steps *[blockLen]int) (b [blockLen]int) {
	b[0] = (rng.IntN(1600) - 800) / steps[0]
	n := []int{1, 2, 6, 26, 64}[rng.IntN(5)]
	for k := 1; k < n; k++ {
		if rng.IntN(3) > 0 {
			b[k] = int(rng.NormFloat64()*80/float64(k)) / steps[k] * (1 + rng.IntN(2))
		}
	}
	if n == 64 && rng.IntN(2) == 0 {
		b[63] = 1 - 2*rng.IntN(2) // no end symbol
	}
	return b
}

// interleaved has one scan of all components.
func (t *testFile) interleaved() *testFile {
	s := testScan{to: 63}
	for i := range t.planes {
		s.planes = append(s.planes, i)
	}
	t.scans = []testScan{s}
	return t
}

// separate has one scan for each component.
func (t *testFile) separate() *testFile {
	t.scans = nil
	for i := range t.planes {
		t.scans = append(t.scans, testScan{planes: []int{i}, to: 63})
	}
	return t
}

// progressive has scans with bands of all kinds. DC is interleaved where that is allowed.
func (t *testFile) progressive() *testFile {
	t.sof, t.scans = markerSOF2, nil
	all, blocks := []int{}, 0
	for i, p := range t.planes {
		all, blocks = append(all, i), blocks+p.h*p.v
	}
	dc := [][]int{all}
	if blocks > maxMCUBlocks {
		dc = nil
		for i := range all {
			dc = append(dc, all[i:i+1])
		}
	}
	for _, planes := range dc {
		t.scans = append(t.scans, testScan{planes, 0, 0, 0, 1})
	}
	for i := range t.planes {
		one := []int{i}
		t.scans = append(t.scans, testScan{one, 1, 5, 0, 2}, testScan{one, 6, 63, 0, 2},
			testScan{one, 1, 63, 2, 1})
	}
	for _, planes := range dc {
		t.scans = append(t.scans, testScan{planes, 0, 0, 1, 0})
	}
	for i := range t.planes {
		one := []int{i}
		t.scans = append(t.scans, testScan{one, 1, 20, 1, 0}, testScan{one, 21, 63, 1, 0})
	}
	return t
}

func (t *testFile) bytes() []byte {
	out := append([]byte{0xff, markerSOI}, t.apps...)
	for i, q := range t.quant {
		if q[0] > 0 {
			body := []byte{0x10 | byte(i)}
			for _, step := range q {
				body = append(body, byte(step>>8), byte(step))
			}
			out = appendTestSegment(out, markerDQT, body)
		}
	}
	frame := []byte{8, byte(t.height >> 8), byte(t.height), byte(t.width >> 8), byte(t.width), byte(len(t.planes))}
	for _, p := range t.planes {
		frame = append(frame, p.id, byte(p.h<<4|p.v), p.tq)
	}
	out = appendTestSegment(out, t.sof, frame)
	for _, class := range []byte{0x00, 0x10} {
		out = appendTestSegment(out, markerDHT, append([]byte{class}, testCodes.spec...))
	}
	if t.restart > 0 {
		out = appendTestSegment(out, markerDRI, []byte{byte(t.restart >> 8), byte(t.restart)})
	}
	for _, s := range t.scans {
		out = t.appendScan(out, s)
	}
	return append(out, 0xff, markerEOI)
}

func appendTestSegment(out []byte, marker byte, body []byte) []byte {
	n := len(body) + 2
	return append(append(out, 0xff, marker, byte(n>>8), byte(n)), body...)
}

func (t *testFile) appendScan(out []byte, s testScan) []byte {
	header := []byte{byte(len(s.planes))}
	for _, i := range s.planes {
		header = append(header, t.planes[i].id, 0)
	}
	header = append(header, byte(s.from), byte(s.to), byte(s.high<<4|s.low))
	w := &testWriter{out: appendTestSegment(out, markerSOS, header), scan: s}
	cols, rows := t.frame.mcusX, t.frame.mcusY
	if len(s.planes) == 1 {
		c := t.frame.comp[s.planes[0]]
		cols, rows = c.cols, c.rows
	}
	for mcu := range cols * rows {
		if t.restart > 0 && mcu > 0 && mcu%t.restart == 0 {
			w.endSegment()
			w.out = append(w.out, 0xff, markerRST0|byte(mcu/t.restart-1)&7)
			w.pred = [4]int{}
		}
		t.writeMCU(w, mcu/cols, mcu%cols)
	}
	w.endSegment()
	return w.out
}

func (t *testFile) writeMCU(w *testWriter, row, col int) {
	for _, i := range w.scan.planes {
		c := t.frame.comp[i]
		if len(w.scan.planes) == 1 {
			c.h, c.v = 1, 1
		}
		for j := range c.h * c.v {
			x, y := col*c.h+j%c.h, row*c.v+j/c.h
			b := &t.planes[i].blocks[y*c.mcuCols+x]
			if t.sof == markerSOF2 {
				w.progressive(b, i)
			} else {
				w.sequential(b, i)
			}
		}
	}
}

// reference is plane i at a size of its blocks, by the definition of the scaled inverse
// DCT. The stride is that of whole MCUs.
func (t *testFile) reference(i, size int) []float64 {
	c, p := t.frame.comp[i], t.planes[i]
	stride := c.mcuCols * size
	pix := make([]float64, stride*c.mcuRows*size)
	for k := range p.blocks {
		at := k/c.mcuCols*size*stride + k%c.mcuCols*size
		for y, row := range referenceBlock(&p.blocks[k], &t.quant[p.tq], size) {
			copy(pix[at+y*stride:], row)
		}
	}
	return pix
}

func referenceBlock(b, steps *[blockLen]int, size int) [][]float64 {
	var coefs [8][8]float64
	for k, natural := range zigzag {
		coefs[natural/8][natural%8] = float64(b[k] * steps[k])
	}
	return scaledInverse(&coefs, size)
}

// scaledInverse is the N-point inverse DCT of the lowest N×N coefficients, times N/8.
func scaledInverse(coefs *[8][8]float64, size int) [][]float64 {
	basis := &testBasis[size]
	out := make([][]float64, size)
	for y := range out {
		out[y] = make([]float64, size)
		for x := range out[y] {
			sum := 0.0
			for v := range size {
				for u := range size {
					sum += coefs[v][u] * basis[u][x] * basis[v][y]
				}
			}
			out[y][x] = min(max(sum*float64(size)/8+128, 0), 255)
		}
	}
	return out
}

// forward is the 8×8 DCT of samples.
func forward(pix []byte, stride int) *[8][8]float64 {
	basis, coefs := &testBasis[8], new([8][8]float64)
	for y := range 8 {
		for u := range 8 {
			sum := 0.0
			for x, s := range pix[y*stride:][:8] {
				sum += (float64(s) - 128) * basis[u][x]
			}
			for v := range 8 {
				coefs[v][u] += sum * basis[v][y]
			}
		}
	}
	return coefs
}

// testBasis has the orthonormal DCTs of 1, 2, 4 and 8 samples, by frequency and place.
var testBasis = func() (t [9][8][8]float64) {
	for size := 1; size <= 8; size *= 2 {
		for k := range size {
			for x := range size {
				t[size][k][x] = math.Sqrt(2/float64(size)) * math.Cos((2*float64(x)+1)*float64(k)*math.Pi/(2*float64(size)))
				if k == 0 {
					t[size][k][x] = math.Sqrt(1 / float64(size))
				}
			}
		}
	}
	return t
}()

// testCodes are codes for all symbols, of 2 to 16 bits, and some that mean nothing.
var testCodes = makeTestCodes()

type testCodeTable struct {
	spec   []byte
	code   [256]uint32
	length [256]int
}

func makeTestCodes() (t testCodeTable) {
	symbols := make([]int, 256)
	for i := range symbols {
		symbols[i] = i
	}
	cost := func(s int) int { return s>>4 + 2*(s&15) + s&15/9*100 }
	sort.SliceStable(symbols, func(i, j int) bool { return cost(symbols[i]) < cost(symbols[j]) })
	counts := [16]byte{0, 1, 1, 2, 3, 5, 6, 0, 0, 100, 0, 0, 0, 0, 38, 100}
	t.spec = append(t.spec, counts[:]...)
	code, k := uint32(0), 0
	for i, n := range counts {
		for range n {
			s := symbols[k]
			t.spec = append(t.spec, byte(s))
			t.code[s], t.length[s] = code, i+1
			code, k = code+1, k+1
		}
		code <<= 1
	}
	return t
}

// A testWriter writes the entropy-coded data of one scan.
type testWriter struct {
	out   []byte
	scan  testScan
	acc   uint32
	n     int
	pred  [4]int
	run   int   // blocks that ended without a symbol yet
	fixes []int // correction bits of those blocks
}

func (w *testWriter) bits(v, n int) {
	for n--; n >= 0; n-- {
		w.acc = w.acc<<1 | uint32(v>>n&1)
		if w.n++; w.n == 8 {
			b := byte(w.acc)
			w.out = append(w.out, b)
			if b == 0xff {
				w.out = append(w.out, 0)
			}
			w.acc, w.n = 0, 0
		}
	}
}

func (w *testWriter) symbol(s int) { w.bits(int(testCodes.code[s]), testCodes.length[s]) }

// value writes a symbol with the size of v in its lower half, and v.
func (w *testWriter) value(run, v int) {
	size, bits := sizeOf(v), v
	if v < 0 {
		bits = v + 1<<size - 1
	}
	w.symbol(run<<4 | size)
	w.bits(bits, size)
}

func sizeOf(v int) int {
	n := 0
	for v = max(v, -v); v > 0; v >>= 1 {
		n++
	}
	return n
}

func (w *testWriter) endSegment() {
	w.endRun()
	for w.n != 0 {
		w.bits(1, 1)
	}
}

func (w *testWriter) sequential(b *[blockLen]int, i int) {
	w.value(0, b[0]-w.pred[i])
	w.pred[i] = b[0]
	run := 0
	for _, v := range b[1:] {
		if v == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			w.symbol(symbolRun)
		}
		w.value(run, v)
		run = 0
	}
	if run > 0 {
		w.symbol(symbolEnd)
	}
}

func (w *testWriter) progressive(b *[blockLen]int, i int) {
	switch s := w.scan; {
	case s.from == 0 && s.high == 0:
		v := b[0] >> s.low
		w.value(0, v-w.pred[i])
		w.pred[i] = v
	case s.from == 0:
		w.bits(b[0]>>s.low&1, 1)
	case s.high == 0:
		w.band(b)
	default:
		w.refine(b)
	}
}

func (w *testWriter) band(b *[blockLen]int) {
	run := 0
	for _, v := range b[w.scan.from : w.scan.to+1] {
		v = towardsZero(v, w.scan.low)
		if v == 0 {
			run++
			continue
		}
		w.endRun()
		for ; run > 15; run -= 16 {
			w.symbol(symbolRun)
		}
		w.value(run, v)
		run = 0
	}
	if run > 0 {
		w.blockEnds(nil)
	}
}

func towardsZero(v, shift int) int {
	if v < 0 {
		return -(-v >> shift)
	}
	return v >> shift
}

func (w *testWriter) refine(b *[blockLen]int) {
	band := b[w.scan.from : w.scan.to+1]
	last := -1 // that is new
	for k, v := range band {
		if v = towardsZero(v, w.scan.low); v == 1 || v == -1 {
			last = k
		}
	}
	run, fixes := 0, []int(nil)
	for k, v := range band {
		v = towardsZero(v, w.scan.low)
		if v == 0 {
			run++
			continue
		}
		for ; run > 15 && k <= last; run -= 16 {
			w.endRun()
			w.symbol(symbolRun)
			fixes = w.corrections(fixes)
		}
		if v != 1 && v != -1 {
			fixes = append(fixes, max(v, -v)&1)
			continue
		}
		w.endRun()
		w.value(run, v)
		fixes, run = w.corrections(fixes), 0
	}
	if run > 0 || len(fixes) > 0 {
		w.blockEnds(fixes)
	}
}

func (w *testWriter) corrections(fixes []int) []int {
	for _, bit := range fixes {
		w.bits(bit, 1)
	}
	return nil
}

func (w *testWriter) blockEnds(fixes []int) {
	w.run++
	w.fixes = append(w.fixes, fixes...)
	if w.run == 1<<15-1 {
		w.endRun()
	}
}

// endRun writes the symbol for the blocks that ended.
func (w *testWriter) endRun() {
	if w.run == 0 {
		return
	}
	n := sizeOf(w.run) - 1
	w.symbol(n << 4)
	w.bits(w.run-1<<n, n)
	w.run, w.fixes = 0, w.corrections(w.fixes)
}
