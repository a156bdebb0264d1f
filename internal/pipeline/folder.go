package pipeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/render"
)

// A Folder says what is to be done with the sources below one root: what is
// made of them, where it goes, and what becomes of the source afterwards. It is
// immutable once it is in use.
type Folder struct {
	Name    string
	Root    string // absolute path of the sources
	Presets []*render.Preset

	Output     string // absolute path of the folder that renditions go to
	Layout     Layout
	OnConflict Conflict

	OnSuccess Disposal // Keep, Move (to Archive) or Delete
	Archive   string   // absolute path
	OnFailure Disposal // Keep or Move (to Failed, with a note of the reason beside it)
	Failed    string   // absolute path

	// Patience is how long a source must have been quiet before damage is held
	// against it: one that was written to a moment ago may be half of an upload
	// that goes on. 0: none.
	Patience time.Duration

	FileMode      fs.FileMode // of renditions; 0: 0666 less the umask
	DirMode       fs.FileMode // of folders made for them; 0: 0777 less the umask
	PreserveTimes bool        // renditions take the source's modification time
	Durability    atomicfile.Durability
}

// recipe returns what the ledger must know of the folder: what each rendition depends
// on, and what a failure depends on besides.
func (f Folder) recipe(o Options) *ledger.Recipe {
	r := &ledger.Recipe{
		Folder: f.Name, Root: f.Root,
		Presets:      make(map[string]string, len(f.Presets)),
		Rules:        digest(o.Limits, o.Timeout, o.Memory, f.OnConflict),
		DoneLeaves:   f.OnSuccess != Keep,
		FailedLeaves: f.OnFailure != Keep,
	}
	for _, p := range f.Presets {
		r.Presets[p.Name] = digest(p.Hash(), f.Output, f.Layout, f.FileMode, f.DirMode, f.PreserveTimes)
	}
	return r
}

// digest returns a short hash of values.
func digest(values ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v", values))
	return hex.EncodeToString(sum[:8])
}

func (f Folder) applyDefaults() Folder {
	f.Layout = cmp.Or(f.Layout, Mirror)
	f.OnConflict = cmp.Or(f.OnConflict, Overwrite)
	f.OnSuccess = cmp.Or(f.OnSuccess, Keep)
	f.OnFailure = cmp.Or(f.OnFailure, Keep)
	return f
}

// A Layout says how the places of renditions follow from the places of sources.
type Layout string

const (
	Mirror Layout = "mirror" // the source's sub-folders are kept; the default
	Flat   Layout = "flat"   // all renditions stand in one folder
)

// A Conflict says what happens when the name of a rendition is taken.
//
// A name that another source of this folder took in the same run is never given
// away: under Overwrite the job fails and names that source.
type Conflict string

const (
	Overwrite Conflict = "overwrite" // replace it; the default
	SkipTaken Conflict = "skip"      // leave it, and the rendition out
	Rename    Conflict = "rename"    // publish as "name_1.ext", "name_2.ext", …
	FailTaken Conflict = "fail"      // fail the job
)

// A Disposal says what becomes of a source.
type Disposal string

const (
	Keep   Disposal = "keep" // leave it where it is; the default
	Move   Disposal = "move"
	Delete Disposal = "delete"
)
