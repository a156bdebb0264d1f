package codec

import "bytes"

// Metadata is what a file says about its picture besides the pixels.
type Metadata struct {
	ICC  []byte // colour profile
	EXIF []byte // the TIFF block, without the prefix that some containers put before it
}

// ReadMetadata returns the metadata of the file data. It is a best effort: what
// is damaged, or larger than 4 MiB of profile or 64 KiB of EXIF, is left out.
func ReadMetadata(data []byte, f Format) Metadata {
	c, ok := containers[f]
	if !ok {
		return Metadata{}
	}
	return c.metadata(newSource(bytes.NewReader(data), int64(len(data))))
}

// Upright returns m for a picture that has been turned upright: a copy of the
// EXIF block says so and has lost the thumbnail, which shows the picture as it
// was before. Everything else in the block stays as it is.
func (m Metadata) Upright() Metadata {
	m.EXIF = uprightEXIF(m.EXIF)
	return m
}

func noMetadata(*source) Metadata { return Metadata{} }
