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

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/ledger"
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
	reload  chan struct{}
}

// New returns a Daemon; nothing runs before Run.
func New(o Options) *Daemon {
	return &Daemon{options: o, ledger: ledger.New(), reload: make(chan struct{}, 1)}
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
	d.options.Log.Info("starting", zap.String("version", d.options.Version))
	notifyReady()
	for cfg := d.options.Config; cfg != nil; {
		g := newGeneration(d, cfg)
		until, end := context.WithCancelCause(intake)
		served := make(chan error, 1)
		go func() { served <- g.run(until, work) }()
		cfg = d.awaitReload(until)
		end(errReplaced)
		if err := <-served; err != nil {
			return err
		}
		if cfg != nil {
			notifyReady()
			d.options.Log.Info("configuration reloaded")
		}
	}
	d.options.Log.Info("stopped")
	return nil
}

var errReplaced = errors.New("the configuration was replaced")

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
