package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// OpenRoot is os.OpenRoot for a name that others may put something else at: it does not
// wait for the other end of a FIFO that stands where a directory is to be.
func OpenRoot(dir string) (*os.Root, error) {
	name := dir
	if name != "" { // which is no directory, not the topmost one
		name += "/" // of nothing else
	}
	root, err := os.OpenRoot(name)
	var p *fs.PathError
	if errors.As(err, &p) {
		p.Path = dir
	}
	return root, err
}
