// Package pipeline works jobs off in three stages joined by small bounded
// channels:
//
//	next ─> readers ─> transformers ─> writers ─> Hooks.Finished
//
// Readers open, check and read a source whole; transformers decode it, carry out
// the presets' steps and encode the results, and use all the processors;
// writers publish the renditions and then see to the source. Stages pass encoded
// bytes, never pixels. A reader admits a picture only when the memory that its
// header foretells is free, and refuses one that would take more than the whole
// budget, so that memory stays bounded. A slow stage fills the channel before it, and in the end next is
// no longer called: that is the back-pressure.
//
// With a ledger, a job makes only what it has not made before, and its end is on
// record before its source is moved or deleted.
//
// One bad file never stops the others: what goes wrong with an item travels with
// the item to the last stage, and each job's outcome is reported exactly once.
//
// A picture that takes longer than its timeout is given up. Its decoder cannot
// be killed from outside; it is left to run out, its result is thrown away and
// its memory stays booked until then, or until it must be taken for hung. A decoder
// that panics fails its job only, as long as it panics in the goroutine that called
// it.
package pipeline

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/render"
)

// Options says what a Pipeline does and with how much.
type Options struct {
	Folders []Folder

	Readers      int // 0: 2 for each processor, 8 at most, or fewer where few files may be open
	Transformers int // 0: one for each processor
	Writers      int // 0: 64, or fewer where few files may be open: they wait for the disk together

	Memory  int64 // bytes for pictures in work; 0: half of what the machine or its cgroup has
	Limits  codec.Limits
	Timeout time.Duration // of the transformation of one picture; 0: 60 s
	MinFree int64         // bytes that must be free where renditions go; 0: any

	Ledger  *ledger.Ledger // what became of sources, and becomes; nil: nothing is remembered
	Claims  *Claims        // what this process published before; nil: nothing
	Version string         // of the program, for the notes beside failed files
	Hooks   Hooks
}

// DefaultMemory returns the bytes that pictures in work may take when Options do not
// say: half of what the machine or the process's cgroup has.
func DefaultMemory() int64 { return machineMemory() / 2 }

func (o Options) applyDefaults() Options {
	readers, writers := defaultWorkers(len(o.Folders))
	o.Readers = cmp.Or(o.Readers, readers)
	o.Transformers = cmp.Or(o.Transformers, runtime.GOMAXPROCS(0))
	o.Writers = cmp.Or(o.Writers, writers)
	if o.Memory == 0 {
		o.Memory = DefaultMemory()
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.Claims == nil {
		o.Claims = NewClaims()
	}
	o.Limits.MaxPixels = cmp.Or(o.Limits.MaxPixels, codec.DefaultLimits().MaxPixels)
	return o
}

// A Stage is a part of the pipeline.
type Stage string

const (
	Read      Stage = "read"
	Transform Stage = "transform"
	Write     Stage = "write"
)

// Hooks carry progress outwards. All are optional; they are called from the
// stages' goroutines, several at a time, and hold up the stage that calls them.
type Hooks struct {
	Started  func(job.Job)                           // a reader took the job up
	Staged   func(s Stage, wait, busy time.Duration) // an item left a stage: how long it waited for it and worked in it
	Finished func(job.Outcome)                       // the end of a job, once for each

	// LastTry reports whether a job was held so often, while others ended well, that
	// the next fault of the machine is taken for one of the file.
	LastTry func(job.Job) bool
}

// A Pipeline works jobs off; see the package comment. Make one with New.
type Pipeline struct {
	options Options
	folders map[string]*Folder
	recipes map[string]*ledger.Recipe // by folder
	budget  *semaphore.Weighted
	booked  atomic.Int64 // bytes of budget
	claims  *Claims
	blind   sync.Map         // output folder: whether its filesystem is blind to case
	files   atomicfile.Group // what the writers publish in
	make    func(context.Context, []byte, codec.Header, []render.Plan) ([]rendition, error)
}

// New returns a Pipeline; nothing runs before Run.
func New(o Options) *Pipeline {
	asked := o
	o = o.applyDefaults()
	p := &Pipeline{
		options: o,
		folders: make(map[string]*Folder, len(o.Folders)),
		recipes: make(map[string]*ledger.Recipe, len(o.Folders)),
		budget:  semaphore.NewWeighted(o.Memory),
		claims:  o.Claims,
		files:   atomicfile.Group{Size: max(1, o.Writers*3/4)},
		make:    renderAll,
	}
	for i := range o.Folders {
		f := o.Folders[i].applyDefaults()
		p.folders[f.Name] = &f
		p.recipes[f.Name] = f.recipe(asked) // not what the machine has room for at this start
	}
	return p
}

// Recipe returns what the ledger must know of a folder, nil when there is no such.
func (p *Pipeline) Recipe(folder string) *ledger.Recipe { return p.recipes[folder] }

// Memory returns how many bytes pictures in work have booked, and how many they may. It
// is cheap.
func (p *Pipeline) Memory() (booked, budget int64) { return p.booked.Load(), p.options.Memory }

// Run takes jobs from next until it returns false, and returns when all that
// were taken are finished. When ctx ends, the jobs in work are given up: they
// finish as Aborted, at once, and what works on their pixels is left to run out
// after Run has returned, as it is after a timeout.
//
// next may block and is called by several goroutines; what ends the intake must
// end it.
func (p *Pipeline) Run(ctx context.Context, next func() (job.Job, bool)) {
	transform := make(chan *item, p.options.Transformers)
	write := make(chan *item, p.options.Writers)
	go reserveDescriptors(p.options.Readers + p.options.Writers)

	var writers sync.WaitGroup
	for range p.options.Writers {
		writers.Go(func() { p.write(ctx, write) })
	}
	var transformers sync.WaitGroup
	for range p.options.Transformers {
		transformers.Go(func() { p.transform(ctx, transform, write) })
	}
	var readers sync.WaitGroup
	for range p.options.Readers {
		readers.Go(func() { p.read(ctx, next, transform) })
	}

	readers.Wait()
	close(transform)
	transformers.Wait()
	close(write)
	p.files.Hurry()
	writers.Wait()
	p.files.Close()
}
