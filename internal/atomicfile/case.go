package atomicfile

import (
	"os"
	"strings"
)

// CaseBlind reports whether the filesystem below root takes names for the same that
// differ in case alone. It makes a temporary file to find out, and removes it.
func CaseBlind(root *os.Root) (bool, error) {
	d, err := openDir(root, ".")
	if err != nil {
		return false, err
	}
	defer d.close()
	t, err := d.createTemp(0o600)
	if err != nil {
		return false, err
	}
	defer t.discard()
	_, err = d.lstat(strings.ToUpper(t.name))
	return err == nil, nil
}
