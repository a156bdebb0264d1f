package ledger

import (
	"fmt"
	"hash/maphash"
	"path/filepath"
)

// A Recipe says what a folder wants done with its sources, as far as the ledger must
// know it to tell whether it was done. It is immutable once it is in use.
type Recipe struct {
	Folder  string            // the folder's name
	Root    string            // its absolute path
	Presets map[string]string // by name: the hash of all that a preset's rendition depends on
	Rules   string            // the hash of all that a failure depends on besides

	// A source that is done, or that failed, is to leave the folder: one that still
	// stands there is not settled.
	DoneLeaves, FailedLeaves bool
}

// Path returns the absolute path of the folder's source called name.
func (r *Recipe) Path(name string) string { return filepath.Join(r.Root, name) }

var recipeSeed = maphash.MakeSeed()

// sum returns a hash of the recipe, for use within this process.
func (r *Recipe) sum() uint64 {
	return maphash.String(recipeSeed, fmt.Sprintf("%q %q %v %v", r.Presets, r.Rules, r.DoneLeaves, r.FailedLeaves))
}
