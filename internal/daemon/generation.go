package daemon

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/watcher"
)

// slack is how much longer than the timeout of a picture a stage may take before
// something must be wrong: a disk that is slow to write, a machine that swaps.
const slack = 10 * time.Minute

// A generation is the life of one configuration.
type generation struct {
	journal  journal
	ledger   *ledger.Ledger
	queue    *queue.Queue
	pipeline *pipeline.Pipeline
	intakes  map[string]*intake // by folder
	pulse    pulse
	patience time.Duration // how long a stage may take
}

func newGeneration(d *Daemon, cfg *config.Config) *generation {
	options := cfg.Pipeline()
	options.Version = d.options.Version
	options.Claims = d.claims
	g := &generation{
		journal:  newJournal(d.options.Log),
		ledger:   d.ledger,
		queue:    d.queue,
		intakes:  make(map[string]*intake),
		patience: options.Timeout + slack,
	}
	options.Hooks = pipeline.Hooks{
		Started:  func(job.Job) { g.pulse.beat(time.Now()) },
		Staged:   func(pipeline.Stage, time.Duration, time.Duration) { g.pulse.beat(time.Now()) },
		Finished: g.finish,
	}
	g.pipeline = pipeline.New(options)
	for _, f := range options.Folders {
		g.intakes[f.Name] = &intake{recipe: recipe(f, options)}
	}
	for _, w := range cfg.Watchers() {
		in := g.intakes[w.Folder]
		w.Add = func(j job.Job) bool { return in.add(g.queue, j) }
		w.Room = func() <-chan struct{} { return in.room(g.queue) }
		w.Known = g.settled
		w.Hooks = g.journal.watching(w.Folder)
		in.watcher = watcher.New(w)
	}
	return g
}

// recipe returns the hash of all that decides what becomes of a folder's sources.
func recipe(f pipeline.Folder, o pipeline.Options) string {
	return fmt.Sprintf("%s %v %v %v", f.Hash(), o.Limits, o.Timeout, o.Memory)
}

// run serves until intake ends and all that is in work is finished or, when work
// ends, given up.
func (g *generation) run(intake, work context.Context) error {
	g.pulse.beat(time.Now())
	all, intake := errgroup.WithContext(intake)
	for name, in := range g.intakes {
		all.Go(func() error {
			if err := in.watcher.Run(intake); err != nil {
				return fmt.Errorf("watch folder %q: %w", name, err)
			}
			return nil
		})
	}
	ended := make(chan struct{})
	all.Go(func() error { g.petWatchdog(ended); return nil })
	all.Go(func() error {
		defer close(ended)
		g.pipeline.Run(work, func() (job.Job, bool) { return g.next(intake) })
		return nil
	})
	return all.Wait()
}

// next takes a job from the queue that there is still something to do for.
func (g *generation) next(ctx context.Context) (job.Job, bool) {
	for {
		j, ok := g.queue.Get(ctx)
		if !ok {
			return j, false
		}
		in := g.intakes[j.Folder]
		switch {
		case in == nil || !in.gate.lets(j.Key()):
			// Of a folder that a former configuration had, or behind a closed
			// gate: a scan finds it when the gate opens.
			g.queue.Done(j.Key())
		case g.settled(j):
			g.queue.Done(j.Key())
			in.needless(j, time.Now())
		default:
			return j, true
		}
	}
}

func (g *generation) settled(j job.Job) bool {
	return g.ledger.Settled(j, g.intakes[j.Folder].recipe)
}

// finish is called at the end of each job. The record comes first: once the queue
// lets go of the job, a scan may ask for it.
func (g *generation) finish(o job.Outcome) {
	in := g.intakes[o.Job.Folder]
	g.journal.finished(o)
	g.ledger.Record(o, in.recipe)
	g.queue.Done(o.Job.Key())
	in.finished(o, time.Now())
}
