package daemon

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// maxTints is how many pictures can be told apart by their colour.
const maxTints = 8 * 8

// A tint is the number of a picture. Its colour says which it is, also after it
// has been through JPEG.
type tint int

func (n tint) color() color.NRGBA {
	return color.NRGBA{uint8(n%8*32 + 16), uint8(n/8%8*32 + 16), 128, 255}
}

// tintOf returns which picture an upright rendition was made from.
func tintOf(img image.Image) tint {
	c := color.NRGBAModel.Convert(img.At(img.Bounds().Dx()/2, img.Bounds().Dy()/2)).(color.NRGBA)
	return tint(c.R/32) + 8*tint(c.G/32)
}

// A drop is a file in the drop folder, as it should be.
type drop struct {
	tint    tint
	written []byte
	rest    []byte   // what an upload has still to write
	upload  *os.File // nil: nobody has it open
}

// A dropModel is what should be in the drop folder, kept beside the real one. All
// that is done to the folder goes through it.
type dropModel struct {
	*testing.T
	in, outside string
	drops       map[string]*drop // by path below in
	tints       tint             // given away
	versions    map[string]int   // how often there was something new under a path, since the daemon started
	log         []string         // what was done

	mu   sync.Mutex
	past map[string]map[tint]bool // the whole pictures that stood under a path at any time
}

func newDropModel(t *testing.T, dir string) *dropModel {
	t.Helper()
	m := &dropModel{
		T:        t,
		in:       filepath.Join(dir, "in"),
		outside:  filepath.Join(dir, "outside"),
		drops:    make(map[string]*drop),
		versions: make(map[string]int),
		past:     make(map[string]map[tint]bool),
	}
	m.must(os.Mkdir(m.outside, 0o777))
	return m
}

func (m *dropModel) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatalf("%v, after\n%s", err, m.history())
	}
}

func (m *dropModel) did(format string, args ...any) {
	m.log = append(m.log, fmt.Sprintf(format, args...))
}

func (m *dropModel) history() string { return strings.Join(m.log, "\n") }

// paths returns what is in the folder, sorted.
func (m *dropModel) paths() []string { return slices.Sorted(maps.Keys(m.drops)) }

// uploads returns what is not written to its end, sorted.
func (m *dropModel) uploads() []string {
	return slices.DeleteFunc(m.paths(), func(p string) bool { return len(m.drops[p].rest) == 0 })
}

func (m *dropModel) path(p string) string { return filepath.Join(m.in, p) }

// picture returns a new picture that is as large as every other.
func (m *dropModel) picture() *drop {
	m.Helper()
	d := &drop{tint: m.tints % maxTints}
	m.tints++
	img := image.NewNRGBA(image.Rect(0, 0, 16, 12))
	for i := range 16 * 12 {
		c := d.tint.color()
		copy(img.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
	}
	var buf bytes.Buffer
	m.must((&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&buf, img))
	d.written = buf.Bytes()
	return d
}

// put notes that d is about to stand under p.
func (m *dropModel) put(p string, d *drop) {
	if former := m.drops[p]; former != nil && former != d {
		former.close()
	}
	m.drops[p] = d
	m.noteVersion(p)
}

// noteVersion notes that there is about to be something new under p.
func (m *dropModel) noteVersion(p string) {
	m.versions[p]++
	d := m.drops[p]
	if len(d.rest) > 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.past[p] == nil {
		m.past[p] = make(map[tint]bool)
	}
	m.past[p][d.tint] = true
}

// stoodUnder reports whether the picture was ever to be found whole under p.
func (m *dropModel) stoodUnder(p string, n tint) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.past[p][n]
}

func (m *dropModel) drop(p string) {
	m.drops[p].close()
	delete(m.drops, p)
}

func (d *drop) close() {
	if d.upload != nil {
		d.upload.Close()
		d.upload = nil
	}
}

// create writes a whole picture, over what may stand there.
func (m *dropModel) create(p string) {
	m.Helper()
	m.mkdir(path.Dir(p))
	d := m.picture()
	m.put(p, d)
	m.must(os.WriteFile(m.path(p), d.written, 0o666))
	m.did("create %s as %d", p, d.tint)
}

// begin writes the first third of a picture, and keeps the file open if open is
// keep.
func (m *dropModel) begin(p string, open openness) {
	m.Helper()
	m.mkdir(path.Dir(p))
	d := m.picture()
	third := len(d.written) / 3
	d.written, d.rest = d.written[:third], d.written[third:]
	m.put(p, d)
	f, err := os.Create(m.path(p))
	m.must(err)
	_, err = f.Write(d.written)
	m.must(err)
	d.upload = f
	if open == shut {
		d.close()
	}
	m.did("begin %s as %d, %s", p, d.tint, open)
}

