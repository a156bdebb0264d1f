package jpeg

import "fmt"

// A FormatError reports bytes that are no whole JPEG.
type FormatError struct {
	Offset int    // of the fault, in bytes from the start of the data
	Fault  string // what is wrong
}

func (e *FormatError) Error() string { return fmt.Sprintf("%s at byte %d", e.Fault, e.Offset) }

// An UnsupportedError reports a JPEG that is coded in a way that is not decoded.
type UnsupportedError struct {
	Offset  int
	Feature string // such as "arithmetic coding"
}

func (e *UnsupportedError) Error() string { return e.Feature + " is not supported" }

func malformed(off int, format string, args ...any) error {
	return &FormatError{off, fmt.Sprintf(format, args...)}
}

func unsupported(off int, format string, args ...any) error {
	return &UnsupportedError{off, fmt.Sprintf(format, args...)}
}

// truncated is the fault of data that end before their own structure does.
func truncated(off int) error { return malformed(off, "data ends before its end marker") }
