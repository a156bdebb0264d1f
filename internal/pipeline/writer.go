package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"os"
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
		p.dispose(it)
		p.releaseNames(it)
		p.unbook(it, 0)
		p.finish(it)
	}
}

// publish writes the results of it, one after the other.
func (p *Pipeline) publish(ctx context.Context, it *item) error {
	out, err := openOrMake(it.folder.Output, it.folder.DirMode)
	if err != nil {
		return job.Rejectf(job.Transient, "publish", "open output folder: %w", err)
	}
	defer out.Close()
	for i, r := range it.results {
		if err := ctx.Err(); err != nil {
			return job.Reject(job.Stopping, "publish", err)
		}
		t := &it.targets[i]
		if err := atomicfile.Write(out, t.name, r.Data, it.fileOptions(t.replace)); err != nil {
			return job.Reject(classOfPublish(err), "publish", err)
		}
		made := it.output(t)
		made.Size, made.SHA256 = int64(len(r.Data)), r.sha256
		it.outputs = append(it.outputs, made)
	}
	return nil
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
	for _, never := range []error{fs.ErrExist, syscall.EISDIR, syscall.ENOTDIR, syscall.ENOTEMPTY} {
		if errors.Is(err, never) {
			return job.Conflict
		}
	}
	for _, never := range []error{syscall.ENAMETOOLONG, syscall.EILSEQ, syscall.EINVAL} {
		if errors.Is(err, never) {
			return job.Unsupported
		}
	}
	return job.Transient
}

// releaseNames gives the names back under which it published nothing.
func (p *Pipeline) releaseNames(it *item) {
	for i := len(it.outputs); i < len(it.targets); i++ {
		p.releaseName(it, &it.targets[i])
	}
}

// openOrMake opens a folder, which it makes first when there is none.
func openOrMake(dir string, mode fs.FileMode) (*os.Root, error) {
	root, err := os.OpenRoot(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if mode == 0 {
		mode = 0o777
	}
	if err := os.MkdirAll(dir, mode); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}
