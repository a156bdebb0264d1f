package atomicfile

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"
)

// TempPrefix begins every temporary name. It hides the file, and watchers ignore it.
const TempPrefix = ".imgwatchd-"

const tempDigits = 16

// tempName returns a fresh temporary name. Its length does not depend on the
// final name, which may be as long as the filesystem allows.
func tempName() string {
	return fmt.Sprintf("%s%0*x", TempPrefix, tempDigits, rand.Uint64())
}

// isTempName reports whether name is one that tempName makes. The prefix alone
// is not enough to take a file for ours: someone may have named theirs so.
func isTempName(name string) bool {
	digits, ok := strings.CutPrefix(name, TempPrefix)
	return ok && len(digits) == tempDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// split parts name into its directory and its last element. It refuses names
// that are not clean or that lead out of the root as they are written; links are
// the root's matter.
func split(name string) (parent, base string, err error) {
	if name == "." || !filepath.IsLocal(name) || path.Clean(name) != name || strings.Contains(name, "\x00") {
		return "", "", fmt.Errorf("name is not a clean path below the root: %w", fs.ErrInvalid)
	}
	return path.Dir(name), path.Base(name), nil
}

// splitFinal is split for a name to publish under, which must not look like a
// temporary one: no watcher would see it, and SweepTemps might take it away.
func splitFinal(name string) (parent, base string, err error) {
	parent, base, err = split(name)
	if err == nil && strings.HasPrefix(base, TempPrefix) {
		err = fmt.Errorf("prefix %q is reserved: %w", TempPrefix, fs.ErrInvalid)
	}
	return parent, base, err
}
