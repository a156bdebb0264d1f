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

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"imgwatchd/internal/config"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
)

// Options says what a Daemon needs from the program around it.
type Options struct {
	Config  *config.Config                 // to begin with
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
	serving atomic.Pointer[generation]    // the one that takes files in; nil: none yet
	current atomic.Pointer[config.Config] // the one in force
	reload  chan struct{}
}

// New returns a Daemon; nothing runs before Run.
func New(o Options) *Daemon {
	d := &Daemon{
		options: o,
		queue:   queue.New(o.Config.QueueSize()),
		claims:  pipeline.NewClaims(),
		reload:  make(chan struct{}, 1),
	}
	d.current.Store(o.Config)
	return d
}

// Reload asks for the configuration to be loaded again. It never blocks.
func (d *Daemon) Reload() {
	select {
	case d.reload <- struct{}{}:
	default: // asked for already
	}
}

// Run serves until intake ends: then nothing new is taken up and what is in work
// is finished. When work ends, what is in work is given up as well.
func (d *Daemon) Run(intake, work context.Context) (err error) {
	log := d.options.Log
	log.Info("starting", zap.String("version", d.options.Version), zap.String("state_dir", d.options.Config.StateDir()))
	closeLedger, err := d.awaitLedger(intake)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeLedger()) }()
	var beside sync.WaitGroup
	defer beside.Wait()
	awake, end := context.WithCancel(intake)
	defer end()
	beside.Go(func() { d.sweep(awake) })
	beside.Go(func() { d.serveControl(awake) })

	var generations errgroup.Group
	for cfg := d.options.Config; cfg != nil; {
		d.current.Store(cfg)
		d.queue.Resize(cfg.QueueSize())
		d.ledger.SetBounds(cfg.Retention())
		current, end := context.WithCancel(intake)
		next := newGeneration(d, cfg)
		d.serving.Store(next)
		generations.Go(func() error {
			defer end() // a generation that fails ends the wait for a reload
			return next.run(current, work)
		})
		notifyReady()
		cfg = d.awaitReload(current)
		end()
	}
	if err := generations.Wait(); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

// awaitReload returns the next configuration, or nil once ctx ends.
func (d *Daemon) awaitReload(ctx context.Context) *config.Config {
	for {
		select {
		case <-ctx.Done():
			notifyStopping()
			d.options.Log.Info("stopping: finishing what is in work")
			return nil
		case <-d.reload:
		}
		notifyReloading()
		cfg, err := d.load()
		if err == nil {
			d.options.Log.Info("configuration reloaded")
			if cfg.StateDir() != d.ledger.Dir() {
				d.options.Log.Warn("state_dir changes at the next start", zap.String("state_dir", d.ledger.Dir()))
			}
			return cfg
		}
		d.options.Log.Error("reload refused, the former configuration stays", zap.Error(err))
		notifyReady()
	}
}

func (d *Daemon) load() (*config.Config, error) {
	if d.options.Load == nil {
		return nil, errors.New("running on embedded defaults: there is no configuration file to reload")
	}
	return d.options.Load()
}
