// Package watcher finds the files that are dropped into a folder and says when
// they are ready to be read. It never reads what is in them.
//
// The promise: every regular file that comes to rest beneath the root, and that
// the patterns admit, is handed over, with the fingerprint that it had at rest.
// Scanning is what keeps that promise. Events only make it fast: wherever they
// may be incomplete (at the start, in a new directory, after an overflow, a full
// queue or an absent root) the answer is the same scan, and one runs from time
// to time for what nobody noticed. A file at rest has kept its size, time and
// inode for the quiet period, and no one holds it open for writing, as far as the
// filesystem can tell.
//
// The limits: a file may be handed over more than once, so the receiver has to
// know what it has done. Symbolic links below the root, devices, pipes and
// sockets are refused; the root itself may be a link. A writer that closes a file
// and pauses for longer than the quiet period looks finished; its file is handed
// over again when it grows. A filesystem that blocks a system call for ever, as
// a dead network mount does, blocks this watcher (and no other).
//
// Run owns all goroutines and joins them before it returns. The other methods
// may be called at any time from anywhere. The functions in Options and Hooks are
// called from within Run, one at a time; they should be quick.
package watcher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"imgwatchd/internal/atomicfile"
)

const (
	rootCheck = 2 * time.Second       // between two looks at whether the root still stands
	gather    = 20 * time.Millisecond // between two readings of the inbox, so that storms of events merge
	retryFull = time.Second           // after a refused job, when nobody tells of room
	retell    = 10 * time.Second      // between two words of how a root that stands is watched, which may change with each directory
)

// A Watcher watches one drop folder. Use New, then Run once.
type Watcher struct {
	opts    Options
	filter  filter
	inbox   *inbox
	refused refused
	limits  limits

	check       time.Duration // rootCheck
	retell      time.Duration // retell
	settleLimit int           // maxSettling

	// The two calls that the kernel may refuse when a limit is reached.
	newNotify func() (*fsnotify.Watcher, error)
	addNotify func(*fsnotify.Watcher, string) error

	told   State // what Hooks.State heard last; of the goroutine in Run
	toldAt time.Time

	mu    sync.Mutex
	state State
}

// New returns a watcher of o.Root. It does not touch the disk.
func New(o Options) *Watcher {
	o = o.withDefaults()
	return &Watcher{
		opts:        o,
		filter:      newFilter(o.Include, o.Exclude),
		inbox:       newInbox(),
		refused:     newRefused(),
		limits:      limits{hook: o.Hooks.Limit},
		check:       rootCheck,
		retell:      retell,
		settleLimit: maxSettling,
		newNotify:   fsnotify.NewWatcher,
		addNotify:   (*fsnotify.Watcher).Add,
		state:       State{Reason: "not started"},
	}
}

// Run watches until ctx ends and then returns nil. A root that is missing, or
// goes away, is waited for. Only wrong Options are an error.
func (w *Watcher) Run(ctx context.Context) error {
	if err := w.opts.Validate(); err != nil {
		return err
	}
	for {
		err := w.watchRoot(ctx)
		if ctx.Err() != nil {
			return nil
		}
		w.setState(State{Reason: err.Error()}, time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.check):
		}
	}
}

// watchRoot watches the root for as long as it stands, and says why it no
// longer does.
func (w *Watcher) watchRoot(ctx context.Context) error {
	id, err := identifyRoot(w.opts.Root)
	if err != nil {
		return err
	}
	root, err := atomicfile.OpenRoot(w.opts.Root)
	if err != nil {
		return fmt.Errorf("open root: %w", err)
	}
	defer root.Close()
	t := newTree(w, root, id)
	defer t.close()
	return t.run(ctx)
}

// identifyRoot looks at the root by its path. It never opens what is not a
// directory: opening a pipe would block.
func identifyRoot(path string) (identity, error) {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return identity{}, fmt.Errorf("look at root: %w", err)
	case !fi.IsDir():
		return identity{}, fmt.Errorf("look at root: %q is not a directory", path)
	}
	return identityOf(fi), nil
}

var errReplaced = errors.New("root was replaced by another directory")

// Rescan asks for a scan of the whole folder now.
func (w *Watcher) Rescan() { w.inbox.rescan() }

// Revisit asks for a look at the job path again after a while: its source has
// changed, or what kept it from being worked on may have passed.
func (w *Watcher) Revisit(path string, after time.Duration) {
	w.inbox.visit(path, time.Now().Add(after))
}

// State returns what the watcher is doing at this moment.
func (w *Watcher) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state
}

// setState publishes s, and tells of it unless only numbers have moved. When it is too
// early to tell, it returns when to come again.
func (w *Watcher) setState(s State, now time.Time) (later time.Time) {
	w.mu.Lock()
	w.state = s
	w.mu.Unlock()
	switch due := w.toldAt.Add(w.retell); {
	case s.OK == w.told.OK && s.Reason == w.told.Reason && s.Mode == w.told.Mode:
	case s.OK && w.told.OK && now.Before(due):
		return due
	default:
		w.told, w.toldAt = s, now
		w.opts.Hooks.State(s)
	}
	return time.Time{}
}
