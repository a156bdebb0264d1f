package codec

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
	"strings"
	"testing"
)

func TestMetadataSurvives(t *testing.T) {
	meta := Metadata{ICC: profile("RGB ", 200_000), EXIF: exifBlock(3, "thumbnail")}
	for _, f := range []Format{JPEG, PNG} {
		data := must(Encode(gradient(20, 14), f, EncodeOptions{Meta: meta}))
		if _, _, err := read(t, data, Limits{}); err != nil {
			t.Errorf("%s with metadata: %v", f, err)
		}
		got := ReadMetadata(data, f)
		if !bytes.Equal(got.ICC, meta.ICC) || !bytes.Equal(got.EXIF, meta.EXIF) {
			t.Errorf("%s: %d bytes of profile and %d of EXIF came back from %d and %d",
				f, len(got.ICC), len(got.EXIF), len(meta.ICC), len(meta.EXIF))
		}
	}
}

func TestMetadataOfWebP(t *testing.T) {
	icc, exif := profile("RGB ", 131), exifBlock(1, "")
	data := webpFile(webpCanvas(20, 14, 0), webpPart("ICCP", icc), webpPart("VP8 ", lossyBits(20, 14)),
		webpPart("EXIF", append([]byte(exifPrefix), exif...)))
	got := ReadMetadata(data, WebP)
	if !bytes.Equal(got.ICC, icc) || !bytes.Equal(got.EXIF, exif) {
		t.Errorf("profile %d bytes, EXIF %q", len(got.ICC), got.EXIF)
	}
}

func TestMetadataOfTIFF(t *testing.T) {
	icc := profile("RGB ", 300)
	data := samples()["tiff"]
	at := uint32(len(data))
	data = withTag(data, tagExtraSamples, 0, tagICC)
	s := newSource(bytes.NewReader(data), int64(at))
	d, err := firstDirectory(s)
	if err != nil {
		t.Fatal(err)
	}
	last := d.off + 12*int64(d.entries-1) // the highest tag
	d.order.PutUint16(data[last+2:], 7)
	d.order.PutUint32(data[last+4:], uint32(len(icc)))
	d.order.PutUint32(data[last+8:], at)
	if got := ReadMetadata(append(data, icc...), TIFF); !bytes.Equal(got.ICC, icc) {
		t.Errorf("%d bytes of profile, want %d", len(got.ICC), len(icc))
	}
	if got := ReadMetadata(data, TIFF); got.ICC != nil {
		t.Errorf("%d bytes of a profile that lies beyond the file", len(got.ICC))
	}
}

// TestDamagedMetadata wants what is damaged to be left out and the rest kept.
func TestDamagedMetadata(t *testing.T) {
	part := func(number, total byte, body string) []byte {
		return jpegSegment(markerAPP2, append([]byte(iccPrefix+string([]byte{number, total})), body...)...)
	}
	whole := string(profile("RGB ", 300))
	plain := must(Encode(gradient(8, 8), JPEG, EncodeOptions{}))
	jpegWith := func(parts ...[]byte) []byte {
		return insert(slices.Clone(plain), 2, bytes.Join(parts, nil))
	}
	bomb := append([]byte("bomb\x00\x00"), deflate(make([]byte, 2*maxICC))...)
	pngWith := func(kind string, body []byte) []byte {
		return insert(must(Encode(gradient(8, 8), PNG, EncodeOptions{})), afterHeader, appendChunk(nil, kind, body))
	}
	for _, test := range []struct {
		name string
		data []byte
		f    Format
		icc  string
	}{
		{"in order", jpegWith(part(1, 2, whole[:200]), part(2, 2, whole[200:])), JPEG, whole},
		{"out of order", jpegWith(part(2, 2, whole[200:]), part(1, 2, whole[:200])), JPEG, whole},
		{"part missing", jpegWith(part(1, 3, whole[:200]), part(3, 3, whole[200:])), JPEG, ""},
		{"part twice", jpegWith(part(1, 2, whole), part(1, 2, whole), part(2, 2, whole)), JPEG, ""},
		{"part 0", jpegWith(part(0, 1, whole)), JPEG, ""},
		{"totals differ", jpegWith(part(1, 1, whole), part(2, 2, whole)), JPEG, ""},
		{"no profile", jpegWith(part(1, 1, strings.Repeat("x", 300))), JPEG, ""},
		{"png bomb", pngWith("iCCP", bomb), PNG, ""},
		{"png not deflated", pngWith("iCCP", []byte("name\x00\x00"+whole)), PNG, ""},
		{"png without a name", pngWith("iCCP", bytes.Repeat([]byte("x"), 100)), PNG, ""},
		{"not the format", jpegWith(), PNG, ""},
		{"unknown format", jpegWith(), "heic", ""},
	} {
		if got := ReadMetadata(test.data, test.f); string(got.ICC) != test.icc || got.EXIF != nil {
			t.Errorf("%s: %d bytes of profile, want %d; EXIF %q", test.name, len(got.ICC), len(test.icc), got.EXIF)
		}
	}
}

