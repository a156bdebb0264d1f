package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// read is a reader: it takes jobs from next and sends each on as an item, with
// the source's bytes or with the reason why there are none.
func (p *Pipeline) read(ctx context.Context, next func() (job.Job, bool), out chan<- *item) {
	for ctx.Err() == nil {
		j, ok := next()
		if !ok {
			return
		}
		it := p.newItem(j)
		p.stage(Read, it, &it.timings.Read, func() error {
			if err := p.load(ctx, it); err != nil || len(it.targets) == 0 {
				return err
			}
			return p.begin(it)
		})
		out <- it // transformers take items until this channel is closed
	}
}

// load opens the source of it, checks it and reads it whole.
func (p *Pipeline) load(ctx context.Context, it *item) error {
	if err := p.checkSpace(it.folder.Output); err != nil {
		return err
	}
	root, err := atomicfile.OpenRoot(it.folder.Root)
	if err != nil {
		return job.Rejectf(job.Transient, "open", "open folder: %w", err)
	}
	defer root.Close()
	f, fi, err := openRegular(root, it.job.Path)
	if err != nil {
		return err
	}
	defer f.Close()

	seen := job.FingerprintOf(fi)
	if !it.job.Fingerprint.IsZero() && seen != it.job.Fingerprint {
		return job.Reject(job.Modified, "open", errModified)
	}
	it.job.Fingerprint = seen
	it.info = fi
	it.source.Size = fi.Size()

	if err := p.recall(it); err != nil {
		return err
	}
	if err := p.plan(it, f); err != nil || len(it.targets) == 0 {
		return err
	}
	// Names come before the bytes where they do not depend on them, so that
	// nothing is read only to find that its rendition stands already.
	hashed := it.folder.namesNeedHash()
	if !hashed {
		if err := p.nameTargets(it); err != nil || len(it.targets) == 0 {
			return err
		}
	}
	if err := p.book(ctx, it); err != nil {
		return err
	}
	if err := it.slurp(f); err != nil {
		return err
	}
	if hashed {
		return p.nameTargets(it)
	}
	return nil
}

var errModified = errors.New("the file changed while it was read")

// openRegular opens a regular file below root without ever blocking on a pipe or
// device. An os.Root follows links inside itself, so what was opened is compared
// with what stood under the name.
func openRegular(root *os.Root, name string) (*os.File, fs.FileInfo, error) {
	before, err := root.Lstat(name)
	if err != nil {
		return nil, nil, job.Reject(job.ClassOfOpen(err), "open", err)
	}
	if !before.Mode().IsRegular() {
		return nil, nil, job.Rejectf(job.Unreadable, "open", "open %q: not a regular file but a %s", name, kindOf(before.Mode()))
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, job.Reject(job.ClassOfOpen(err), "open", err)
	}
	fi, err := f.Stat()
	if err == nil && os.SameFile(before, fi) {
		return f, fi, nil
	}
	f.Close()
	if err == nil {
		err = errModified
	}
	return nil, nil, job.Reject(job.Modified, "open", err)
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m.IsDir():
		return "directory"
	case m&fs.ModeNamedPipe != 0:
		return "named pipe"
	case m&fs.ModeSocket != 0:
		return "socket"
	default:
		return "device"
	}
}

// plan reads the header and plans the renditions.
func (p *Pipeline) plan(it *item, f *os.File) error {
	var err error
	it.header, err = codec.ReadHeader(f, it.source.Size, p.options.Limits)
	if err != nil {
		return calledImage(it.job.Path, err)
	}
	it.source.Format = string(it.header.Format)
	it.source.Width, it.source.Height = it.header.Size()
	for _, preset := range it.folder.Presets {
		if it.made(preset) {
			continue
		}
		plan, err := render.NewPlan(preset, it.header, p.options.Limits.MaxPixels)
		if err != nil {
			return err
		}
		it.targets = append(it.targets, target{Plan: plan})
	}
	if len(it.targets) == 0 {
		return it.madeBefore()
	}
	return nil
}

// calledImage makes err a reason to set the file aside where the content is
// unknown but the name claims an image: a damaged one, or of a kind that has no
// signature.
func calledImage(name string, err error) error {
	_, ext := splitExt(name)
	_, unknown := codec.ParseFormat(ext)
	switch {
	case job.ClassOf(err) != job.NotImage || !codec.IsImageName(name):
		return err
	case unknown == nil:
		return job.Reject(job.Malformed, "header", errors.New("the name says image, the content does not"))
	default:
		return job.Rejectf(job.Unsupported, "header", "%s is not read", strings.ToUpper(ext))
	}
}

// book waits until the memory that the item will need is free.
func (p *Pipeline) book(ctx context.Context, it *item) error {
	need := it.source.Size + render.Memory(it.header, it.plans())
	if it.past.Crashes > 0 {
		need = max(need, p.options.Memory) // a suspect works alone
	}
	if need > p.options.Memory {
		return job.Rejectf(job.TooLarge, "read", "%d×%d pixels would take %d MiB of memory, limits.memory is %d MiB",
			it.source.Width, it.source.Height, need>>20, p.options.Memory>>20)
	}
	if err := p.budget.Acquire(ctx, need); err != nil {
		return job.Reject(job.ClassOf(err), "read", err)
	}
	p.booked.Add(need)
	it.booked = need
	return nil
}

// unbook gives back all but keep bytes of what the item booked.
func (p *Pipeline) unbook(it *item, keep int64) {
	if free := it.booked - keep; free > 0 {
		p.release(free)
		it.booked = keep
	}
}

// release gives bytes back to the budget.
func (p *Pipeline) release(bytes int64) {
	p.booked.Add(-bytes)
	p.budget.Release(bytes)
}

// slurp reads the source and makes sure that it stayed the same meanwhile.
func (it *item) slurp(f *os.File) error {
	it.data = make([]byte, it.source.Size)
	if _, err := f.ReadAt(it.data, 0); err != nil {
		if errors.Is(err, io.EOF) {
			return job.Reject(job.Modified, "read", errModified)
		}
		return job.Rejectf(job.Transient, "read", "read %q: %w", it.job.Path, err)
	}
	fi, err := f.Stat()
	if err != nil {
		return job.Rejectf(job.Transient, "read", "stat %q: %w", it.job.Path, err)
	}
	if job.FingerprintOf(fi) != it.job.Fingerprint {
		return job.Reject(job.Modified, "read", errModified)
	}
	sum := sha256.Sum256(it.data)
	it.source.SHA256 = hex.EncodeToString(sum[:])
	return nil
}

func (it *item) plans() []render.Plan {
	plans := make([]render.Plan, len(it.targets))
	for i, t := range it.targets {
		plans[i] = t.Plan
	}
	return plans
}
