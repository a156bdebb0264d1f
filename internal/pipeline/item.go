package pipeline

import (
	"io/fs"
	"runtime/debug"
	"slices"
	"time"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// An item is the envelope in which a job travels through the stages. One stage
// owns it at a time. Once err is set, the stages that follow only pass it on.
type item struct {
	job    job.Job
	folder *Folder
	recipe *ledger.Recipe
	err    error

	begun   bool        // the ledger knows that it is in work
	omitted []string    // presets that are left out, because their renditions stand already
	past    ledger.Past // what the ledger knows of it
	info    fs.FileInfo // the source, as it was opened
	header  codec.Header
	source  job.Source
	data    []byte // the source, whole
	targets []target
	results []rendition // one for each target
	outputs []job.Output
	gone    bool // the source has left its folder
	movedTo string
	left    error         // why the source could not be moved or deleted
	again   time.Duration // when to look at an unfinished source again

	booked  int64 // bytes of the memory budget that this item holds
	since   time.Time
	timings job.Timings
}

// newItem starts the clock of a job.
func (p *Pipeline) newItem(j job.Job) *item {
	it := &item{job: j, folder: p.folders[j.Folder], recipe: p.recipes[j.Folder], since: time.Now()}
	if it.folder == nil {
		it.err = job.Rejectf(job.Transient, "open", "no folder is called %q", j.Folder)
	}
	if p.options.Hooks.Started != nil {
		p.options.Hooks.Started(j)
	}
	return it
}

// stage runs work on the item, unless it failed before, and books the time that
// it waited and worked under the stage's name.
func (p *Pipeline) stage(s Stage, it *item, busy *time.Duration, work func() error) {
	start := time.Now()
	wait := start.Sub(it.since)
	if it.err == nil {
		it.err = guarded(string(s), work)
	}
	it.since = time.Now()
	*busy = it.since.Sub(start)
	it.timings.Wait += wait
	if p.options.Hooks.Staged != nil {
		p.options.Hooks.Staged(s, wait, *busy)
	}
}

// guarded does work and turns a panic into the reason of this one item.
func guarded(step string, work func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = job.Rejectf(job.Crashed, step, "panic: %v\n%s", v, debug.Stack())
		}
	}()
	return work()
}

// record makes the end of the item's job last. What cannot be recorded is not done.
// Nothing is said of a source that was not there: the record may be of one that has
// left, and of where to.
func (p *Pipeline) record(it *item) {
	class := job.ClassOf(it.err)
	if p.options.Ledger == nil || it.recipe == nil || class == job.Stopping || class == job.Vanished ||
		class == job.Modified && !it.begun {
		return
	}
	if class == job.Exists && job.StepOf(it.err) == recalled { // the record says so
		return
	}
	o := it.outcome()
	o.MovedTo = it.destination()
	if err := p.options.Ledger.Record(o, it.recipe); err != nil {
		it.err = job.Reject(job.Transient, "record", err)
		return
	}
	for _, out := range it.outputs {
		p.claims.forgetFile(out.Fingerprint) // the ledger knows it now
	}
}

// finish reports the end of the item's job.
func (p *Pipeline) finish(it *item) {
	if it.gone && p.options.Ledger != nil {
		// Should it not be noted, a file that is the same in all things is taken for
		// the one that has left: the ledger tells that it cannot be written.
		_ = p.options.Ledger.Left(it.recipe.Path(it.job.Path), it.movedTo)
	}
	if p.options.Hooks.Finished != nil {
		p.options.Hooks.Finished(it.outcome())
	}
}

// output returns what is known of a target's rendition before it is made.
func (it *item) output(t target) job.Output {
	return job.Output{
		Preset: t.Preset.Name,
		Path:   it.path(t),
		Format: string(t.Format),
		Width:  t.Width,
		Height: t.Height,
	}
}

// unmade returns the presets of which no rendition stands: those that were left out or,
// when the whole job came to nothing, all others.
func (it *item) unmade() []string {
	if it.err == nil || it.folder == nil {
		return it.omitted
	}
	var presets []string
	for _, preset := range it.folder.Presets {
		published := slices.ContainsFunc(it.outputs, func(o job.Output) bool { return o.Preset == preset.Name })
		if !published && !it.made(preset) {
			presets = append(presets, preset.Name)
		}
	}
	return presets
}

// outcome returns what became of the item.
func (it *item) outcome() job.Outcome {
	return job.Outcome{
		Job:     it.job,
		State:   job.ClassOf(it.err).State(),
		Err:     it.err,
		Left:    it.left,
		Source:  it.source,
		Outputs: it.outputs,
		Unmade:  it.unmade(),
		Gone:    it.gone,
		MovedTo: it.movedTo,
		Again:   it.again,
		Timings: it.timings,
	}
}
