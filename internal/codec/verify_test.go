package codec

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"imgwatchd/internal/job"
)

// TestVerifyEncoded takes every format that is written for what it is.
func TestVerifyEncoded(t *testing.T) {
	for _, format := range Encodable() {
		data := must(Encode(gradient(20, 14), format, EncodeOptions{}))
		if err := Verify(bytes.NewReader(data), int64(len(data)), format, 20, 14); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
}

func TestVerifyFinds(t *testing.T) {
	data := must(Encode(gradient(200, 140), JPEG, EncodeOptions{Quality: 100})) // larger than what is read for the header
	size := int64(len(data))
	broken := errors.New("input/output error")
	for _, test := range []struct {
		name string
		file io.ReaderAt
		want Format
		w, h int
		text string
	}{
		{"nothing", bytes.NewReader(nil), JPEG, 200, 140, "EOF"},
		{"zeros", bytes.NewReader(make([]byte, size)), JPEG, 200, 140, "image"},
		{"the last byte missing", bytes.NewReader(data[:size-1]), JPEG, 200, 140, "less than"},
		{"one byte more", paddedFile(data), JPEG, 200, 140, "more than"},
		{"another format", bytes.NewReader(data), PNG, 200, 140, "holds jpeg of 200×140 pixels, not png of 200×140"},
		{"another width", bytes.NewReader(data), JPEG, 201, 140, "not jpeg of 201×140"},
		{"another height", bytes.NewReader(data), JPEG, 200, 141, "not jpeg of 200×141"},
		{"a failing disk", failingFile{broken}, JPEG, 200, 140, broken.Error()},
		{"a disk that fails at the end", failingEnd{bytes.NewReader(data), size - 1, broken}, JPEG, 200, 140, broken.Error()},
	} {
		err := Verify(test.file, size, test.want, test.w, test.h)
		if err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.text)
		}
		if class, step := job.ClassOf(err), job.StepOf(err); class != job.Transient || step != "verify" {
			t.Errorf("%s: class %q at %q, want the machine's fault", test.name, class, step)
		}
	}
	if err := Verify(bytes.NewReader(nil), 0, JPEG, 200, 140); job.ClassOf(err) != job.Transient {
		t.Errorf("an empty file that was to be empty: %v", err)
	}
}

// A failingEnd cannot be read from byte bad on; a read that begins before is whole.
type failingEnd struct {
	io.ReaderAt
	bad int64
	err error
}

func (f failingEnd) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.bad {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, off)
}
