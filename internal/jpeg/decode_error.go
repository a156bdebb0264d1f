package jpeg

import "fmt"

func malformed(off int, format string, args ...any) error {
	return &FormatError{off, fmt.Sprintf(format, args...)}
}

func unsupported(off int, format string, args ...any) error {
	return &UnsupportedError{off, fmt.Sprintf(format, args...)}
}

// truncated is the fault of data that end before their own structure does.
func truncated(off int) error { return malformed(off, "data ends before its end marker") }
