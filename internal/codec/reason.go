package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"imgwatchd/internal/job"
	"imgwatchd/internal/jpeg"
	"imgwatchd/internal/png"
)

// errTruncated means that the file ends before its own structure does.
var errTruncated = &job.Reason{Class: job.Malformed, Err: errors.New("truncated")}

// The walkers of the containers serve several steps, so their reasons carry no
// step: atStep adds it where the reason leaves the package.

func malformed(format string, args ...any) error {
	return &job.Reason{Class: job.Malformed, Err: fmt.Errorf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &job.Reason{Class: job.Unsupported, Err: fmt.Errorf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &job.Reason{Class: job.TooLarge, Err: fmt.Errorf(format, args...)}
}

// in names the container in a reason that arose in walking it, and gives an error of
// our own decoders its class. Those of the libraries name themselves.
func (f Format) in(err error) error {
	switch err.(type) {
	case *jpeg.FormatError, *png.FormatError:
		return malformed("%s: %w", f, err)
	case *jpeg.UnsupportedError, *png.UnsupportedError:
		return unsupported("%s: %w", f, err)
	}
	var r *job.Reason
	if errors.As(err, &r) {
		return &job.Reason{Class: r.Class, Err: fmt.Errorf("%s: %w", f, r.Err)}
	}
	return err
}

// atStep returns the reason inside err as one that arose at step. Any other
// error is not about the file and passes through.
func atStep(step string, err error) error {
	var r *job.Reason
	if errors.As(err, &r) {
		return job.Reject(r.Class, step, r.Err)
	}
	return err
}

// decodeReason gives the error of a decoder its class. Decoders do not always
// wrap what their reader told them, so ctx is asked first.
func decodeReason(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return job.Reject(job.ClassOf(cause), "decode", cause)
	}
	var (
		r        *job.Reason
		tiffKind tiff.UnsupportedError
	)
	switch {
	case errors.As(err, &r):
		return atStep("decode", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return atStep("decode", errTruncated)
	case errors.As(err, &tiffKind), errors.Is(err, bmp.ErrUnsupported):
		return job.Reject(job.Unsupported, "decode", err)
	default:
		return job.Reject(job.Malformed, "decode", err)
	}
}

// startsWith is bytes.HasPrefix for the signatures, which are strings.
func startsWith(b []byte, signature string) bool {
	return bytes.HasPrefix(b, []byte(signature))
}
