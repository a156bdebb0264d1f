// Package daemon is the composition root of the service: it builds the rooms
// from a configuration, connects them, runs them and drains them.
//
//	watcher (one for each folder) ─> queue ─> pipeline ─> ledger, queue.Done
//
// A configuration lives in a generation. A reload that succeeds ends the intake
// of the running generation, lets what is in work finish, and starts the next
// one, whose first scan finds whatever was left in the queue; one that fails
// leaves everything as it is.
package daemon

import (
	"context"
	"errors"
	"sync"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
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
	claims  *pipeline.Claims
	reload  chan struct{}
}

// New returns a Daemon; nothing runs before Run.
func New(o Options) *Daemon {
	return &Daemon{options: o, ledger: ledger.New(), claims: pipeline.NewClaims(), reload: make(chan struct{}, 1)}
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
func (d *Daemon) Run(intake, work context.Context) error {
	log := d.options.Log
	log.Info("starting", zap.String("version", d.options.Version))
	var sweeping sync.WaitGroup
	sweeping.Go(func() { d.sweep(intake) })
	defer sweeping.Wait()

	notifyReady()
	for cfg := d.options.Config; cfg != nil; {
		next, err := d.serve(intake, work, cfg)
		if err != nil {
			return err
		}
		if cfg = next; cfg != nil {
			notifyReady()
			log.Info("configuration reloaded")
		}
	}
	log.Info("stopped")
	return nil
}

// serve runs a generation until it is to be replaced by another configuration,
// which it returns, or ends for good.
func (d *Daemon) serve(intake, work context.Context, cfg *config.Config) (*config.Config, error) {
	intake, end := context.WithCancel(intake)
	defer end()
	ended := make(chan error, 1)
	go func() {
		defer end() // a generation that fails ends the wait for a reload
		ended <- newGeneration(d, cfg).run(intake, work)
	}()
	next := d.awaitReload(intake)
	end()
	return next, <-ended
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
