package daemon

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"go.uber.org/zap"

	"imgwatchd/internal/web"
)

// serve answers on the control socket and for browsers until stop is called: also before
// the ledger is open, and while what is in work is finished. Where nothing answers the
// daemon does its work all the same. The socket is there when serve returns, so that who
// has started the daemon can ask it.
func (d *Daemon) serve() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	l, err := web.Listen(d.options.Config.Socket())
	serving.Go(func() {
		if err == nil {
			err = d.server.Serve(ctx, l)
		}
		if err != nil {
			d.options.Log.Warn("nothing answers on the control socket", zap.Error(err))
		}
	})
	serving.Go(func() { d.porch.run(ctx) })
	return func() { cancel(); serving.Wait() }
}

func (d *Daemon) newServer() *web.Server {
	calm := newJournal(d.options.Log).calm
	return &web.Server{
		API:     d.control,
		Page:    web.NewPage(d.control, newPictures(d.current.Load, d.opened.Load)),
		Metrics: d.meter.Handler(),
		Ready:   d.ready,
		Warn:    func(what string, err error) { calm.Warn(what, zap.Error(err)) },
	}
}

// control returns the control of the generation that takes files in now.
func (d *Daemon) control() web.API {
	if g := d.serving.Load(); g != nil {
		return &Control{config: g.config, ledger: g.ledger, live: g, daemon: d}
	}
	return &Control{config: d.options.Config, ledger: d.opened.Load(), daemon: d}
}

// ready returns why no files should be dropped now: the daemon does not work, or some
// folder does not. That a folder is paused is no reason: someone wants it so.
func (d *Daemon) ready() error {
	g := d.serving.Load()
	switch {
	case d.stopping.Load():
		return errors.New("stopping: what is in work is finished, nothing more is taken up")
	case g == nil:
		return errors.New("starting: the ledger is not open yet")
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(g.intakes)) {
		if why := g.intakes[name].trouble(); why != "" {
			errs = append(errs, fmt.Errorf("folder %s: %s", name, why))
		}
	}
	return errors.Join(errs...)
}
