package codec

import (
	"imgwatchd/internal/jpeg"
)

// A jpegFrame is what the segments before the first scan say.
type jpegFrame struct {
	config      jpeg.Config
	orientation int
}

func readJPEGFrame(s *source) (jpegFrame, error) {
	var f jpegFrame
	for g, err := range jpegSegments(s) {
		if err == nil {
			err = f.read(s, g)
		}
		if err != nil || g.marker == markerSOS {
			return f, err
		}
	}
	return f, nil // not reached: the last segment is an error before a scan
}

func (f *jpegFrame) read(s *source, g segment) error {
	if g.marker == markerAPP1 && f.orientation == 0 {
		exif, err := exifSegment(s, g)
		f.orientation = exifOrientation(exif)
		return err
	}
	var body []byte
	if g.isSOF() || g.marker == markerAPP0 || g.marker == markerAPP14 {
		var err error
		if body, err = s.load(g.off, g.n); err != nil {
			return err
		}
	}
	return f.config.Read(g.marker, int(g.off), body)
}

func jpegHeader(s *source, lim Limits) (Header, error) {
	f, err := readJPEGFrame(s)
	if err != nil {
		return Header{}, err
	}
	w, h := f.config.Size()
	if err := lim.checkSize(int64(w), int64(h)); err != nil {
		return Header{}, err
	}
	return Header{Width: w, Height: h, Orientation: f.orientation, Frames: 1, jpeg: f.config}, nil
}

// jpegForm returns the form of pictures of a colour space.
func jpegForm(space jpeg.ColorSpace, o DecodeOptions) Form {
	switch {
	case space == jpeg.Gray, space == jpeg.YCbCr && o.Gray:
		return FormGray
	case space == jpeg.YCbCr:
		return FormYCbCr
	case space == jpeg.RGB:
		return FormRGBA
	}
	return FormOther
}

func jpegMetadata(s *source) Metadata {
	var m Metadata
	var icc iccParts
	for g, err := range jpegSegments(s) {
		if err != nil || g.marker == markerSOS {
			break
		}
		switch {
		case g.marker == markerAPP1 && m.EXIF == nil:
			m.EXIF, _ = exifSegment(s, g)
		case g.marker == markerAPP2:
			icc.add(s, g)
		}
	}
	m.ICC = icc.profile()
	return m
}
