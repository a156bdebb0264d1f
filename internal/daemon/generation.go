package daemon

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/meter"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/watcher"
)

// slack is how much longer than the timeout of a picture a stage may take before
// something must be wrong: a disk that is slow to write, a machine that swaps.
const slack = 10 * time.Minute

// A generation is the life of one configuration.
type generation struct {
	config   *config.Config
	journal  journal
	ledger   *ledger.Ledger
	claims   *pipeline.Claims
	queue    *queue.Queue
	meter    *meter.Meter
	pipeline *pipeline.Pipeline
	intakes  map[string]*intake // by folder
	pulse    pulse
	patience time.Duration // how long a stage may take
}

func newGeneration(d *Daemon, cfg *config.Config) *generation {
	options := cfg.Pipeline()
	options.Version = d.options.Version
	options.Claims = d.claims
	options.Ledger = d.ledger
	g := &generation{
		config:   cfg,
		journal:  newJournal(d.options.Log),
		ledger:   d.ledger,
		claims:   d.claims,
		queue:    d.queue,
		meter:    d.meter,
		intakes:  make(map[string]*intake),
		patience: options.Timeout + slack,
	}
	options.Hooks = pipeline.Hooks{
		Started:  g.started,
		Staged:   g.staged,
		Finished: g.finish,
		LastTry:  func(j job.Job) bool { return g.intakes[j.Folder].gate.lastTry(j.Key()) },
	}
	g.pipeline = pipeline.New(options)
	for _, f := range options.Folders {
		g.intakes[f.Name] = &intake{recipe: g.pipeline.Recipe(f.Name), journal: g.journal, pauses: d.pauses}
	}
	for _, w := range cfg.Watchers() {
		in := g.intakes[w.Folder]
		w.Add = func(j job.Job) bool { return in.add(g.queue, j) }
		w.Room = func() <-chan struct{} { return in.room(g.queue) }
		w.Known = g.known
		w.Hooks = in.noting(counted(g.meter, w.Folder, g.journal.watching(w.Folder)))
		in.watcher = watcher.New(w)
	}
	return g
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
		case in.paused():
			// The scan when it is resumed finds it. A trial was none then.
			g.queue.Done(j.Key())
			in.gate.settle(j.Key(), ending{}, time.Now())
		case g.known(j):
			g.queue.Done(j.Key())
			in.needless(j, time.Now())
		default:
			return j, true
		}
	}
}

// known reports whether nothing is to be done for a file: all is done, or it is our own
// work, which stands in the folder by way of a link or a mount.
func (g *generation) known(j job.Job) bool {
	r := g.intakes[j.Folder].recipe
	return g.ledger.Settled(j, r) || g.claims.Publishing(j.Fingerprint) ||
		ownFile(g.ledger, r.Path(j.Path), j.Fingerprint) != ""
}

// ownFile returns where we published the file at path, or moved it to, if it is the same
// file; else "".
func ownFile(l *ledger.Ledger, path string, f job.Fingerprint) string {
	own, err := l.Own(f)
	if err != nil {
		return ""
	}
	for _, at := range own {
		if at != path && sameFile(at, path) {
			return at
		}
	}
	return ""
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	there, err := os.Lstat(a)
	if err != nil {
		return false
	}
	here, err := os.Lstat(b)
	return err == nil && os.SameFile(here, there)
}

func (g *generation) started(j job.Job) {
	g.pulse.beat(time.Now())
	g.meter.Started(j)
}

func (g *generation) staged(s pipeline.Stage, wait, busy time.Duration) {
	g.pulse.beat(time.Now())
	g.meter.Staged(string(s), wait, busy)
}

// finish is called at the end of each job, which is on record by now: once the queue
// lets go of it, a scan may ask for it.
func (g *generation) finish(o job.Outcome) {
	g.meter.Finished(o) // first, so that who reads of it in the log finds it counted
	g.journal.finished(o)
	g.queue.Done(o.Job.Key())
	g.intakes[o.Job.Folder].finished(o, time.Now())
}
