package codec

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// A Format names an image container that is read here.
type Format string

const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	GIF  Format = "gif"
	WebP Format = "webp"
	TIFF Format = "tiff"
	BMP  Format = "bmp"
)

// formats lists every Format in the order in which they are shown to people.
var formats = []Format{JPEG, PNG, GIF, WebP, TIFF, BMP}

// extensions holds the names a format's files go by, the canonical one first.
var extensions = map[Format][]string{
	JPEG: {"jpg", "jpeg", "jpe", "jfif", "jif", "jfi", "pjpeg"},
	PNG:  {"png", "apng"},
	GIF:  {"gif"},
	WebP: {"webp"},
	TIFF: {"tiff", "tif"},
	BMP:  {"bmp", "dib"},
}

// otherImages are extensions of kinds that Sniff can name but nothing here
// reads: a file called so is an image that we cannot serve, not a stray file.
var otherImages = strings.Fields(`
	heic heif hif avif jxl jp2 j2k jpf jpx jxr wdp svg svgz ico cur psd psb xcf qoi
	pnm pbm pgm ppm pam tga dds exr hdr sgi mng eps ai wmf emf djvu flif bpg
	dng cr2 cr3 crw nef nrw arw sr2 srf orf rw2 raf pef srw raw rwl 3fr iiq x3f mrw erf kdc dcr`)

// ParseFormat returns the format called name: its own name or one of its
// extensions, in any case.
func ParseFormat(name string) (Format, error) {
	for _, f := range formats {
		if strings.EqualFold(name, string(f)) || f.Owns(name) {
			return f, nil
		}
	}
	return "", fmt.Errorf("unknown format %q: known are %s", name, join(formats))
}

// Ext returns the extension that files of this format are given, without a dot.
func (f Format) Ext() string {
	if names := extensions[f]; len(names) > 0 {
		return names[0]
	}
	return ""
}

// Owns reports whether ext, without its dot and in any case, is an extension of
// this format's files.
func (f Format) Owns(ext string) bool {
	return slices.Contains(extensions[f], strings.ToLower(ext))
}

// CanEncode reports whether Encode writes this format.
func (f Format) CanEncode() bool { return slices.Contains(Encodable(), f) }

// HasAlpha reports whether Encode keeps transparency in this format.
func (f Format) HasAlpha() bool { return f == PNG || f == GIF || f == TIFF }

// Scales lists what, besides 1, the sides of a picture can be divided by in decoding.
func (f Format) Scales() []int {
	if f == JPEG {
		return []int{2, 4, 8}
	}
	return nil
}

// Encodable lists the formats that Encode writes.
func Encodable() []Format { return []Format{JPEG, PNG, GIF, TIFF, BMP} }

// IsImageName reports whether a file's extension claims that it is an image, of
// a kind that is read here or not.
func IsImageName(name string) bool {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if slices.Contains(otherImages, ext) {
		return true
	}
	return slices.ContainsFunc(formats, func(f Format) bool { return f.Owns(ext) })
}

func join(formats []Format) string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}