// TestManyProfiles must not cost more than one.
func TestManyProfiles(t *testing.T) {
	bomb := appendChunk(nil, "iCCP", append([]byte("bomb\x00\x00"), deflate(make([]byte, 2*maxICC))...))
	data := insert(must(Encode(gradient(8, 8), PNG, EncodeOptions{})), afterHeader, bytes.Repeat(bomb, 50))
	if got := allocated(func() { ReadMetadata(data, PNG) }); got > 8*maxICC {
		t.Errorf("%d bytes allocated for profiles", got)
	}
}

func TestProfileSpace(t *testing.T) {
	for _, test := range []struct {
		icc  []byte
		want string
	}{
		{profile("RGB ", 128), "RGB "},
		{profile("GRAY", 500), "GRAY"},
		{profile("CMYK", 500), "CMYK"},
		{profile("RGB ", 128)[:127], ""},
		{make([]byte, 500), ""},
		{nil, ""},
	} {
		if got := ProfileSpace(test.icc); got != test.want {
			t.Errorf("%d bytes: %q, want %q", len(test.icc), got, test.want)
		}
	}
}

func TestUpright(t *testing.T) {
	for orientation := uint16(1); orientation <= 8; orientation++ {
		before := Metadata{EXIF: exifBlock(orientation, "thumbnail")}
		kept := slices.Clone(before.EXIF)
		after := before.Upright()
		if got := exifOrientation(after.EXIF); got != 1 {
			t.Errorf("orientation %d became %d", orientation, got)
		}
		if bytes.Contains(after.EXIF, []byte("thumbnail")) {
			t.Errorf("orientation %d: the thumbnail is still there", orientation)
		}
		if !bytes.Equal(before.EXIF, kept) {
			t.Error("Upright changed its receiver's block")
		}
	}
}

func TestUprightKeepsTheRest(t *testing.T) {
	block := exifBlock(6, "thumbnail")
	block = append(block, "maker note"...)
	got := Metadata{EXIF: block}.Upright().EXIF
	if len(got) != len(block) || !bytes.HasSuffix(got, []byte("maker note")) {
		t.Errorf("%q lost what follows the thumbnail: %q", block, got)
	}
	for _, block := range []string{"no block at all", "MM\x00*\x00\x00\x00\x04\x00\x00", "II*\x00\x08\x00\x00\x00\x09\x00"} {
		if got := (Metadata{EXIF: []byte(block)}).Upright().EXIF; got != nil {
			t.Errorf("%q cannot be read and became %q", block, got)
		}
	}
}

// plainOrientation is exifOrientation in the plainest way, on a block at hand.
func plainOrientation(block []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(block, []byte("MM\x00*")) {
		order = binary.BigEndian
	} else if !bytes.HasPrefix(block, []byte("II*\x00")) {
		return 0
	}
	if len(block) < 8 || order.Uint32(block[4:]) < 8 || int64(order.Uint32(block[4:]))+2 > int64(len(block)) {
		return 0
	}
	dir := block[order.Uint32(block[4:]):]
	entries := dir[2:]
	if n := 12 * int(order.Uint16(dir)); n <= len(entries) {
		entries = entries[:n]
	} else {
		return 0
	}
	for e := range slices.Chunk(entries, 12) {
		if order.Uint16(e) != tagOrientation || order.Uint32(e[4:]) != 1 {
			continue
		}
		value := map[uint16]uint32{1: uint32(e[8]), 3: uint32(order.Uint16(e[8:])), 4: order.Uint32(e[8:])}[order.Uint16(e[2:])]
		if 1 <= value && value <= 8 {
			return int(value)
		}
	}
	return 0
}

