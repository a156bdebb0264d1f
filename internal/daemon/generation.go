package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/watcher"
)

// heldFor is how long a source waits that the machine's state kept from being
// worked on.
const heldFor = 10 * time.Second

// staleTemp is the age from which a temporary file in an output folder is taken
// for the left-over of a killed process.
const staleTemp = time.Hour

// slack is how much longer than the timeout of a picture a stage may take before
// something must be wrong: a disk that is slow to write, a machine that swaps.
const slack = 2 * time.Minute

// A generation is the life of one configuration.
type generation struct {
	journal  journal
	ledger   *ledger.Ledger
	queue    *queue.Queue
	pipeline *pipeline.Pipeline
	folders  []pipeline.Folder
	watchers map[string]*watcher.Watcher // by folder
	recipes  map[string]string           // by folder: the hash of its presets
	pulse    pulse
	patience time.Duration // how long a stage may take
}

func newGeneration(d *Daemon, cfg *config.Config) *generation {
	options := cfg.Pipeline()
	g := &generation{
		journal:  newJournal(d.options.Log),
		ledger:   d.ledger,
		queue:    queue.New(cfg.QueueSize()),
		folders:  options.Folders,
		watchers: make(map[string]*watcher.Watcher),
		recipes:  make(map[string]string),
	}
	for _, f := range options.Folders {
		g.recipes[f.Name] = recipe(f)
	}
	options.Version = d.options.Version
	options.Hooks = pipeline.Hooks{
		Started:  func(job.Job) { g.pulse.beat(time.Now()) },
		Staged:   func(pipeline.Stage, time.Duration, time.Duration) { g.pulse.beat(time.Now()) },
		Finished: g.finish,
	}
	g.pipeline = pipeline.New(options)
	g.patience = options.Timeout + slack
	for _, w := range cfg.Watchers() {
		w.Add = g.queue.Add
		w.Room = g.queue.Room
		w.Known = g.settled
		w.Hooks = g.journal.watching(w.Folder)
		g.watchers[w.Folder] = watcher.New(w)
	}
	return g
}

// recipe returns the hash of what a folder's presets do.
func recipe(f pipeline.Folder) string {
	var b strings.Builder
	for _, p := range f.Presets {
		b.WriteString(p.Hash())
	}
	return b.String()
}

// run serves until intake ends and all that is in work is finished or, when work
// ends, given up.
func (g *generation) run(intake, work context.Context) error {
	all, intake := errgroup.WithContext(intake)
	for name, w := range g.watchers {
		all.Go(func() error {
			if err := w.Run(intake); err != nil {
				return fmt.Errorf("watch folder %q: %w", name, err)
			}
			return nil
		})
	}
	all.Go(func() error { g.sweep(intake); return nil })
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
		if !ok || !g.settled(j) {
			return j, ok
		}
		g.queue.Done(j.Key())
	}
}

func (g *generation) settled(j job.Job) bool { return g.ledger.Settled(j, g.recipes[j.Folder]) }

// finish is called at the end of each job.
func (g *generation) finish(o job.Outcome) {
	g.journal.finished(o)
	g.ledger.Record(o, g.recipes[o.Job.Folder])
	g.queue.Done(o.Job.Key())
	switch w := g.watchers[o.Job.Folder]; o.State {
	case job.Changed:
		w.Revisit(o.Job.Path, 0)
	case job.Held:
		w.Revisit(o.Job.Path, heldFor)
	}
}

// sweep removes what killed processes left in the output folders.
func (g *generation) sweep(ctx context.Context) {
	seen := make(map[string]bool)
	for _, f := range g.folders {
		for _, dir := range []string{f.Output, f.Archive, f.Failed} {
			if dir == "" || seen[dir] {
				continue
			}
			seen[dir] = true
			if n, err := sweepDir(ctx, dir); n > 0 || err != nil {
				g.journal.log.Info("removed stale temporary files", zap.String("dir", dir), zap.Int("removed", n), zap.Error(err))
			}
		}
	}
}

func sweepDir(ctx context.Context, dir string) (int, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer root.Close()
	return atomicfile.SweepTemps(ctx, root, staleTemp)
}
