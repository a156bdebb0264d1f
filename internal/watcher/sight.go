package watcher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
)

// A Sight is what a watcher makes of one path.
type Sight struct {
	Look        Look
	Why         string          // for people; empty when AtRest
	Fingerprint job.Fingerprint // of a file
}

// A Look is what there is at a path.
type Look int

const (
	AtRest  Look = iota // a file that is ready to be worked on
	Growing             // a file that is waited for
	Hidden              // a name that a pattern leaves out
	Refused             // something that is no regular file
	Missing             // nothing, or nothing that can be looked at
)

// See returns what a watcher with these options makes of the slash-separated path p
// below the root. It only looks, whether a watcher runs or not.
func (o Options) See(p string) Sight {
	o = o.withDefaults()
	if rule := o.hiddenBy(p); rule != "" {
		return Sight{Look: Hidden, Why: rule}
	}
	root, err := atomicfile.OpenRoot(o.Root)
	if err != nil {
		return Sight{Look: Missing, Why: fmt.Sprintf("the folder cannot be opened: %v", err)}
	}
	defer root.Close()
	fi, err := root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Sight{Look: Missing, Why: "there is no such file"}
	case err != nil:
		return Sight{Look: Missing, Why: err.Error()}
	case fi.IsDir():
		return Sight{Look: Refused, Why: "is a directory"}
	case !fi.Mode().IsRegular():
		return Sight{Look: Refused, Why: kindError(fi.Mode()).Error()}
	}
	s := Sight{Fingerprint: job.FingerprintOf(fi)}
	s.Why = o.growing(root, p, fi)
	if s.Why != "" {
		s.Look = Growing
	}
	return s
}

// growing returns why a file is not taken for finished, or "".
func (o Options) growing(root *os.Root, p string, fi fs.FileInfo) string {
	if _, err := probeLease(root, p); errors.Is(err, errWriter) {
		return "someone has it open for writing"
	}
	quiet := time.Since(fi.ModTime())
	if quiet >= 0 && quiet < o.StableFor {
		return fmt.Sprintf("it was written to %v ago, stable_for is %v", quiet.Round(time.Millisecond), o.StableFor)
	}
	return ""
}

// hiddenBy returns the rule that leaves p out, or "".
func (o Options) hiddenBy(p string) string {
	f := newFilter(o.Include, o.Exclude)
	for i, c := range p {
		if c != '/' {
			continue
		}
		if !o.Recursive {
			return "recursive is false, and it is in a sub-folder"
		}
		if rule := f.hider(p[:i]); rule != "" {
			return rule
		}
	}
	switch {
	case f.takesFile(p):
		return ""
	case f.hider(p) != "":
		return f.hider(p)
	default:
		return fmt.Sprintf("include takes only %q", o.Include)
	}
}

// hider returns the rule that leaves out what stands at p, or "".
func (f filter) hider(p string) string {
	p = strings.ToLower(p)
	for i, rule := range f.exclude {
		if !rule.matches(p) {
			continue
		}
		if glob := rule.String(); i < len(defaultIgnore) {
			return fmt.Sprintf("%q is always ignored", glob)
		} else {
			return fmt.Sprintf("exclude has %q", glob)
		}
	}
	return ""
}

func (p pattern) String() string {
	if p.dir {
		return path.Clean(p.glob) + "/"
	}
	return p.glob
}