// FuzzEXIF compares the orientation with what a plain reader finds, and wants
// turning upright to change that and the thumbnail only, once and for all.
func FuzzEXIF(f *testing.F) {
	f.Add(exifBlock(6, "thumbnail"))
	f.Add(exifBlock(9, ""))
	f.Add(append(exifBlock(3, "thumbnail"), "maker note"...))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08\x00\x00"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x02\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09\x00\x00\x01\x12\x00\x04\x00\x00\x00\x01\x00\x00\x00\x05"))
	f.Fuzz(func(t *testing.T, block []byte) {
		kept := slices.Clone(block)
		before := exifOrientation(block)
		if want := plainOrientation(block); before != want {
			t.Errorf("orientation %d, want %d", before, want)
		}
		upright := uprightEXIF(block)
		if !bytes.Equal(block, kept) {
			t.Error("turning upright changed the block itself")
		}
		if upright == nil {
			if before != 0 {
				t.Errorf("a block with orientation %d could not be turned upright", before)
			}
			return
		}
		if got := exifOrientation(upright); got != min(before, 1) {
			t.Errorf("orientation %d became %d", before, got)
		}
		wantOnlyCleared(t, block, upright)
		if again := uprightEXIF(upright); !bytes.Equal(again, upright) {
			t.Error("turning upright twice is not turning upright once")
		}
	})
}

// wantOnlyCleared wants upright to be block without its end, or with bytes that
// are 0 or, in an orientation, 1.
func wantOnlyCleared(t *testing.T, block, upright []byte) {
	t.Helper()
	if len(upright) > len(block) {
		t.Fatalf("%d bytes became %d", len(block), len(upright))
	}
	for i, b := range upright {
		if b != block[i] && b > 1 {
			t.Errorf("byte %d was %#x and became %#x", i, block[i], b)
		}
	}
}

// FuzzMetadata wants what is read out of any file to be bounded, sound, and
// unchanged by a way through JPEG or PNG.
func FuzzMetadata(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	small := Metadata{ICC: profile("RGB ", 200), EXIF: exifBlock(6, "thumbnail")}
	for _, format := range []Format{JPEG, PNG} {
		f.Add(must(Encode(gradient(4, 4), format, EncodeOptions{Meta: small})))
	}
	f.Add(webpFile(webpCanvas(20, 14, 0), webpPart("ICCP", small.ICC), webpPart("VP8 ", lossyBits(20, 14)), webpPart("EXIF", small.EXIF)))
	f.Fuzz(func(t *testing.T, data []byte) {
		format, err := Sniff(data)
		if err != nil {
			return
		}
		var m Metadata
		got := allocated(func() { m = ReadMetadata(data, format) })
		if got > mostAllocated(data)+8*maxICC {
			t.Errorf("the metadata of a file of %d bytes took %d bytes of memory", len(data), got)
		}
		if len(m.EXIF) > maxEXIF || len(m.ICC) > maxICC || m.ICC != nil && ProfileSpace(m.ICC) == "" {
			t.Errorf("%d bytes of EXIF and %d of a profile for %q", len(m.EXIF), len(m.ICC), ProfileSpace(m.ICC))
		}
		wantCarried(t, m)
	})
}

// wantCarried writes m into a picture that it fits and reads it back.
func wantCarried(t *testing.T, m Metadata) {
	t.Helper()
	var img image.Image = gradient(4, 4)
	if ProfileSpace(m.ICC) == "GRAY" {
		img = grayscale(4, 4)
	}
	want := m.fitting(img)
	if len(m.EXIF) > maxSegment-len(exifPrefix) || bytes.HasPrefix(m.EXIF, []byte(exifPrefix)) {
		want.EXIF = nil // does not fit, or would lose a prefix too many
	}
	for _, format := range []Format{JPEG, PNG} {
		data := must(Encode(img, format, EncodeOptions{Meta: want}))
		if got := ReadMetadata(data, format); !bytes.Equal(got.ICC, want.ICC) || !bytes.Equal(got.EXIF, want.EXIF) {
			t.Errorf("%s: %d bytes of profile and %d of EXIF came back from %d and %d",
				format, len(got.ICC), len(got.EXIF), len(want.ICC), len(want.EXIF))
		}
	}
}
