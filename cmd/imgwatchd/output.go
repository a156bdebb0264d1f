package main

import "os"

// An output is standard output that remembers the first error of writing to it, so that
// no verb has to look: results that nobody got are none. A pipe that was closed at its
// other end ends the program at once, as is usual.
type output struct {
	file *os.File
	err  error
}

func (o *output) Write(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.file.Write(p)
	o.err = err
	return n, err
}

// Fd returns the descriptor, by which a terminal is known.
func (o *output) Fd() uintptr { return o.file.Fd() }
