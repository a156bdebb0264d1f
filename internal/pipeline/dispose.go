package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
)

// dispose sees to the source of a job that is over, as the folder's policies
// say. Where that fails the source stays where it is, and it.left says why.
func (p *Pipeline) dispose(it *item) {
	switch state := job.ClassOf(it.err).State(); {
	case state == job.Done && it.folder.OnSuccess != Keep:
		if it.leave(it.folder.OnSuccess, it.folder.Archive, withoutNote) {
			p.forgetNames(it)
		}
	case state == job.Failed && it.folder.OnFailure == Move:
		it.leave(Move, it.folder.Failed, func(dir *os.Root, name string) (func(), error) { return p.note(it, dir, name) })
	}
}

// An announcement writes down below dir, before a source is moved there as name, what
// there is to say of it; the source never stands there without. remove takes that back
// when the source was not moved.
type announcement func(dir *os.Root, name string) (remove func(), err error)

func withoutNote(*os.Root, string) (remove func(), err error) { return func() {}, nil }

// destination returns where the source is to be moved to, or "".
func (it *item) destination() string {
	switch state := job.ClassOf(it.err).State(); {
	case state == job.Done && it.folder.OnSuccess == Move:
		return filepath.Join(it.folder.Archive, it.job.Path)
	case state == job.Failed && it.folder.OnFailure == Move:
		return filepath.Join(it.folder.Failed, it.job.Path)
	default:
		return ""
	}
}

// leave moves the source to dir, or deletes it, and reports whether it is gone. A
// source that is no longer the file that was worked on stays, and its job ends as
// changed.
func (it *item) leave(how Disposal, dir string, announce announcement) bool {
	err := it.tryLeave(how, dir, announce)
	switch {
	case errors.Is(err, atomicfile.ErrChanged):
		it.err = job.Reject(job.Modified, "dispose", err)
	case errors.Is(err, fs.ErrNotExist) && it.vanished(): // someone else was faster
		it.gone = true
	default:
		it.left, it.gone = err, err == nil
	}
	return it.gone
}

// vanished reports whether nothing stands where the source did.
func (it *item) vanished() bool {
	_, err := os.Lstat(filepath.Join(it.folder.Root, it.job.Path))
	return errors.Is(err, fs.ErrNotExist)
}

