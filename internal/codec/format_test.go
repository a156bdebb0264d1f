package codec

import (
	"strings"
	"testing"

	"imgwatchd/internal/job"
)

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]Format{
		"jpeg": JPEG, "JPG": JPEG, "jfif": JPEG, "png": PNG, "Gif": GIF, "webp": WebP, "tif": TIFF, "TIFF": TIFF, "dib": BMP,
	} {
		if got, err := ParseFormat(name); got != want || err != nil {
			t.Errorf("%q is %q (%v), want %q", name, got, err, want)
		}
	}
	for _, name := range []string{"", "heic", ".jpg", "jpeg2"} {
		_, err := ParseFormat(name)
		if err == nil || !strings.Contains(err.Error(), "jpeg, png, gif, webp, tiff, bmp") {
			t.Errorf("%q: error %v, want one that lists the formats", name, err)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, test := range []struct {
		format        Format
		ext           string
		encode, alpha bool
	}{
		{JPEG, "jpg", true, false},
		{PNG, "png", true, true},
		{GIF, "gif", true, true},
		{WebP, "webp", false, false},
		{TIFF, "tiff", true, true},
		{BMP, "bmp", true, false},
		{"heic", "", false, false},
	} {
		f := test.format
		if f.Ext() != test.ext || f.CanEncode() != test.encode || f.HasAlpha() != test.alpha {
			t.Errorf("%q: extension %q, encode %v, alpha %v, want %+v", f, f.Ext(), f.CanEncode(), f.HasAlpha(), test)
		}
		if f.Ext() != "" && !f.Owns(strings.ToUpper(f.Ext())) {
			t.Errorf("%q does not own its extension", f)
		}
	}
}

func TestIsImageName(t *testing.T) {
	for name, want := range map[string]bool{
		"a.JPG": true, "a.b.png": true, "IMG_1.heic": true, "x.nef": true, "logo.svg": true,
		"": false, "jpg": false, "notes.txt": false, "a.jpg.part": false, "dir.png/readme": false, "a.": false,
	} {
		if got := IsImageName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, test := range []struct {
		prefix string
		want   Format
		class  job.Class
		name   string // in the error
	}{
		{"\xff\xd8\xff\xe0", JPEG, "", ""},
		{"\x89PNG\r\n\x1a\n\x00", PNG, "", ""},
		{"GIF87a", GIF, "", ""},
		{"GIF89a...", GIF, "", ""},
		{"RIFF\x10\x00\x00\x00WEBPVP8 ", WebP, "", ""},
		{"II*\x00\x08\x00\x00\x00", TIFF, "", ""},
		{"MM\x00*\x00\x00\x00\x08", TIFF, "", ""},
		{"BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00", BMP, "", ""},
		{"", "", job.Malformed, "empty file"},
		{"\x00\x00\x00\x18ftypheic\x00", "", job.Unsupported, "HEIC"},
		{"\x00\x00\x00\x1cftypavif\x00", "", job.Unsupported, "AVIF"},
		{"\xff\x0a\xfa", "", job.Unsupported, "JPEG XL"},
		{"\x00\x00\x00\x0cjP  \r\n", "", job.Unsupported, "JPEG 2000"},
		{"\xff\xd8\xff\xf7\x00", "", job.Unsupported, "JPEG-LS"},
		{"II*\x00\x10\x00\x00\x00CR\x02", "", job.Unsupported, "camera raw"},
		{"II+\x00\x08\x00", "", job.Unsupported, "BigTIFF"},
		{"8BPS\x00\x01", "", job.Unsupported, "PSD"},
		{"%PDF-1.7", "", job.Unsupported, "PDF"},
		{"qoif\x00", "", job.Unsupported, "QOI"},
		{"P6\n16 16\n", "", job.Unsupported, "PNM"},
		{"\x00\x00\x01\x00\x01\x00", "", job.Unsupported, "ICO"},
		{"\ufeff \n<svg width='1'/>", "", job.Unsupported, "SVG"},
		{"<?xml version='1.0'?>\n<svg/>", "", job.Unsupported, "SVG"},
		{"<?xml version='1.0'?>\n<html/>", "", job.NotImage, "not an image"},
		{"BMW is a brand of cars.", "", job.NotImage, "not an image"},
		{"PK\x03\x04", "", job.NotImage, "not an image"},
		{"\x00\x00\x00\x18ftypmp42", "", job.NotImage, "not an image"},
		{"RIFF\x10\x00\x00\x00WAVE", "", job.NotImage, "not an image"},
		{"\x89PN", "", job.NotImage, "not an image"},
	} {
		got, err := Sniff([]byte(test.prefix))
		if got != test.want || job.ClassOf(err) != test.class {
			t.Errorf("%q: format %q, class %q; want %q, %q", test.prefix, got, job.ClassOf(err), test.want, test.class)
		}
		if err != nil && (job.StepOf(err) != "header" || !strings.Contains(err.Error(), test.name)) {
			t.Errorf("%q: error %q does not name %q", test.prefix, err, test.name)
		}
	}
}
