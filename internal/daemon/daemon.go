// Package daemon is the composition root of the service: it builds the rooms
// from a configuration, connects them, runs them and drains them.
//
//	watcher (one for each folder) ─> queue ─> pipeline ─> ledger, queue.Done
//
// A configuration lives in a generation. A reload that succeeds ends the intake
// of the running generation and starts the next one beside it while what is in
// work finishes. Both share the queue, which keeps a source from being worked on
// twice at a time, the ledger and the claims on names. A reload that fails leaves
// everything as it is.
package daemon

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"imgwatchd/internal/config"
	"imgwatchd/internal/hooks"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/meter"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/web"
)

// Options says what a Daemon needs from the program around it.
type Options struct {
	Config  *config.Config                 // to begin with
	File    string                         // that it is from; empty: none
	Load    func() (*config.Config, error) // on reload; nil: there is no file to reload
	Log     *zap.Logger
	Version string
}

// A Daemon is the service. Make one with New and Run it once.
type Daemon struct {
	options Options
	ledger  *ledger.Ledger
	queue   *queue.Queue
	claims  *pipeline.Claims
	meter   *meter.Meter
	hooks   *hooks.Runner // as long as Run runs
	pauses  *pauses
	reloads *reloads
	reading chan struct{} // holds a token while the file is read for a reload
	server  *web.Server
	porch   *porch
	started time.Time

	opened   atomic.Pointer[ledger.Ledger] // nil: not yet
	serving  atomic.Pointer[generation]    // the one that takes files in; nil: none yet
	current  atomic.Pointer[config.Config] // the one in force
	loaded   atomic.Pointer[web.Loaded]
	stopping atomic.Bool // nothing more is taken in
}

// New returns a Daemon; nothing runs before Run.
func New(o Options) *Daemon {
	d := &Daemon{
		options: o,
		queue:   queue.New(o.Config.QueueSize()),
		claims:  pipeline.NewClaims(),
		meter:   meter.New(o.Version),
		reloads: newReloads(),
		reading: make(chan struct{}, 1),
		started: time.Now(),
	}
	d.current.Store(o.Config)
	d.loaded.Store(&web.Loaded{File: o.File, At: d.started})
	d.server = d.newServer()
	d.porch = newPorch(o.Log, d.server)
	return d
}

// Run serves until intake ends: then nothing new is taken up and what is in work
// is finished. When work ends, what is in work is given up as well.
func (d *Daemon) Run(intake, work context.Context) (err error) {
	log := d.options.Log
	log.Info("starting", zap.String("version", d.options.Version), zap.String("state_dir", d.options.Config.StateDir()))
	closeLedger, err := d.openLedger()
	if err != nil && !ledger.Passing(err) {
		return err
	}
	d.readPauses()
	d.porch.set(d.options.Config.HTTP())
	stopServing := d.serve()
	defer func() { stopServing() }()
	if err != nil {
		if closeLedger, err = d.awaitLedger(intake, err); err != nil {
			return err
		}
	}
	defer func() { // whoever is being answered may still ask the ledger
		stopServing()
		err = errors.Join(err, closeLedger())
	}()
	endHooks := d.runHooks(work)
	defer endHooks()
	var beside sync.WaitGroup
	defer beside.Wait()
	awake, end := context.WithCancel(intake)
	defer end()
	beside.Go(func() { d.sweep(awake) })
	defer d.measure()()

	var generations errgroup.Group
	var asked []chan<- error // who wait for cfg to be in force
	for cfg := d.options.Config; cfg != nil; {
		d.current.Store(cfg)
		d.meter.Configure(presets(cfg))
		d.queue.Resize(cfg.QueueSize())
		d.ledger.SetBounds(cfg.Retention())
		d.setHooks(cfg)
		current, end := context.WithCancel(intake)
		next := newGeneration(d, cfg)
		d.serving.Store(next)
		generations.Go(func() error {
			defer end() // a generation that fails ends the wait for a reload
			return next.run(current, work)
		})
		d.porch.set(cfg.HTTP())
		notifyReady()
		tell(asked, nil)
		cfg, asked = d.awaitReload(current)
		end()
	}
	if err := generations.Wait(); err != nil {
		return err
	}
	endHooks()
	log.Info("stopped")
	return nil
}
