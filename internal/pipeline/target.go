package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// A target is a rendition that is to be published, and where.
type target struct {
	render.Plan
	name    string // slash-separated, below the output folder
	replace atomicfile.Replace
	fresh   bool // the name was claimed for this job, not for one before
}

// assignNames finds a name for each target of it and claims it, and leaves out
// the targets that stand already and are to be skipped.
func (p *Pipeline) assignNames(it *item) error {
	out, err := os.OpenRoot(it.folder.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it is made when the first rendition is published
	case err != nil:
		return job.Rejectf(job.Transient, "name", "open output folder: %w", err)
	default:
		defer out.Close()
	}
	wanted := it.targets[:0]
	for _, t := range it.targets {
		t.name, err = nameOf(it.folder, it.job.Path, it.source.SHA256, t.Plan)
		if err == nil {
			err = p.claim(it, out, &t)
		}
		if job.ClassOf(err) == job.Exists {
			continue
		}
		if err != nil {
			return err
		}
		wanted = append(wanted, t)
	}
	it.targets = wanted
	if len(wanted) == 0 {
		return job.Rejectf(job.Exists, "name", "every rendition stands already")
	}
	return nil
}

// claim makes t's name its own. Under Rename it goes on to the first numbered
// name that is free.
func (p *Pipeline) claim(it *item, out *os.Root, t *target) error {
	base := t.name
	for n := 1; ; n++ {
		err := p.claimName(it, out, t)
		if it.folder.OnConflict != Rename || job.ClassOf(err) != job.Conflict {
			return err
		}
		t.name = numbered(base, n)
		if err := checkPath(t.name); err != nil {
			return job.Rejectf(job.Unsupported, "name", "rendition would be called %q: %w", t.name, err)
		}
	}
}

// claimName makes exactly t.name its own, or returns who or what has it. A name
// that this source has published under before is its own to replace.
func (p *Pipeline) claimName(it *item, out *os.Root, t *target) error {
	me := owner{it.job.Key(), t.Preset.Name}
	holder, fresh := p.claims.take(it.path(t), me)
	if holder != me {
		return job.Rejectf(job.Conflict, "name", "rendition %q is made from %q by preset %q already; use {ext} or {hash} in its name, or on_conflict: rename",
			t.name, holder.Path, holder.preset)
	}
	t.fresh = fresh
	err := it.mayTake(t, standing(out, t.name))
	if err != nil {
		p.releaseName(it, t)
	}
	return err
}

// releaseName gives a name back that was claimed for this job.
func (p *Pipeline) releaseName(it *item, t *target) {
	if t.fresh {
		p.claims.release(it.path(t), owner{it.job.Key(), t.Preset.Name})
		t.fresh = false
	}
}

// mayTake decides whether t may be published over what stands under its name,
// nil for nothing.
func (it *item) mayTake(t *target, stands fs.FileInfo) error {
	t.replace = atomicfile.Overwrite
	if t.fresh && it.folder.OnConflict != Overwrite {
		t.replace = atomicfile.NoReplace
	}
	switch {
	case stands == nil:
		return nil
	case os.SameFile(stands, it.info):
		return job.Rejectf(job.Conflict, "name", "rendition %q would replace its own source", t.name)
	case t.replace == atomicfile.NoReplace && it.folder.OnConflict == SkipTaken:
		return job.Rejectf(job.Exists, "name", "rendition %q stands already", t.name)
	case t.replace == atomicfile.NoReplace:
		return job.Rejectf(job.Conflict, "name", "rendition %q stands already and on_conflict is %q", t.name, it.folder.OnConflict)
	default:
		return nil
	}
}

// standing returns what stands under a name of the output folder, or nil.
func standing(out *os.Root, name string) fs.FileInfo {
	if out == nil {
		return nil
	}
	fi, err := out.Stat(name)
	if err != nil {
		return nil
	}
	return fi
}

// path returns the absolute path of a target.
func (it *item) path(t *target) string { return filepath.Join(it.folder.Output, t.name) }
