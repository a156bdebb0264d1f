package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"imgwatchd/internal/job"
	"imgwatchd/internal/jpeg"
)

// edited returns a copy of data with b at off.
func edited(data []byte, off int, b ...byte) []byte {
	data = slices.Clone(data)
	copy(data[off:], b)
	return data
}

// tagResolutionUnit is a tag that nothing here reads: one to put others in the
// place of.
const tagResolutionUnit = 296

// withTag returns a TIFF whose entry for a tag has another value, and another
// tag number when that is given.
func withTag(data []byte, tag uint16, value uint32, renamed ...uint16) []byte {
	data = slices.Clone(data)
	s := newSource(bytes.NewReader(data), int64(len(data)))
	d, err := firstDirectory(s)
	if err != nil {
		panic(err)
	}
	for i := range d.entries {
		e, _ := d.entry(i)
		if e.tag != tag {
			continue
		}
		off := d.off + 12*int64(i)
		for _, to := range renamed {
			d.order.PutUint16(data[off:], to)
		}
		if e.kind == tiffShort {
			d.order.PutUint16(data[off+8:], uint16(value))
		} else {
			d.order.PutUint32(data[off+8:], value)
		}
	}
	return data
}

func TestReadHeader(t *testing.T) {
	files := samples()
	jpegFile, pngFile, webpStill := files["jpeg"], files["png"], files["webp lossless"]
	turned := exifBlock(6, "")
	exifPart := webpPart("EXIF", turned)
	turnedTIFF := withTag(files["tiff gray"], tagSamplesPerPixel, 6, tagOrientation)
	for _, test := range []struct {
		name string
		data []byte
		want Header
	}{
		{"jpeg", jpegFile, Header{Format: JPEG, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
		{"jpeg turned", jpegWith(jpegFile, Metadata{EXIF: turned}), Header{Format: JPEG, Width: 20, Height: 14, Orientation: 6, Frames: 1}},
		{"jpeg senseless orientation", jpegWith(jpegFile, Metadata{EXIF: exifBlock(9, "")}), Header{Format: JPEG, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
		{"png turned", withChunks(slices.Clone(pngFile), Metadata{EXIF: turned}), Header{Format: PNG, Width: 20, Height: 14, Orientation: 6, Frames: 1}},
		{"png alpha", files["png alpha"], Header{Format: PNG, Width: 20, Height: 14, Orientation: 1, Frames: 1, Alpha: true}},
		{"png animated", insert(slices.Clone(pngFile), afterHeader, appendChunk(nil, "acTL", []byte{0, 0, 0, 7, 0, 0, 0, 0})), Header{Format: PNG, Width: 20, Height: 14, Orientation: 1, Frames: 7}},
		{"gif", files["gif"], Header{Format: GIF, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
		{"gif animated", files["gif animated"], Header{Format: GIF, Width: 20, Height: 14, Orientation: 1, Frames: 3, Alpha: true}},
		{"webp lossy", files["webp lossy"], Header{Format: WebP, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
		{"webp turned", webpFile(webpCanvas(20, 14, 8), webpStill[12:], exifPart), Header{Format: WebP, Width: 20, Height: 14, Orientation: 6, Frames: 1, Alpha: true}},
		{"webp animated", files["webp animated"], Header{Format: WebP, Width: 20, Height: 14, Orientation: 1, Frames: 3, Alpha: true}},
		{"tiff", files["tiff gray"], Header{Format: TIFF, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
		{"tiff turned", turnedTIFF, Header{Format: TIFF, Width: 20, Height: 14, Orientation: 6, Frames: 1}},
		{"bmp", files["bmp"], Header{Format: BMP, Width: 20, Height: 14, Orientation: 1, Frames: 1}},
	} {
		got, err := ReadHeader(bytes.NewReader(test.data), int64(len(test.data)), Limits{})
		memory := got.Memory(DecodeOptions{})
		got.jpeg, got.DecodeMemory, got.form, got.gray = jpeg.Config{}, 0, FormOther, outcome{}
		if err != nil || got != test.want || memory < 20*14 {
			t.Errorf("%s: %+v, memory %d (%v), want %+v", test.name, got, memory, err, test.want)
		}
	}
}

func TestHeaderSize(t *testing.T) {
	for orientation := 1; orientation <= 8; orientation++ {
		w, h := Header{Width: 3, Height: 2, Orientation: orientation}.Size()
		if turned := orientation >= 5; turned != (w == 2 && h == 3) || turned == (w == 3 && h == 2) {
			t.Errorf("orientation %d: upright size %d×%d", orientation, w, h)
		}
	}
}

// TestRejects names what is wrong with a file in its class and its message.
func TestRejects(t *testing.T) {
	files := samples()
	jpegFile, tiffFile, bmpFile := files["jpeg progressive"], files["tiff"], files["bmp"]
	sof := bytes.Index(jpegFile, []byte{0xff, 0xc2})
	le := binary.LittleEndian
	pixels := func(w, h uint32) []byte {
		return edited(bmpFile, 18, le.AppendUint32(le.AppendUint32(nil, w), h)...)
	}
	for _, test := range []struct {
		name  string
		data  []byte
		class job.Class
		text  string
	}{
		{"jpeg lossless", edited(jpegFile, sof+1, 0xc3), job.Unsupported, "lossless"},
		{"jpeg hierarchical", edited(jpegFile, sof+1, 0xc5), job.Unsupported, "hierarchical"},
		{"jpeg arithmetic", edited(jpegFile, sof+1, 0xc9), job.Unsupported, "arithmetic"},
		{"jpeg 12 bits", edited(jpegFile, sof+4, 12), job.Unsupported, "12-bit"},
		{"jpeg DNL", edited(jpegFile, sof+5, 0, 0), job.Unsupported, "DNL"},
		{"jpeg width 0", edited(jpegFile, sof+7, 0, 0), job.Malformed, "width of 0"},
		{"jpeg sampling", edited(jpegFile, sof+11, 0x51), job.Malformed, "sampling"},
		{"jpeg scan missing", progressiveJPEG(20, 14, 1, 2), job.Malformed, "no scan for component 3"},
		{"jpeg many scans", progressiveJPEG(20, 14, append(bytes.Repeat([]byte{1}, 500), 2, 3)...), job.Malformed, "scans"},
		{"jpeg without picture", []byte("\xff\xd8\xff\xd9"), job.Malformed, "no picture"},
		{"png chunk beyond the file", edited(files["png"], afterHeader, 0x3f, 0xff, 0xff, 0xff), job.Malformed, "claims 1073741823 bytes"},
		{"png checksum", edited(files["png"], afterHeader-1, 0), job.Malformed, "checksum"},
		{"png depth", edited(files["png"], 24, 3), job.Malformed, "3 bits"},
		{"png size", edited(files["png"], 16, 0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff), job.TooLarge, "2147483647×2147483647"},
		{"gif without frames", append(slices.Clone(files["gif"][:13+3*256]), gifTrailer), job.Malformed, "no picture"},
		{"gif frame off screen", edited(files["gif animated"], 6, 10), job.Malformed, "beyond the screen"},
		{"webp frame off canvas", edited(files["webp animated"], bytes.Index(files["webp animated"], []byte("ANMF"))+8, 7), job.Malformed, "beyond the canvas"},
		{"webp two sizes", webpFile(webpCanvas(21, 14, 0), files["webp lossy"][12:]), job.Malformed, "on a canvas of 21×14"},
		{"webp chunk beyond the file", edited(files["webp lossy"], 16, 0xff), job.Malformed, "beyond its parent"},
		{"tiff CMYK", withTag(tiffFile, tagPhotometric, 5), job.Unsupported, "CMYK colours in 4 samples"},
		{"tiff JPEG", withTag(tiffFile, tagCompression, 7), job.Unsupported, "JPEG compression"},
		{"tiff planes", withTag(tiffFile, tagResolutionUnit, 2, tagPlanar), job.Unsupported, "separate planes"},
		{"tiff floats", withTag(tiffFile, tagResolutionUnit, 3, tagSampleFormat), job.Unsupported, "sample format 3"},
		{"tiff 4 bits", withTag(files["tiff gray"], tagBitsPerSample, 4), job.Unsupported, "4 bits"},
		{"tiff extra samples", withTag(tiffFile, tagExtraSamples, 0), job.Unsupported, "4 samples of RGB"},
		{"tiff gray of 4 samples", withTag(tiffFile, tagPhotometric, 1), job.Unsupported, "4 samples of gray"},
		{"tiff photometric", withTag(tiffFile, tagPhotometric, 77), job.Malformed, "unknown photometric"},
		{"tiff tiny tiles", withTag(tiffFile, tagResolutionUnit, 4, tagTileWidth), job.Malformed, "tiles of 4×0"},
		{"tiff DNG", withTag(tiffFile, tagExtraSamples, 1, tagDNGVersion), job.Unsupported, "DNG"},
		{"tiff samples", withTag(tiffFile, tagSamplesPerPixel, 3), job.Malformed, "3 samples per pixel"},
		{"tiff strip beyond the file", withTag(tiffFile, tagStripOffsets, 1<<31), job.Malformed, "truncated"},
		{"tiff strips", withTag(tiffFile, tagRowsPerStrip, 1), job.Malformed, "14 strips or tiles, but 1 offsets"},
		{"tiff height 0", withTag(tiffFile, tagHeight, 0), job.Malformed, "20×0"},
		{"tiff two widths", withTag(tiffFile, tagResolutionUnit, 20, tagWidth), job.Malformed, "tag 256 occurs twice"},
		{"tiff bits again and again", crowdedTIFF(), job.Malformed, "tag 258 occurs twice"},
		{"tiff page loop", loopedTIFF(tiffFile), job.Malformed, "earlier page"},
		{"bmp RLE", edited(bmpFile, 30, 1), job.Unsupported, "RLE"},
		{"bmp 16 bits", edited(bmpFile, 28, 16), job.Unsupported, "16 bits"},
		{"bmp 7 bits", edited(bmpFile, 28, 7), job.Malformed, "7 bits"},
		{"bmp OS/2", edited(bmpFile, 14, 12), job.Unsupported, "OS/2"},
		{"bmp size", pixels(1<<30, 1<<30), job.TooLarge, "1073741824×1073741824"},
		{"bmp negative width", pixels(1<<31, 1), job.Malformed, "-2147483648×1"},
		{"bmp lowest height", pixels(1, 1<<31), job.TooLarge, "1×2147483648"},
		{"text", []byte("no image, whatever its name"), job.NotImage, "not an image"},
		{"empty", nil, job.Malformed, "empty"},
	} {
		_, _, err := read(t, test.data, Limits{})
		if job.ClassOf(err) != test.class || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: class %q: %v; want %q: …%s…", test.name, job.ClassOf(err), err, test.class, test.text)
		}
	}
}

// loopedTIFF is a TIFF whose second page is its first.
func loopedTIFF(data []byte) []byte {
	data = slices.Clone(data)
	s := newSource(bytes.NewReader(data), int64(len(data)))
	d, err := firstDirectory(s)
	if err != nil {
		panic(err)
	}
	at, _, _ := d.next()
	d.order.PutUint32(data[at:], uint32(d.off-2))
	return data
}

// crowdedTIFF is one directory of as many entries as it can have, which are all of one tag,
// each with values that lie elsewhere.
func crowdedTIFF() []byte {
	const entries = 1<<16 - 1
	le := binary.LittleEndian
	file := le.AppendUint32([]byte("II*\x00"), tiffHeaderSize)
	file = le.AppendUint16(file, entries)
	for range entries {
		file = le.AppendUint16(file, tagBitsPerSample)
		file = le.AppendUint16(file, tiffShort)
		file = le.AppendUint32(file, 16)
		file = le.AppendUint32(file, 14+12*entries)
	}
	file = le.AppendUint32(file, 0) // the last page
	return append(file, bytes.Repeat([]byte{8, 0}, 4096)...)
}

func TestLimits(t *testing.T) {
	files := samples()
	size := int64(len(files["png"]))
	for _, test := range []struct {
		name  string
		data  []byte
		lim   Limits
		class job.Class
	}{
		{"all at the limit", files["png"], Limits{size, 20 * 14, 1}, ""},
		{"file size", files["png"], Limits{MaxFileSize: size - 1}, job.TooLarge},
		{"pixels", files["png"], Limits{MaxPixels: 20*14 - 1}, job.TooLarge},
		{"gif frames at the limit", files["gif animated"], Limits{MaxFrames: 3}, ""},
		{"gif frames", files["gif animated"], Limits{MaxFrames: 2}, job.TooLarge},
		{"webp frames", files["webp animated"], Limits{MaxFrames: 2}, job.TooLarge},
		{"png frames", insert(slices.Clone(files["png"]), afterHeader, appendChunk(nil, "acTL", []byte{0xff, 0, 0, 0, 0, 0, 0, 0})), Limits{}, job.TooLarge},
	} {
		_, err := ReadHeader(bytes.NewReader(test.data), int64(len(test.data)), test.lim)
		if job.ClassOf(err) != test.class {
			t.Errorf("%s: class %q (%v), want %q", test.name, job.ClassOf(err), err, test.class)
		}
	}
	if got := (Limits{}).applyDefaults(); got != DefaultLimits() || got != (Limits{256 << 20, 268402689, 1000}) {
		t.Errorf("defaults %+v", got)
	}
}

// A paddedFile goes on with zeros after its data, for ever.
type paddedFile []byte

func (f paddedFile) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(f)) {
		copy(p, f[off:])
	}
	return len(p), nil
}

// TestReadHeaderMemory lets files claim to be huge.
func TestReadHeaderMemory(t *testing.T) {
	files := samples()
	files["endless gif comment"] = append(slices.Clone(files["gif"][:13+3*256]), gifExtension, 0xfe, 255)
	files["endless jpeg"] = []byte("\xff\xd8\xff\xe0")
	for _, name := range sorted(files) {
		got := allocated(func() { ReadHeader(paddedFile(files[name]), 64<<20, Limits{}) })
		if got > 64<<10 {
			t.Errorf("%s: reading the header allocated %d bytes", name, got)
		}
	}
}

// TestReadErrorIsNotTheFilesFault wants a failing disk to stay what it is.
func TestReadErrorIsNotTheFilesFault(t *testing.T) {
	broken := errors.New("input/output error")
	_, err := ReadHeader(failingFile{broken}, 100, Limits{})
	if !errors.Is(err, broken) || job.ClassOf(err) != job.Transient {
		t.Errorf("class %q: %v", job.ClassOf(err), err)
	}
}

type failingFile struct{ err error }

func (f failingFile) ReadAt([]byte, int64) (int, error) { return 0, f.err }

// TestBMPVariants reads what the decoder below would not take.
func TestBMPVariants(t *testing.T) {
	le := binary.LittleEndian
	plain := samples()["bmp"]
	offset := int(le.Uint32(plain[10:]))
	gap := append(append(slices.Clone(plain[:offset]), "gap!"...), plain[offset:]...)
	le.PutUint32(gap[10:], uint32(offset+4))

	m := translucent(20, 14)
	var b bytes.Buffer
	if err := bmp.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	deep := b.Bytes()
	offset = int(le.Uint32(deep[10:]))
	masks := []byte{0, 0, 0xff, 0, 0, 0xff, 0, 0, 0xff, 0, 0, 0}
	fields := append(append(slices.Clone(deep[:14+40]), masks...), deep[offset:]...)
	le.PutUint32(fields[10:], 14+40+12)
	le.PutUint32(fields[14:], 40)
	le.PutUint32(fields[30:], bmpBitFields)
	version4 := append(slices.Clone(deep[:14+40]), append(masks, 0, 0, 0, 0xff)...)
	version4 = append(append(version4, make([]byte, 108-56)...), deep[offset:]...)
	le.PutUint32(version4[10:], 14+108)
	le.PutUint32(version4[14:], 108)
	le.PutUint32(version4[30:], bmpRGB)
	opaque := toNRGBA(m)
	for i := 3; i < len(opaque.Pix); i += 4 {
		opaque.Pix[i] = 255
	}
	for name, test := range map[string]struct {
		data []byte
		want image.Image
	}{
		"gap before the pixels": {gap, gradient(20, 14)},
		"bit fields":            {fields, opaque},
		"alpha":                 {version4, m},
	} {
		if _, img, err := read(t, test.data, Limits{}); err != nil || !same(img, test.want) {
			t.Errorf("%s: other pixels (error %v)", name, err)
		}
	}
}

func TestJPEGOfFourComponents(t *testing.T) {
	adobe := jpegSegment(markerAPP14, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...)
	for name, test := range map[string]struct {
		data []byte
		ink  byte // cyan and yellow are in the middle, magenta and black are stored as 192
	}{
		"plain":    {cmykJPEG(), 192},
		"inverted": {cmykJPEG(adobe...), 255 - 192},
	} {
		_, img, err := read(t, test.data, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m, ok := img.(*image.CMYK)
		if !ok || m.Pix[1] != test.ink || m.Pix[3] != test.ink {
			t.Errorf("%s: %T with inks %v, want magenta and black %d", name, img, m.Pix[:4], test.ink)
		}
	}
}

func TestTIFFPages(t *testing.T) {
	data := written(func(b *bytes.Buffer) error { return tiff.Encode(b, grayscale(20, 14), nil) })
	s := newSource(bytes.NewReader(data), int64(len(data)))
	d, err := firstDirectory(s)
	if err != nil {
		t.Fatal(err)
	}
	at, _, err := d.next()
	if err != nil {
		t.Fatal(err)
	}
	d.order.PutUint32(data[at:], uint32(len(data)))
	data = append(data, 0, 0, 0, 0, 0, 0) // an empty directory, the last
	h, _, err := read(t, data, Limits{})
	if err != nil || h.Frames != 2 {
		t.Errorf("%d frames (%v), want 2", h.Frames, err)
	}
	if _, _, err := read(t, data, Limits{MaxFrames: 1}); job.ClassOf(err) != job.TooLarge {
		t.Errorf("two pages under a limit of one: %v", err)
	}
}
