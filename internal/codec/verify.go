package codec

import (
	"errors"
	"fmt"
	"io"

	"imgwatchd/internal/job"
)

// Verify reads back what was published: r must hold exactly size bytes, and by its
// header a picture of the wanted format of width × height pixels. A difference is the
// machine's fault and never the source's, so every error is Transient: the source
// stays where it is and its renditions are made anew.
//
// It reads a header and the end, no pixels: it finds a file that was replaced, cut
// short or never arrived, not a single wrong byte.
func Verify(r io.ReaderAt, size int64, want Format, width, height int) error {
	err := verifyHeader(r, size, want, width, height)
	if err == nil {
		err = verifyEnd(r, size)
	}
	if err != nil {
		return job.Reject(job.Transient, "verify", err)
	}
	return nil
}

func verifyHeader(r io.ReaderAt, size int64, want Format, width, height int) error {
	h, err := ReadHeader(r, size, unlimited)
	if err != nil {
		return err
	}
	if h.Format != want || h.Width != width || h.Height != height {
		return fmt.Errorf("holds %s of %d×%d pixels, not %s of %d×%d", h.Format, h.Width, h.Height, want, width, height)
	}
	return nil
}

// verifyEnd wants the file to end after size bytes, of which there is at least one.
func verifyEnd(r io.ReaderAt, size int64) error {
	var end [2]byte
	switch n, err := r.ReadAt(end[:], size-1); {
	case n == len(end):
		return fmt.Errorf("holds more than %d bytes", size)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read the last byte: %w", err)
	case n == 0:
		return fmt.Errorf("holds less than %d bytes", size)
	default:
		return nil
	}
}
