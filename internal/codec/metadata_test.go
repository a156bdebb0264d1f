package codec

import (
	"bytes"
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
		return insert(slices.Clone(plain), afterSOI, bytes.Join(parts, nil))
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
	if got := (Metadata{EXIF: []byte("no block at all")}).Upright().EXIF; got != nil {
		t.Errorf("a block that cannot be read became %q", got)
	}
}

func FuzzEXIF(f *testing.F) {
	f.Add(exifBlock(6, "thumbnail"))
	f.Add(exifBlock(9, ""))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x08\x00\x00"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if o := exifOrientation(block); o < 0 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		upright := uprightEXIF(block)
		if o := exifOrientation(upright); o > 1 {
			t.Errorf("orientation %d after turning upright", o)
		}
		if len(upright) > len(block) {
			t.Errorf("%d bytes became %d", len(block), len(upright))
		}
	})
}

func FuzzICC(f *testing.F) {
	small := profile("RGB ", 200)
	f.Add(must(Encode(gradient(4, 4), JPEG, EncodeOptions{Meta: Metadata{ICC: small}})), false)
	f.Add(must(Encode(gradient(4, 4), PNG, EncodeOptions{Meta: Metadata{ICC: small}})), true)
	f.Fuzz(func(t *testing.T, data []byte, png bool) {
		format := JPEG
		if png {
			format = PNG
		}
		if icc := ReadMetadata(data, format).ICC; icc != nil && (len(icc) > maxICC || ProfileSpace(icc) == "") {
			t.Errorf("%d bytes of no profile", len(icc))
		}
	})
}
