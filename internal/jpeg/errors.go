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