func (it *item) tryLeave(how Disposal, dir string, announce announcement) error {
	root, err := atomicfile.OpenRoot(it.folder.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	same := func(fi fs.FileInfo) bool {
		return it.job.Fingerprint.IsZero() || job.FingerprintOf(fi) == it.job.Fingerprint
	}
	if how == Delete {
		return atomicfile.Remove(root, it.job.Path, same)
	}
	it.movedTo, err = it.moveTo(root, dir, same, announce)
	return err
}

// forgetNames gives the names of the renditions back, now that their source is
// gone and the next file of its name is another picture. Under Overwrite they
// stay: there the claims are all that keeps other sources off them.
func (p *Pipeline) forgetNames(it *item) {
	if it.folder.OnConflict == Overwrite {
		return
	}
	for _, out := range slices.Concat(it.outputs, it.past.Outputs) {
		p.claims.release(p.keyOf(it, out.Path), p.owner(it))
	}
}

// moveTo moves the source to the same place below dir, under a numbered name if
// its own is taken, and returns where it went.
func (it *item) moveTo(root *os.Root, dir string, same func(fs.FileInfo) bool, announce announcement) (string, error) {
	to, err := openOrMake(dir, it.folder.DirMode)
	if err != nil {
		return "", err
	}
	defer to.Close()
	options := atomicfile.Options{DirMode: it.folder.DirMode, Replace: atomicfile.NoReplace, Same: same}
	name := it.job.Path
	for n := 1; ; n++ {
		if standing(to, name) != nil { // before anything is copied in vain
			name = numbered(it.job.Path, n)
			continue
		}
		remove, err := announce(to, name)
		if err != nil {
			return "", err
		}
		if err = atomicfile.Move(root, it.job.Path, to, name, options); err == nil {
			return filepath.Join(dir, name), nil
		}
		remove()
		if errors.Is(err, atomicfile.ErrChanged) || !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		name = numbered(it.job.Path, n)
	}
}

// noteSuffix is what the name of a failed file's note ends in.
const noteSuffix = ".error.json"

// A note says why a job failed, for those who find its source.
type note struct {
	File    string    `json:"file"` // the name that it stands beside
	Source  string    `json:"source"`
	Reason  string    `json:"reason"`
	Class   job.Class `json:"class"`
	Step    string    `json:"step"`
	Time    time.Time `json:"time"`
	Version string    `json:"version"`
}

// note writes down why the job failed, beside the place below dir that its source is to
// have. It replaces nothing but what a former try has left of the same note: what stands
// there may be another failed file.
func (p *Pipeline) note(it *item, dir *os.Root, place string) (remove func(), err error) {
	n := note{
		File:   path.Base(place),
		Source: filepath.Join(it.folder.Root, it.job.Path),
		Reason: it.err.Error(), Class: job.ClassOf(it.err), Step: job.StepOf(it.err),
		Time: time.Now().UTC().Truncate(time.Millisecond), Version: p.options.Version,
	}
	text, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write note: %w", err)
	}
	options := atomicfile.Options{Mode: it.folder.FileMode, DirMode: it.folder.DirMode, Replace: atomicfile.NoReplace}
	for i := 0; ; i++ {
		name := path.Join(path.Dir(place), noteName(n.File, i))
		if former, err := readNote(dir, name); err == nil && n.repeats(former) {
			options.Replace = atomicfile.Overwrite
		}
		err := atomicfile.Write(dir, name, append(text, '\n'), options)
		if !errors.Is(err, fs.ErrExist) {
			return func() { _ = dir.Remove(name) }, err // one that stays does no harm
		}
	}
}

// repeats reports whether former was written about the same file, before a crash kept
// that from being moved.
func (n note) repeats(former note) bool {
	return former.File == valid(n.File) && former.Source == valid(n.Source)
}

// valid returns text as it is read back from a note.
func valid(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// readNote reads the note called name. What is no note has no File.
func readNote(dir *os.Root, name string) (note, error) {
	var n note
	f, err := dir.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0) // a pipe would wait for its writer
	if errors.Is(err, unix.ELOOP) {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return n, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxNote))
	if err != nil {
		return n, err
	}
	if json.Unmarshal(text, &n) != nil {
		return note{}, nil
	}
	return n, nil
}

// maxNote is more bytes than a note has.
const maxNote = 1 << 20

// noteName returns the n-th name for the note beside a failed file.
func noteName(file string, n int) string {
	if n == 0 {
		return fitted(file, noteSuffix)
	}
	return fitted(file, "_"+strconv.Itoa(n)+noteSuffix)
}

// removeNote removes the note beside the file called base, if it is there.
func removeNote(dir *os.Root, base string) error {
	for n := 0; ; n++ {
		name := noteName(base, n)
		found, err := readNote(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if found.File == valid(base) {
			return dir.Remove(name)
		}
	}
}

// Restore moves a file that was moved out of a folder, to the absolute path from, back
// to the name below root, and removes the note beside it. It replaces nothing.
func Restore(from, root, name string) error {
	source, err := atomicfile.OpenRoot(filepath.Dir(from))
	if err != nil {
		return fmt.Errorf("restore file: %w", err)
	}
	defer source.Close()
	folder, err := atomicfile.OpenRoot(root)
	if err != nil {
		return fmt.Errorf("restore file: %w", err)
	}
	defer folder.Close()
	base := filepath.Base(from)
	if err := atomicfile.Move(source, base, folder, name, atomicfile.Options{Replace: atomicfile.NoReplace}); err != nil {
		return err
	}
	return removeNote(source, base)
}
