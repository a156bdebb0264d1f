package watcher

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// A notify is the set of watched directories. It is opened with the first watch
// and can be used again after close. Its one goroutine moves events into the
// inbox.
type notify struct {
	w       *Watcher
	fs      *fsnotify.Watcher // nil: not open
	drained sync.WaitGroup
}

// watch makes path, relative to the root, send events. Watching it again is
// cheap and repairs a watch that got lost.
func (n *notify) watch(path string) error {
	if n.fs == nil {
		fs, err := n.w.newNotify()
		if err != nil {
			return err
		}
		n.fs = fs
		n.drained.Go(func() { drain(fs.Events, fs.Errors, n.w.opts.Root, n.w.inbox) })
	}
	return n.w.addNotify(n.fs, filepath.Join(n.w.opts.Root, path))
}

// unwatch ends a watch; that it may have ended by itself is no fault.
func (n *notify) unwatch(path string) {
	if n.fs != nil {
		_ = n.fs.Remove(filepath.Join(n.w.opts.Root, path))
	}
}

// close ends all watches and waits for the goroutine.
func (n *notify) close() {
	if n.fs == nil {
		return
	}
	_ = n.fs.Close()
	n.drained.Wait()
	n.fs = nil
}

// drain moves what happens into the inbox until events is closed. Both channels
// must be read at all times: an error that nobody reads stops the events.
func drain(events <-chan fsnotify.Event, errs <-chan error, root string, in *inbox) {
	for {
		select {
		case ev, ok := <-events:
			if !ok {
				return
			}
			in.touch(relative(root, ev.Name), presenceAfter(ev.Op))
		case err, ok := <-errs:
			switch {
			case !ok:
				errs = nil
			case errors.Is(err, fsnotify.ErrEventOverflow):
				in.overflow()
			default:
				in.lose()
			}
		}
	}
}

func presenceAfter(op fsnotify.Op) presence {
	if op.Has(fsnotify.Remove) || op.Has(fsnotify.Rename) {
		return gone
	}
	return touched
}

// relative returns name, which is the root or beneath it, relative to the root.
func relative(root, name string) string {
	rel := strings.TrimPrefix(strings.TrimPrefix(name, root), "/")
	if rel == "" {
		return "."
	}
	return rel
}
