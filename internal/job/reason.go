package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// A Class sorts the reasons why a job did not end in renditions. It decides
// what happens next: permanent reasons set the file aside, passing ones keep
// the source where it is and try again.
type Class string

const (
	Malformed   Class = "malformed"   // the bytes are damaged, truncated or lie about themselves
	Unsupported Class = "unsupported" // a sound file of a kind that is not read here
	TooLarge    Class = "too_large"   // beyond a limit of the configuration
	Timeout     Class = "timeout"     // took longer than limits.timeout
	Conflict    Class = "conflict"    // its output name belongs to something else
	Unreadable  Class = "unreadable"  // the source cannot be opened: permission, or not a regular file
	Crashed     Class = "crashed"     // a decoder or step panicked on it, or the whole program did
	GaveUp      Class = "gave_up"     // it was held again and again while others ended well

	NotImage  Class = "not_image" // no image and not called one: left alone
	Exists    Class = "exists"    // the output stands already and is not to be replaced
	Vanished  Class = "vanished"  // the source went away before it was read
	Modified  Class = "modified"  // the source changed while it was read
	Transient Class = "transient" // the machine's fault, not the file's: full disk, I/O error, out of descriptors
	Stopping  Class = "stopping"  // the program was told to stop
)

// A Reason is an error that knows its class and the step at which it arose.
type Reason struct {
	Class Class
	Step  string // "open", "header", "decode", "resize", "encode", "publish", …
	Err   error
}

// Reject returns a Reason for err.
func Reject(class Class, step string, err error) error {
	return &Reason{Class: class, Step: step, Err: err}
}

// Rejectf is Reject with a formatted cause; %w wraps as in fmt.Errorf.
func Rejectf(class Class, step, format string, args ...any) error {
	return &Reason{Class: class, Step: step, Err: fmt.Errorf(format, args...)}
}

func (r *Reason) Error() string { return r.Step + ": " + r.Err.Error() }

func (r *Reason) Unwrap() error { return r.Err }

// ClassOf returns the class of err: the outermost Reason's, or what the system
// error inside it means. An error that nobody has classed is Transient, so that
// a source is never set aside for a fault that we do not understand.
func ClassOf(err error) Class {
	var r *Reason
	switch {
	case err == nil:
		return ""
	case errors.As(err, &r):
		return r.Class
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout
	case errors.Is(err, context.Canceled):
		return Stopping
	default:
		return Transient
	}
}

// StepOf returns the step at which err arose, or "".
func StepOf(err error) string {
	var r *Reason
	if errors.As(err, &r) {
		return r.Step
	}
	return ""
}

// ClassOfOpen returns the class of an error from opening a source.
func ClassOfOpen(err error) Class {
	var system syscall.Errno
	switch {
	case !errors.As(err, &system):
		return Unreadable // refused by os.Root: the path leads out of the folder
	case errors.Is(err, fs.ErrNotExist):
		return Vanished
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.ENXIO):
		return Unreadable
	default:
		return Transient
	}
}

// State returns the state in which a job of this class ends.
func (c Class) State() State {
	switch c {
	case "":
		return Done
	case NotImage, Exists, Vanished:
		return Skipped
	case Modified:
		return Changed
	case Transient:
		return Held
	case Stopping:
		return Aborted
	default:
		return Failed
	}
}
