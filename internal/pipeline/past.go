package pipeline

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// maxCrashes is how often the program may crash with a source in work before that is
// held against the source. From the first on the source is worked on alone, so that
// no other can be blamed for it.
const maxCrashes = 3

// recalled is the step at which a job ends that has nothing left to do.
const recalled = "recall"

// recall looks up what became of the source before. The reason why it failed, and would
// again, is returned as the reason why it fails now.
func (p *Pipeline) recall(it *item) (err error) {
	if p.options.Ledger == nil {
		return nil
	}
	if it.past, err = p.options.Ledger.Recall(it.job, it.recipe); err != nil {
		return job.Reject(job.Transient, recalled, err)
	}
	if it.past.Crashes >= maxCrashes {
		return job.Rejectf(job.Crashed, recalled, "the program crashed %d times with this file in work", it.past.Crashes)
	}
	if it.folder.OnSuccess != Keep {
		it.past.Outputs = slices.DeleteFunc(it.past.Outputs, func(o job.Output) bool { return verify(o) != nil })
	}
	return it.past.Failure
}

// made reports whether the rendition of a preset need not be made again.
func (it *item) made(preset *render.Preset) bool {
	return slices.ContainsFunc(it.past.Outputs, func(o job.Output) bool { return o.Preset == preset.Name })
}

// madeBefore is the end of a source of which every rendition was made before. If it
// was to be moved or deleted after that, this is what is left to do.
func (it *item) madeBefore() error {
	if it.folder.OnSuccess == Keep {
		return job.Rejectf(job.Exists, recalled, "every rendition was made before")
	}
	it.outputs = it.past.Outputs
	return nil
}

// nothingNew is the end of a source of which every rendition that was not made before
// stands already, made by someone else.
func (it *item) nothingNew(step string) error {
	if len(it.past.Outputs) > 0 {
		return it.madeBefore()
	}
	return job.Rejectf(job.Exists, step, "every rendition stands already")
}

// begin notes that the source is in work: from now on it may bring the program down. It
// has its memory by now, so that a suspect, which has all of it, is noted alone.
func (p *Pipeline) begin(it *item) error {
	if p.options.Ledger == nil {
		return nil
	}
	it.begun = true
	if err := p.options.Ledger.Begin(it.job, it.recipe); err != nil {
		return job.Reject(job.Transient, "record", err)
	}
	return nil
}

// checkOutputs makes sure, before a source is moved or deleted, that what was made of it
// can be read back.
func (it *item) checkOutputs() error {
	if it.folder.OnSuccess == Keep {
		return nil
	}
	for _, o := range it.outputs {
		if err := verify(o); err != nil {
			return job.Rejectf(job.Transient, "verify", "the source stays: %w", err)
		}
	}
	return nil
}

// verify opens a rendition anew and looks whether it is what was published.
func verify(o job.Output) error {
	dir, name := filepath.Split(o.Path)
	root, err := atomicfile.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	f, _, err := openRegular(root, name)
	if err != nil {
		return err
	}
	defer f.Close()
	return codec.Verify(f, o.Size, codec.Format(o.Format), o.Width, o.Height)
}

// giveUp holds a fault of the machine against the source when it was held often enough
// while others ended well. A fault that no file can cause never is.
func (p *Pipeline) giveUp(it *item) {
	last := p.options.Hooks.LastTry
	if last == nil || job.ClassOf(it.err) != job.Transient || machineWide(it.err) || !last(it.job) {
		return
	}
	it.err = job.Rejectf(job.GaveUp, job.StepOf(it.err), "tried again and again while others were done: %w", errors.Unwrap(it.err))
}

// machineWide reports whether err can be no single file's fault.
func machineWide(err error) bool {
	switch job.StepOf(err) {
	case "space", "record":
		return true
	}
	return slices.ContainsFunc([]error{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	}, func(e error) bool { return errors.Is(err, e) })
}

// checkSpace makes sure that enough is free where renditions go.
func (p *Pipeline) checkSpace(dir string) error {
	if p.options.MinFree == 0 {
		return nil
	}
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) { // it is made later
		dir = filepath.Dir(dir)
		err = unix.Statfs(dir, &st)
	}
	if err != nil {
		return job.Rejectf(job.Transient, "space", "look at output folder: %w", err)
	}
	if free := int64(st.Bavail) * st.Bsize; free < p.options.MinFree {
		return job.Rejectf(job.Transient, "space", "the filesystem of %q has %d MiB free, limits.min_free is %d MiB", dir, free>>20, p.options.MinFree>>20)
	}
	return nil
}
