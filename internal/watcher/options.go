package watcher

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"imgwatchd/internal/job"
)

// A Mode says how changes are noticed between two scans.
type Mode uint8

const (
	Auto   Mode = iota // events, and polling where a filesystem sends none
	Events             // events, even where the filesystem is known to send none
	Poll               // polling only
)

// Options describe one drop folder.
type Options struct {
	Folder         string        // name that is put into each job
	Root           string        // absolute path of the folder; may be a symbolic link
	Recursive      bool          // watch the directories below the root too
	Mode           Mode          // zero: Auto
	StableFor      time.Duration // quiet period; 0: 1s
	RescanInterval time.Duration // between two scans of everything; 0: 5m
	PollInterval   time.Duration // between two looks at a directory without events; 0: 10s

	// Include and Exclude are globs (with ** for any directories), blind to case.
	// One without a slash is matched with the base name at any depth, one with a
	// slash with the path relative to the root; one that ends in a slash stands
	// for a directory and all below it. An empty Include admits everything.
	// Exclude, and DefaultIgnore besides, hide files and whole directories.
	Include, Exclude []string

	Add   func(job.Job) bool     // takes a ready file; false: no room, scan again later
	Room  func() <-chan struct{} // a channel that is closed once Add may succeed again; nil: Add is tried every second
	Known func(job.Job) bool     // reports whether this very file is done already; nil: none is
	Hooks Hooks
}

// Hooks tell the outside what happens. Each may be nil.
type Hooks struct {
	State    func(State)                     // the state is another one; not called for numbers only, and at most every 10 s while the root stands
	Overflow func()                          // events were lost; a scan follows. Once for each such scan, however often events are lost before it
	Scanned  func(ScanStats)                 // a scan of everything came to its end
	Refused  func(path string, reason error) // something that is no regular file, or cannot be listed: once for each path and inode
	Limit    func(error)                     // an inotify limit was reached; the directories beyond it are polled. At most once an hour
}

// A State describes a watcher at one moment.
type State struct {
	OK       bool   // the root stands and is watched or polled
	Reason   string // why not OK, or why something is polled
	Mode     string // "events", "poll" or "events+poll"; empty unless OK
	Watches  int    // directories that send events
	Polled   int    // directories that are polled
	Settling int    // files that are waited for
}

// ScanStats describe one scan of everything.
type ScanStats struct {
	Dirs  int // directories listed
	Files int // regular files that the patterns admit
	Took  time.Duration
}

// Validate reports every field that cannot be used, by its name in the
// configuration file.
func (o Options) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !filepath.IsAbs(o.Root) {
		bad("path: %q is not absolute", o.Root)
	}
	if o.Mode > Poll {
		bad("mode: %d is unknown", o.Mode)
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"stable_for", o.StableFor},
		{"rescan_interval", o.RescanInterval},
		{"poll_interval", o.PollInterval},
	} {
		if d.value < 0 {
			bad("%s: %v is negative", d.field, d.value)
		}
	}
	errs = append(errs, checkPatterns("include", o.Include), checkPatterns("exclude", o.Exclude))
	return errors.Join(errs...)
}

// withDefaults returns o with every zero value replaced by what it stands for.
func (o Options) withDefaults() Options {
	if o.Root != "" {
		o.Root = filepath.Clean(o.Root)
	}
	orElse := func(d *time.Duration, standard time.Duration) {
		if *d == 0 {
			*d = standard
		}
	}
	orElse(&o.StableFor, time.Second)
	orElse(&o.RescanInterval, 5*time.Minute)
	orElse(&o.PollInterval, 10*time.Second)
	if o.Add == nil {
		o.Add = func(job.Job) bool { return true }
	}
	if o.Known == nil {
		o.Known = func(job.Job) bool { return false }
	}
	o.Hooks = o.Hooks.withDefaults()
	return o
}

func (h Hooks) withDefaults() Hooks {
	if h.State == nil {
		h.State = func(State) {}
	}
	if h.Overflow == nil {
		h.Overflow = func() {}
	}
	if h.Scanned == nil {
		h.Scanned = func(ScanStats) {}
	}
	if h.Refused == nil {
		h.Refused = func(string, error) {}
	}
	if h.Limit == nil {
		h.Limit = func(error) {}
	}
	return h
}
