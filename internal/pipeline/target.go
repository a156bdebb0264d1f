package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

// A target is a rendition that is to be published, and where.
type target struct {
	render.Plan
	name string // slash-separated, below the output folder
}

// path returns the absolute path of a target.
func (it *item) path(t target) string { return filepath.Join(it.folder.Output, t.name) }

// key returns what is claimed with the name of a target: what is one file to the
// filesystem has one key.
func (p *Pipeline) key(it *item, t target) string { return p.keyOf(it, it.path(t)) }

func (p *Pipeline) keyOf(it *item, path string) string {
	if blind, _ := p.blind.Load(it.folder.Output); blind == true {
		return strings.ToLower(path)
	}
	return path
}

// lookAtCase finds out, once for each output folder, whether its filesystem is blind to
// case.
func (p *Pipeline) lookAtCase(it *item, out *os.Root) error {
	if _, known := p.blind.Load(it.folder.Output); known {
		return nil
	}
	blind, err := atomicfile.CaseBlind(out)
	if err == nil {
		p.blind.Store(it.folder.Output, blind)
	}
	return err
}

// recallClaim makes the claims remember whose a path was before this process. The name
// of a source that has left is free, as forgetNames has it.
func (p *Pipeline) recallClaim(it *item, t target) {
	if p.options.Ledger == nil || p.claims.knows(p.key(it, t)) {
		return
	}
	source, gone, ok := p.options.Ledger.MadeFrom(it.path(t))
	maker := p.claims.owner(source)
	gone = gone || maker == p.owner(it) && it.past.Replaced
	if ok && (!gone || it.folder.OnConflict == Overwrite) {
		p.claims.remember(p.key(it, t), maker)
	}
}

// abandoned reports whether the holder of a path is a source that someone has taken
// away, so that it makes nothing any more.
func (p *Pipeline) abandoned(path string, holder owner) bool {
	if p.options.Ledger == nil {
		return false
	}
	source, gone, ok := p.options.Ledger.MadeFrom(path)
	if !ok || gone || p.claims.owner(source) != holder {
		return false
	}
	_, err := os.Lstat(source)
	return errors.Is(err, fs.ErrNotExist)
}

// owner returns who claims the names of the item's targets.
func (p *Pipeline) owner(it *item) owner {
	return p.claims.owner(filepath.Join(it.folder.Root, it.job.Path))
}

// nameTargets gives each target its name and leaves out those that stand already
// and are to be skipped. It turns down early what could not be published later;
// the last word is spoken when the name is taken.
func (p *Pipeline) nameTargets(it *item) error {
	out, err := atomicfile.OpenRoot(it.folder.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist): // it is made when the first rendition is published
	case err != nil:
		return job.Rejectf(job.Transient, "name", "open output folder: %w", err)
	default:
		defer out.Close()
	}
	var wanted []target
	for _, t := range it.targets {
		t.name, err = nameOf(it.folder, it.job.Path, it.source.SHA256, t.Plan)
		if err == nil {
			err = p.available(it, t, out)
		}
		if job.ClassOf(err) == job.Exists {
			it.omitted = append(it.omitted, t.Preset.Name)
			continue
		}
		if err != nil {
			return err
		}
		wanted = append(wanted, t)
	}
	it.targets = wanted
	if len(wanted) == 0 {
		return it.nothingNew("name")
	}
	return nil
}

// available returns why t cannot be published under its name. A nil out is a
// folder that does not exist yet.
func (p *Pipeline) available(it *item, t target, out *os.Root) error {
	p.recallClaim(it, t)
	stands := standing(out, t.name)
	holder, held := p.claims.holder(p.key(it, t))
	if held && holder != p.owner(it) && p.abandoned(it.path(t), holder) {
		p.claims.release(p.key(it, t), holder)
		held = false
	}
	ours := held && holder == p.owner(it)
	switch {
	case stands == nil:
		return nil
	case it.folder.OnConflict == Overwrite && os.SameFile(stands, it.info):
		return job.Rejectf(job.Conflict, "name", "rendition %q would replace its own source", t.name)
	case held && !ours && it.folder.OnConflict != Rename:
		return p.conflict(it, t, holder)
	case !ours && it.folder.OnConflict == SkipTaken && (held || p.options.Ledger == nil):
		// With a ledger it may be of a run that ended before it could record it: then
		// it holds the same.
		return job.Rejectf(job.Exists, "name", "rendition %q stands already", t.name)
	default:
		return nil
	}
}

// conflict says whose the name of t is.
func (p *Pipeline) conflict(it *item, t target, holder owner) error {
	return job.Rejectf(job.Conflict, "name", "rendition %q is made from %s already; use {ext} or {hash} in its name, or on_conflict: rename",
		t.name, p.nameHolder(it, it.path(t), holder))
}

// nameHolder looks for the holder of a name in the ledger, and then among the files
// beside the source, where it nearly always is: a.jpg beside a.png.
func (p *Pipeline) nameHolder(it *item, path string, holder owner) string {
	if p.options.Ledger != nil {
		if source, _, ok := p.options.Ledger.MadeFrom(path); ok && p.claims.owner(source) == holder {
			return strconv.Quote(source)
		}
	}
	return p.holderBeside(it, holder)
}

func (p *Pipeline) holderBeside(it *item, holder owner) string {
	dir := path.Dir(it.job.Path)
	beside, err := os.ReadDir(filepath.Join(it.folder.Root, dir))
	if err != nil {
		return "another source"
	}
	for _, e := range beside {
		name := path.Join(dir, e.Name())
		if p.claims.owner(filepath.Join(it.folder.Root, name)) == holder {
			return strconv.Quote(name)
		}
	}
	return "another source"
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