// An openness says whether an upload keeps its file open between two writes.
type openness string

const (
	kept openness = "kept open"
	shut openness = "shut"
)

// proceed writes on with an upload, to its end if all is what remains.
func (m *dropModel) proceed(p string, n int) {
	m.Helper()
	d := m.drops[p]
	n = min(n, len(d.rest))
	part := d.rest[:n]
	d.written, d.rest = append(slices.Clip(d.written), part...), d.rest[n:]
	m.noteVersion(p)
	f, err := d.upload, error(nil)
	if f == nil {
		f, err = os.OpenFile(m.path(p), os.O_WRONLY|os.O_APPEND, 0)
		m.must(err)
		defer f.Close()
	}
	_, err = f.Write(part)
	m.must(err)
	if len(d.rest) == 0 {
		d.close()
	}
	m.did("append to %s, %d bytes are missing", p, len(d.rest))
}

// rename moves a file inside the folder, over what may stand there.
func (m *dropModel) rename(from, to string) {
	m.Helper()
	m.mkdir(path.Dir(to))
	d := m.drops[from]
	if from != to {
		delete(m.drops, from)
		m.put(to, d)
	}
	m.must(os.Rename(m.path(from), m.path(to)))
	m.did("rename %s to %s", from, to)
}

// moveDir moves a directory with all that is in it, if that can be done.
func (m *dropModel) moveDir(from, to string) {
	m.Helper()
	m.mkdir(path.Dir(to))
	if !m.stands(from) || m.stands(to) || strings.HasPrefix(to, from+"/") {
		return
	}
	moved := make(map[string]*drop)
	for p, d := range m.drops {
		if rest, ok := strings.CutPrefix(p, from+"/"); ok {
			moved[to+"/"+rest] = d
		}
	}
	m.forget(from)
	for p, d := range moved {
		m.put(p, d)
	}
	m.must(os.Rename(m.path(from), m.path(to)))
	m.did("move directory %s to %s, with %d files", from, to, len(moved))
}

// stands reports whether there is a directory.
func (m *dropModel) stands(dir string) bool {
	fi, err := os.Lstat(m.path(dir))
	return err == nil && fi.IsDir()
}

// forget takes what is below dir out of the model and leaves it open.
func (m *dropModel) forget(dir string) {
	maps.DeleteFunc(m.drops, func(p string, _ *drop) bool { return strings.HasPrefix(p, dir+"/") })
}

// moveIn renames a whole picture into the folder, from where nobody looks.
func (m *dropModel) moveIn(p, from string) {
	m.Helper()
	m.mkdir(path.Dir(p))
	d := m.picture()
	m.must(os.WriteFile(from, d.written, 0o666))
	m.put(p, d)
	m.must(os.Rename(from, m.path(p)))
	m.did("move in %s as %d, from %s", p, d.tint, filepath.Base(from))
}

// moveDirIn moves a directory with two pictures in.
func (m *dropModel) moveDirIn(dir string) {
	m.Helper()
	if m.stands(dir) {
		return
	}
	m.mkdir(path.Dir(dir))
	from := filepath.Join(m.outside, "dir")
	m.must(os.MkdirAll(filepath.Join(from, "f"), 0o777))
	for _, name := range []string{"a.png", "f/b.png"} {
		d := m.picture()
		m.must(os.WriteFile(filepath.Join(from, name), d.written, 0o666))
		m.put(dir+"/"+name, d)
	}
	m.must(os.Rename(from, m.path(dir)))
	m.did("move in directory %s", dir)
}

// moveOut takes a file out of the folder.
func (m *dropModel) moveOut(p string) {
	m.Helper()
	m.drop(p)
	m.must(os.Rename(m.path(p), filepath.Join(m.outside, "gone")))
	m.did("move out %s", p)
}

func (m *dropModel) remove(p string) {
	m.Helper()
	m.drop(p)
	m.must(os.Remove(m.path(p)))
	m.did("delete %s", p)
}

func (m *dropModel) removeDir(dir string) {
	m.Helper()
	for _, p := range m.paths() {
		if strings.HasPrefix(p, dir+"/") {
			m.drop(p)
		}
	}
	m.must(os.RemoveAll(m.path(dir)))
	m.did("delete directory %s", dir)
}

func (m *dropModel) mkdir(dir string) {
	m.Helper()
	m.must(os.MkdirAll(m.path(dir), 0o777))
}

// touch gives a file the present time.
func (m *dropModel) touch(p string) {
	m.Helper()
	m.noteVersion(p)
	m.must(os.Chtimes(m.path(p), time.Time{}, time.Now()))
	m.did("touch %s", p)
}
