package png

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A testFile writes PNGs of random samples in all ways there are.
type testFile struct {
	Config
	rng     *rand.Rand
	palette int    // entries
	key     []byte // body of the transparency chunk
	filters []byte // taken in turn by the rows
	cut     int    // bytes of a chunk of pixels, 0: all
	more    int    // bytes of pixels too many, or too few
}

func (f *testFile) bytes() []byte {
	raw := f.rows()
	if f.more < 0 {
		raw = raw[:len(raw)+f.more]
	} else {
		raw = append(raw, make([]byte, f.more)...)
	}
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	w.Write(raw)
	w.Close()
	return f.with(packed.Bytes())
}

// with returns the file with the given stream.
func (f *testFile) with(packed []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(f.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(f.Height))
	head = append(head, byte(f.Depth), byte(f.Color), 0, 0, 0)
	if f.Interlaced {
		head[12] = 1
	}
	file := appendChunk([]byte(signature), "IHDR", head)
	file = appendChunk(file, "tEXt", []byte("a\x00b"))
	if f.palette > 0 {
		colours := make([]byte, 3*f.palette)
		for i := range colours {
			colours[i] = byte(f.rng.Uint32())
		}
		file = appendChunk(file, "PLTE", colours)
	}
	if f.key != nil {
		file = appendChunk(file, "tRNS", f.key)
	}
	if f.cut == 0 {
		file = appendChunk(file, "IDAT", packed)
	} else {
		for part := range slices.Chunk(packed, f.cut) {
			file = appendChunk(file, "IDAT", part)
			file = appendChunk(file, "IDAT", nil)
		}
	}
	return appendChunk(file, "IEND", nil)
}

func appendChunk(file []byte, kind string, body []byte) []byte {
	file = binary.BigEndian.AppendUint32(file, uint32(len(body)))
	file = append(append(file, kind...), body...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(file[len(file)-len(body)-4:]))
}

// rows returns the rows of all passes, filtered. Neighbours are alike, so that all ways
// of Paeth's filter are gone.
func (f *testFile) rows() []byte {
	var raw []byte
	rowNumber := 0
	for _, p := range f.passes() {
		w, h := p.size(f.Config)
		if w == 0 {
			continue
		}
		n := int(f.rowBytes(w))
		prev := make([]byte, n)
		for range h {
			row := make([]byte, n)
			for i := range row {
				row[i] = prev[i] + byte(f.rng.IntN(7)) - 3
				if f.rng.IntN(9) == 0 {
					row[i] = byte(f.rng.Uint32())
				}
			}
			filter := f.filters[rowNumber%len(f.filters)]
			raw = append(raw, filter)
			raw = append(raw, filtered(filter, row, prev, (f.bitsPerPixel()+7)/8)...)
			prev = row
			rowNumber++
		}
	}
	return raw
}

// filtered is the filters as the standard words them.
func filtered(filter byte, row, prev []byte, pixel int) []byte {
	out := slices.Clone(row)
	for i := range row {
		var a, b, c int
		b = int(prev[i])
		if i >= pixel {
			a, c = int(row[i-pixel]), int(prev[i-pixel])
		}
		switch filter {
		case filterSub:
			out[i] -= byte(a)
		case filterUp:
			out[i] -= byte(b)
		case filterAverage:
			out[i] -= byte((a + b) / 2)
		case filterPaeth:
			p := a + b - c
			switch pa, pb, pc := abs(p-a), abs(p-b), abs(p-c); {
			case pa <= pb && pa <= pc:
				out[i] -= byte(a)
			case pb <= pc:
				out[i] -= byte(b)
			default:
				out[i] -= byte(c)
			}
		}
	}
	return out
}

var kinds = []Config{
	{Color: Gray, Depth: 1}, {Color: Gray, Depth: 2}, {Color: Gray, Depth: 4}, {Color: Gray, Depth: 8}, {Color: Gray, Depth: 16},
	{Color: Paletted, Depth: 1}, {Color: Paletted, Depth: 2}, {Color: Paletted, Depth: 4}, {Color: Paletted, Depth: 8},
	{Color: RGB, Depth: 8}, {Color: RGB, Depth: 16}, {Color: GrayAlpha, Depth: 8}, {Color: GrayAlpha, Depth: 16},
	{Color: RGBA, Depth: 8}, {Color: RGBA, Depth: 16},
}

var allFilters = []byte{filterPaeth, filterNone, filterSub, filterUp, filterAverage, filterPaeth, filterPaeth}

// testFiles returns a file of each kind, with and without transparency, interlaced and not.
func testFiles(w, h int) (files []*testFile) {
	rng := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	for _, c := range kinds {
		for _, c.Interlaced = range []bool{false, true} {
			c.Width, c.Height = w, h
			f := &testFile{Config: c, rng: rng, filters: allFilters}
			if c.Color == Paletted {
				f.palette = 1<<c.Depth - 1
			}
			files = append(files, f)
			if c.Color&GrayAlpha == 0 {
				transparent := *f
				transparent.Transparent = true
				transparent.key = make([]byte, 2*c.Color.samples())
				transparent.key[len(transparent.key)-1] = byte(1<<min(c.Depth, 2) - 1)
				files = append(files, &transparent)
			}
		}
	}
	return files
}

// realFiles are files of the standard library's tests and of a corpus, where they exist.
func realFiles(t testing.TB) (files []string) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Logf("no Go tree: %v", err)
	}
	std := filepath.Join(strings.TrimSpace(string(root)), "src", "image", "png", "testdata")
	for _, dir := range []string{std, "../../../shared/corpus"} {
		filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && filepath.Ext(path) == ".png" {
				files = append(files, path)
			}
			return nil
		})
	}
	if len(files) == 0 {
		t.Log("no real files")
	}
	return files
}
