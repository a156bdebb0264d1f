package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"imgwatchd/internal/job"
)

var errEmpty = &job.Reason{Class: job.Malformed, Step: "header", Err: errors.New("empty file")}

// A signature is how a kind of file begins. A dot stands for any byte.
type signature struct {
	magic string
	kind  string
}

// readable are the kinds that have a container here; BMP, whose two letters
// begin many a text, is looked at more closely.
var readable = []signature{
	{"\xff\xd8\xff", string(JPEG)},
	{"\x89PNG\r\n\x1a\n", string(PNG)},
	{"GIF87a", string(GIF)},
	{"GIF89a", string(GIF)},
	{"RIFF....WEBP", string(WebP)},
	{"II*\x00", string(TIFF)},
	{"MM\x00*", string(TIFF)},
}

// unread are the kinds that are named in the rejection. They come before the
// readable ones, because some are dialects of TIFF.
var unread = []signature{
	{"II*\x00....CR", "Canon CR2 camera raw"},
	{"IIU\x00", "Panasonic camera raw"},
	{"IIRO", "Olympus camera raw"},
	{"IIRS", "Olympus camera raw"},
	{"MMOR", "Olympus camera raw"},
	{"FUJIFILMCCD-RAW", "Fujifilm camera raw"},
	{"FOVb", "Sigma camera raw"},
	{"\x00MRM", "Minolta camera raw"},
	{"II+\x00", "BigTIFF"},
	{"MM\x00+", "BigTIFF"},
	{"II\xbc", "JPEG XR"},
	{"\xff\x0a", "JPEG XL"},
	{"\x00\x00\x00\x0cJXL \r\n\x87\n", "JPEG XL"},
	{"\x00\x00\x00\x0cjP  ", "JPEG 2000"},
	{"\xff\x4f\xff\x51", "JPEG 2000"},
	{"\xff\xd8\xff\xf7", "JPEG-LS"},
	{"\x00\x00\x01\x00", "ICO"},
	{"8BPS", "PSD"},
	{"%PDF-", "PDF"},
	{"%!PS", "PostScript"},
	{"\xc5\xd0\xd3\xc6", "EPS"},
	{"qoif", "QOI"},
	{"gimp xcf", "XCF"},
	{"DDS ", "DDS"},
	{"\x76\x2f\x31\x01", "OpenEXR"},
	{"#?RADIANCE", "Radiance HDR"},
	{"\x8aMNG\r\n\x1a\n", "MNG"},
	{"\x01\xda\x00", "SGI"},
	{"\x01\xda\x01", "SGI"},
	{"AT&TFORM", "DjVu"},
	{"FLIF", "FLIF"},
	{"BPG\xfb", "BPG"},
	{"SIMPLE  =", "FITS"},
}

// brands are the ISO media brands of image files, which follow "ftyp".
var brands = map[string]string{
	"avif": "AVIF", "avis": "AVIF",
	"heic": "HEIC", "heix": "HEIC", "hevc": "HEIC", "heim": "HEIC", "heis": "HEIC", "hevx": "HEIC",
	"mif1": "HEIF", "msf1": "HEIF",
	"crx ": "Canon CR3 camera raw",
}

// Sniff returns the format of a file that begins with prefix; 512 bytes are
// plenty. An image of a kind that is not read here is unsupported and named;
// what is no image at all has the class not_image.
func Sniff(prefix []byte) (Format, error) {
	if len(prefix) == 0 {
		return "", errEmpty
	}
	if kind := unreadKind(prefix); kind != "" {
		return "", atStep("header", unsupported("%s is not read", kind))
	}
	if kind := match(readable, prefix); kind != "" {
		return Format(kind), nil
	}
	if isBMP(prefix) {
		return BMP, nil
	}
	return "", job.Rejectf(job.NotImage, "header", "not an image")
}

func unreadKind(prefix []byte) string {
	if kind := match(unread, prefix); kind != "" {
		return kind
	}
	switch {
	case len(prefix) >= 12 && string(prefix[4:8]) == "ftyp":
		return brands[string(prefix[8:12])]
	case isPNM(prefix):
		return "PNM"
	case isSVG(prefix):
		return "SVG"
	}
	return ""
}

func match(signatures []signature, prefix []byte) string {
	for _, s := range signatures {
		if s.matches(prefix) {
			return s.kind
		}
	}
	return ""
}

func (s signature) matches(prefix []byte) bool {
	if len(prefix) < len(s.magic) {
		return false
	}
	for i := range len(s.magic) {
		if s.magic[i] != '.' && s.magic[i] != prefix[i] {
			return false
		}
	}
	return true
}

// isBMP wants the size of the second header to be one of those that exist.
func isBMP(prefix []byte) bool {
	if !startsWith(prefix, "BM") || len(prefix) < 18 {
		return false
	}
	switch binary.LittleEndian.Uint32(prefix[14:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

func isPNM(prefix []byte) bool {
	return len(prefix) >= 3 && prefix[0] == 'P' && '1' <= prefix[1] && prefix[1] <= '7' &&
		strings.IndexByte(" \t\r\n#", prefix[2]) >= 0
}

func isSVG(prefix []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(prefix, []byte("\ufeff")), " \t\r\n")
	if startsWith(text, "<svg") {
		return true
	}
	prolog := startsWith(text, "<?xml") || startsWith(text, "<!--") || startsWith(text, "<!DOCTYPE svg")
	return prolog && bytes.Contains(text, []byte("<svg"))
}
