package daemon

import (
	"context"
	"sync"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/hooks"
)

// runHooks starts to deliver what the ledger has in its outbox. The function that it
// returns ends that, once no more comes in.
func (d *Daemon) runHooks(work context.Context) (end func()) {
	log := newJournal(d.options.Log)
	d.hooks = hooks.New(d.ledger, hooks.Options{Version: d.options.Version, Report: func(r hooks.Report) {
		for range r.Count {
			d.meter.Hooked(r.Hook, string(r.Result))
		}
		log.hooked(r)
	}})
	ctx, cancel := context.WithCancel(context.WithoutCancel(work))
	var running sync.WaitGroup
	running.Go(func() { d.hooks.Run(ctx, work) })
	return func() {
		cancel()
		running.Wait()
	}
}

// setHooks makes the hooks of a configuration the ones that are told. What they say of
// a full disk is said of every other write as well.
func (d *Daemon) setHooks(c *config.Config) {
	all := c.Hooks()
	names := make([]string, len(all))
	for i, h := range all {
		names[i] = h.Name
	}
	_ = d.hooks.Configure(all) // which counts what it drops for those that have left
	d.meter.ConfigureHooks(names...)
}

// hooked writes what became of deliveries to the log. A hook that is dead fails with
// every event alike.
func (l journal) hooked(r hooks.Report) {
	fields := []zap.Field{zap.String("hook", r.Hook), zap.Int("count", r.Count)}
	if r.Event != "" {
		fields = append(fields, zap.String("event", r.Event), zap.Int("tries", r.Tries), zap.Duration("took", r.Took))
	}
	if r.Err != nil {
		fields = append(fields, zap.Error(r.Err))
	}
	if r.Output != "" {
		fields = append(fields, zap.String("output", r.Output))
	}
	switch r.Result {
	case hooks.Delivered:
		l.log.Debug("hook told", fields...)
	case hooks.Delayed:
		l.calm.Warn("hook failed, will try again", append(fields, zap.Duration("next", r.Next))...)
	case hooks.Failed:
		l.calm.Warn("hook failed for good, the event is given up", fields...)
	case hooks.Expired:
		l.calm.Warn("events expired that could not be delivered", fields...)
	case hooks.Dropped:
		l.calm.Warn("events dropped, too many waited for the hook or it is no more", fields...)
	}
}
