package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/web"
)

// errStopping is the answer to those who want a reload of a daemon that ends.
var errStopping = errors.New("the daemon is stopping")

// reloads gathers those who wait for a reload. Many who ask at the same time share one, but
// never one that has begun before they asked: the file may have changed since.
type reloads struct {
	wake chan struct{} // holds a token when someone has asked

	mu      sync.Mutex
	waiting []chan<- error
	over    bool
}

func newReloads() *reloads { return &reloads{wake: make(chan struct{}, 1)} }

// nudge asks for a reload and does not wait.
func (r *reloads) nudge() {
	select {
	case r.wake <- struct{}{}:
	default: // asked for already
	}
}

// ask asks for a reload. The channel gets what comes of it.
func (r *reloads) ask() <-chan error {
	answer := make(chan error, 1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		answer <- errStopping
		return answer
	}
	r.waiting = append(r.waiting, answer)
	r.nudge()
	return answer
}

// begin returns those who have asked so far.
func (r *reloads) begin() []chan<- error {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.waiting
	r.waiting = nil
	return asked
}

// end tells all who ask from now on that there will be no reload.
func (r *reloads) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	tell(r.waiting, errStopping)
	r.waiting = nil
}

func tell(asked []chan<- error, err error) {
	for _, answer := range asked {
		answer <- err
	}
}

// Reload asks for the configuration to be loaded again. It never blocks.
func (d *Daemon) Reload() { d.reloads.nudge() }

// awaitReload returns the next configuration, and those who wait for it to be in force;
// nil once ctx ends.
func (d *Daemon) awaitReload(ctx context.Context) (*config.Config, []chan<- error) {
	for {
		select {
		case <-ctx.Done():
			d.stopping.Store(true)
			d.reloads.end()
			notifyStopping()
			d.options.Log.Info("stopping: finishing what is in work")
			return nil, nil
		case <-d.reloads.wake:
		}
		notifyReloading()
		asked := d.reloads.begin()
		cfg, err := d.load(ctx)
		if ctx.Err() != nil {
			tell(asked, errStopping)
			continue
		}
		d.meter.Reloaded(err)
		if err == nil {
			d.noteReload(cfg)
			return cfg, asked
		}
		d.options.Log.Error("reload refused, the former configuration stays", zap.Error(err))
		d.noteRefusal(err)
		notifyReady()
		tell(asked, err)
	}
}

// noteReload tells of a configuration that was loaded again, and of what of it does not
// come into force.
func (d *Daemon) noteReload(cfg *config.Config) {
	log := d.options.Log
	log.Info("configuration reloaded")
	if cfg.StateDir() != d.ledger.Dir() {
		log.Warn("state_dir changes at the next start", zap.String("state_dir", d.ledger.Dir()))
	}
	if socket := d.options.Config.Socket(); cfg.Socket() != socket {
		log.Warn("socket changes at the next start", zap.String("socket", socket))
	}
	d.loaded.Store(&web.Loaded{File: d.options.File, At: time.Now()})
}

// noteRefusal remembers what is wrong with the file, if there is one.
func (d *Daemon) noteRefusal(err error) {
	if errors.Is(err, errNoFile) {
		return
	}
	loaded := *d.loaded.Load()
	loaded.Refused = clipped(err.Error())
	d.loaded.Store(&loaded)
}

var errNoFile = errors.New("running on embedded defaults: there is no configuration file to reload")

const (
	loadTime = 30 * time.Second // for the file to be read
	lastWait = 5 * time.Second  // for that when the daemon stops; then it is left behind
)

// load loads the configuration again. A file of a mount that is dead may never come back:
// it is not waited for, and not read again meanwhile.
func (d *Daemon) load(ctx context.Context) (*config.Config, error) {
	if d.options.Load == nil {
		return nil, errNoFile
	}
	select {
	case d.reading <- struct{}{}:
	default:
		return nil, fmt.Errorf("reading %q for a former reload has not come to its end; is its mount dead?", d.options.File)
	}
	loaded := make(chan struct{})
	var cfg *config.Config
	var err error
	go func() {
		cfg, err = d.read()
		<-d.reading
		close(loaded)
	}()
	select {
	case <-loaded:
		return cfg, err
	case <-time.After(loadTime):
		return nil, fmt.Errorf("reading %q takes longer than %v; is its mount dead?", d.options.File, loadTime)
	case <-ctx.Done():
	}
	select {
	case <-loaded:
	case <-time.After(lastWait):
	}
	return nil, errStopping
}

// read reads the configuration, and the token that it names.
func (d *Daemon) read() (*config.Config, error) {
	cfg, err := d.options.Load()
	if err != nil {
		return nil, err
	}
	if _, err := cfg.HTTP().Token(); err != nil {
		return nil, config.Faults{{File: d.options.File, Path: "http.token_file", Problem: err.Error()}}
	}
	return cfg, nil
}

// clipped leaves of the faults of a file what fits a status.
func clipped(text string) string {
	const most = 4 << 10
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}
