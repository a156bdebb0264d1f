package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
)

// write is a writer: it publishes the results of each item that comes in, sees
// to the source, and reports the outcome.
func (p *Pipeline) write(ctx context.Context, in <-chan *item) {
	for it := range in {
		p.stage(Write, it, &it.timings.Write, func() error { return p.publish(ctx, it) })
		it.excuse(time.Now())
		p.giveUp(it)
		p.record(it)
		p.dispose(it)
		p.unbook(it, 0)
		p.finish(it)
	}
}

// excuse lets a source that is damaged settle again when it was written to but a
// moment ago.
func (it *item) excuse(now time.Time) {
	if job.ClassOf(it.err) != job.Malformed {
		return
	}
	quiet := now.Sub(time.Unix(0, it.job.Fingerprint.ModTime))
	if quiet >= 0 && quiet < it.folder.Patience {
		it.again = it.folder.Patience - quiet
		it.err = job.Rejectf(job.Modified, "settle", "seems not to be finished: %w", it.err)
	}
}

// publish writes the results of it, one after the other.
func (p *Pipeline) publish(ctx context.Context, it *item) error {
	out, err := openOrMake(it.folder.Output, it.folder.DirMode)
	if err != nil {
		return job.Rejectf(job.Transient, "publish", "open output folder: %w", err)
	}
	defer out.Close()
	if err := p.lookAtCase(it, out); err != nil {
		return job.Rejectf(job.Transient, "publish", "try the output folder: %w", err)
	}
	for i, r := range it.results {
		if err := ctx.Err(); err != nil {
			return job.Reject(job.Stopping, "publish", err)
		}
		made, err := p.publishOne(it, out, it.targets[i], r)
		if job.ClassOf(err) == job.Exists {
			it.omitted = append(it.omitted, it.targets[i].Preset.Name)
			continue
		}
		if err != nil {
			return err
		}
		it.outputs = append(it.outputs, made)
	}
	if len(it.outputs) == 0 && len(it.results) > 0 {
		if err := it.nothingNew("publish"); err != nil {
			return err
		}
	}
	return it.checkOutputs()
}

// publishOne writes one rendition under its name or, under Rename, the first
// numbered one that is free.
func (p *Pipeline) publishOne(it *item, out *os.Root, t target, r rendition) (job.Output, error) {
	base := t.name
	for n := 1; ; n++ {
		print, err := p.publishAs(it, out, t, r.Data)
		if err == nil {
			made := it.output(t)
			made.Size, made.SHA256, made.Fingerprint = int64(len(r.Data)), r.sha256, print
			return made, nil
		}
		if it.folder.OnConflict != Rename || job.ClassOf(err) != job.Conflict {
			return job.Output{}, err
		}
		t.name = numbered(base, n)
	}
}

// publishAs writes data under exactly the name of t. A source may replace what
// was made from it before. What stands there already and is the same to the byte
// is as good as published: that is how a later start finds its own work again. It
// returns the fingerprint of what stands under the name now.
func (p *Pipeline) publishAs(it *item, out *os.Root, t target, data []byte) (print job.Fingerprint, err error) {
	path, me := it.path(t), p.owner(it)
	p.recallClaim(it, t)
	if slices.ContainsFunc(it.outputs, func(o job.Output) bool { return o.Path == path }) {
		return print, job.Rejectf(job.Conflict, "publish", "rendition %q is made by two presets", t.name)
	}
	holder, before := p.claims.take(p.key(it, t), me, func() bool { return standing(out, t.name) != nil })
	if holder != me {
		return print, p.conflict(it, t, holder)
	}
	replace := atomicfile.NoReplace
	if before || it.folder.OnConflict == Overwrite {
		replace = atomicfile.Overwrite
	}
	options := it.fileOptions(replace)
	options.Ready = func(fi fs.FileInfo) { print = p.announce(fi) }
	err = p.files.Write(out, t.name, data, options)
	if err != nil {
		p.claims.forgetFile(print)
	}
	stands := replace == atomicfile.NoReplace && errors.Is(err, fs.ErrExist)
	if stands {
		print = held(out, t.name, data)
	}
	ours := err == nil || stands && !print.IsZero()
	if ours || before {
		p.claims.written(p.key(it, t), me)
	} else {
		p.claims.release(p.key(it, t), me)
	}
	if ours {
		return print, nil
	}
	if !stands {
		return print, job.Reject(classOfPublish(err), "publish", err)
	}
	class := job.Conflict
	if it.folder.OnConflict == SkipTaken {
		class = job.Exists
	}
	return print, job.Rejectf(class, "publish", "rendition %q stands already and on_conflict is %q", t.name, it.folder.OnConflict)
}

// announce makes a rendition known as ours before anyone can see it: it may come up in
// a drop folder before it is on record.
func (p *Pipeline) announce(fi fs.FileInfo) job.Fingerprint {
	print := job.FingerprintOf(fi)
	if p.options.Ledger != nil {
		p.claims.addFile(print)
	}
	return print
}

// held returns the fingerprint of a file of the output folder if it holds exactly data.
func held(out *os.Root, name string, data []byte) job.Fingerprint {
	fi, err := out.Lstat(name)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != int64(len(data)) {
		return job.Fingerprint{}
	}
	there, err := out.ReadFile(name)
	if err != nil || !bytes.Equal(there, data) {
		return job.Fingerprint{}
	}
	return job.FingerprintOf(fi)
}

// fileOptions returns how a rendition of it is written.
func (it *item) fileOptions(replace atomicfile.Replace) atomicfile.Options {
	o := atomicfile.Options{
		Mode:       it.folder.FileMode,
		DirMode:    it.folder.DirMode,
		Replace:    replace,
		Durability: it.folder.Durability,
	}
	if it.folder.PreserveTimes {
		o.ModTime = time.Unix(0, it.job.Fingerprint.ModTime)
	}
	return o
}

// classOfPublish tells a name that can never be written from a disk that cannot
// be written now.
func classOfPublish(err error) job.Class {
	var system syscall.Errno
	var refused *fs.PathError
	switch {
	case errors.As(err, &system):
	case errors.Is(err, fs.ErrInvalid), errors.As(err, &refused):
		return job.Unsupported // refused by atomicfile or os.Root: the name leads out of the folder
	default: // such as a short write
		return job.Transient
	}
	switch system {
	case syscall.EEXIST, syscall.EISDIR, syscall.ENOTEMPTY:
		return job.Conflict
	case syscall.ENAMETOOLONG, syscall.EILSEQ, syscall.EINVAL, syscall.ENOTDIR, syscall.ELOOP:
		return job.Unsupported
	default:
		return job.Transient
	}
}

// openOrMake opens a folder, which it makes first when there is none.
func openOrMake(dir string, mode fs.FileMode) (*os.Root, error) {
	root, err := atomicfile.OpenRoot(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if mode == 0 {
		mode = 0o777
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, err
	}
	return atomicfile.OpenRoot(dir)
}
