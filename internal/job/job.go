// Package job holds the words that every room of imgwatchd shares: which file
// is to be worked on, what it looked like when it was found, what became of it,
// and why. It is the leaf of the import order: plain values, no behaviour that
// blocks, everything safe to copy.
package job

import (
	"io/fs"
	"syscall"
	"time"
)

// A Job asks for every rendition of one source file.
type Job struct {
	Folder      string      // name of the drop folder
	Path        string      // source, slash-separated, relative to the folder's root
	Fingerprint Fingerprint // the source as it was when it settled; zero: not looked at yet
}

// A Key identifies a job: one source has at most one job at a time.
type Key struct {
	Folder string
	Path   string
}

// Key returns what makes j the same job as another.
func (j Job) Key() Key { return Key{j.Folder, j.Path} }

// A Fingerprint tells cheaply whether a file is still the one that was seen.
// It leaves the change time out on purpose: a chmod is no reason to work again.
type Fingerprint struct {
	Size    int64  // bytes
	ModTime int64  // nanoseconds since the epoch
	Inode   uint64 // 0 where the filesystem has none
}

// FingerprintOf reads the fingerprint out of a stat.
func FingerprintOf(fi fs.FileInfo) Fingerprint {
	f := Fingerprint{Size: fi.Size(), ModTime: fi.ModTime().UnixNano()}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		f.Inode = st.Ino
	}
	return f
}

// IsZero reports whether nothing has been seen yet.
func (f Fingerprint) IsZero() bool { return f == Fingerprint{} }

// A State says where a job stands, and in the end how it ended.
type State string

const (
	Queued  State = "queued"  // it waits, or was given back: held, changed, or left by a run that ended
	Working State = "working" // the pipeline has it

	Done    State = "done"    // every rendition is published
	Skipped State = "skipped" // nothing to do: the source vanished, is no image, or the output stands already
	Failed  State = "failed"  // the reason is permanent: the same file would fail again
	Held    State = "held"    // the reason is passing (disk full, I/O error): try again later
	Changed State = "changed" // the source was modified while it was read: let it settle again
	Aborted State = "aborted" // the program is stopping: some or all renditions are not published
)

// An Outcome is what became of one job. The pipeline hands each job's outcome
// out exactly once.
type Outcome struct {
	Job     Job
	State   State
	Err     error // why, unless Done; see ClassOf
	Left    error // why the source stands where it is although it was to be moved or deleted
	Source  Source
	Outputs []Output      // what was published, in the order of the folder's presets
	Unmade  []string      // presets that made no rendition and, if the state is an end, would make none again
	Gone    bool          // the source has left its folder
	MovedTo string        // where the source went, absolute; empty: it stayed or was deleted
	Again   time.Duration // when to look at it again, if it Changed
	Timings Timings
}

// A Source describes the file that was read, as far as the job came.
type Source struct {
	Format string // "jpeg", "png", …; empty when it was not recognised
	Width  int    // pixels, upright
	Height int
	Size   int64  // bytes
	SHA256 string // lower-case hex of the whole file
}

// An Output is one published rendition.
type Output struct {
	Preset      string      `json:"preset"`
	Path        string      `json:"path"` // absolute
	Format      string      `json:"format"`
	Width       int         `json:"width"`
	Height      int         `json:"height"`
	Size        int64       `json:"size"` // bytes
	SHA256      string      `json:"sha256"`
	Fingerprint Fingerprint `json:"-"` // of the file that stands under Path
}

// Timings says where a job's time went: busy in each stage, and waiting
// between them.
type Timings struct {
	Read, Transform, Write time.Duration
	Wait                   time.Duration
}
