package codec

import (
	"bytes"
	"io"
	"testing"

	"imgwatchd/internal/job"
)

// A meteredFile counts the bytes that are read of it.
type meteredFile struct {
	io.ReaderAt
	read int64
}

func (f *meteredFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.ReaderAt.ReadAt(p, off)
	f.read += int64(n)
	return n, err
}

// mostRead bounds what is read of a file of n bytes to know its header. Walks go
// forward through one window, so that most bytes are read once or twice. In TIFF
// the values of every tag and every page may lie elsewhere, for the price of a window
// each and one to come back.
func mostRead(data []byte) int64 {
	n := int64(len(data))
	most := 64<<10 + 4*n
	if f, err := Sniff(data); err == nil && f == TIFF {
		most += 2 * int64(20+DefaultLimits().MaxFrames) * min(n, 4096)
	}
	return most
}

// mostAllocated bounds what is allocated meanwhile, as a function of the bytes
// that are there and not of what they claim: an EXIF block of a dozen bytes gets a
// window of its own.
func mostAllocated(data []byte) int64 { return 64<<10 + 400*int64(len(data)) }

// wantFilesFault wants err to be a reason that concerns the file.
func wantFilesFault(t *testing.T, err error) {
	t.Helper()
	if class := job.ClassOf(err); class.State() != job.Failed && class != job.NotImage {
		t.Errorf("class %q: %v", class, err)
	}
}

// FuzzHeader tries to get a header past the guard that lies beyond the limits or
// costs more to read than the file is large.
func FuzzHeader(f *testing.F) {
	for _, data := range samples() {
		f.Add(data)
	}
	f.Add(crowdedTIFF())
	f.Fuzz(func(t *testing.T, data []byte) {
		file := &meteredFile{ReaderAt: bytes.NewReader(data)}
		var h Header
		var err error
		got := allocated(func() { h, err = ReadHeader(file, int64(len(data)), Limits{}) })
		if got > mostAllocated(data) {
			t.Errorf("the header of a file of %d bytes took %d bytes of memory", len(data), got)
		}
		if file.read > mostRead(data) {
			t.Errorf("the header of a file of %d bytes took %d bytes of reading", len(data), file.read)
		}
		if err != nil {
			wantFilesFault(t, err)
			return
		}
		wantSensible(t, h)
		wantLimited(t, data, h)
		if int64(h.Width)*int64(h.Height) <= 1<<14 {
			Decode(t.Context(), data, h) // may refuse it, not panic
		}
	})
}

func wantSensible(t *testing.T, h Header) {
	t.Helper()
	lim := DefaultLimits()
	pixels := int64(h.Width) * int64(h.Height)
	if h.Width < 1 || h.Height < 1 || pixels > lim.MaxPixels || h.Frames < 1 || h.Frames > lim.MaxFrames {
		t.Errorf("beyond the limits: %+v", h)
	}
	if h.Orientation < 1 || h.Orientation > 8 || h.Memory(DecodeOptions{}) < pixels || containers[h.Format].header == nil {
		t.Errorf("senseless: %+v", h)
	}
}

// wantLimited wants the file to pass limits that are just as wide as it needs,
// with the same header, and to be too large for any that are narrower by one.
func wantLimited(t *testing.T, data []byte, h Header) {
	t.Helper()
	fits := Limits{int64(len(data)), int64(h.Width) * int64(h.Height), h.Frames}
	try := func(lim Limits) (Header, error) {
		return ReadHeader(bytes.NewReader(data), int64(len(data)), lim)
	}
	if again, err := try(fits); err != nil || again != h {
		t.Errorf("under limits that fit, %+v becomes %+v, %v", h, again, err)
	}
	for _, lim := range []Limits{
		{fits.MaxFileSize - 1, fits.MaxPixels, fits.MaxFrames},
		{fits.MaxFileSize, fits.MaxPixels - 1, fits.MaxFrames},
		{fits.MaxFileSize, fits.MaxPixels, fits.MaxFrames - 1},
	} {
		if lim.MaxPixels == 0 || lim.MaxFrames == 0 {
			continue // stands for the default
		}
		if _, err := try(lim); job.ClassOf(err) != job.TooLarge {
			t.Errorf("%+v passed %+v: class %q", h, lim, job.ClassOf(err))
		}
	}
}
