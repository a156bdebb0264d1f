package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
	"imgwatchd/internal/web"
)

// A Control answers what operators ask and does what they tell, by the ledger and the
// configuration; with a daemon also by what goes on in it. It is safe for use by many
// goroutines.
type Control struct {
	config *config.Config
	ledger *ledger.Ledger // nil: there is none, so that nothing is known
	live   *generation    // that takes files in; nil: none does
	daemon *Daemon        // nil: none runs
}

var _ web.API = (*Control)(nil)

// NewControl returns a control for the time in which no daemon runs. l may be nil.
func NewControl(c *config.Config, l *ledger.Ledger) *Control {
	return &Control{config: c, ledger: l}
}

// Failed implements web.API.
func (c *Control) Failed(ctx context.Context) ([]ledger.Entry, error) {
	if c.ledger == nil {
		return nil, nil
	}
	failed, err := c.ledger.Failed(ctx)
	return slices.DeleteFunc(failed, func(e ledger.Entry) bool { // someone took it away
		_, err := os.Lstat(e.Path)
		return !e.Gone && errors.Is(err, fs.ErrNotExist)
	}), err
}

// Retry implements web.API. What was moved to the failed folder is moved back to
// where it was dropped.
func (c *Control) Retry(s web.Selection) ([]web.Result, error) {
	failed := sync.OnceValues(func() ([]ledger.Entry, error) { // for those alone who ask for what is below a directory
		return c.Failed(context.Background()) // what was told is done, though who told it may hang up
	})
	defer c.rescan()
	paths, results, err := c.located(s)
	if err != nil {
		return nil, err
	}
	if s.All {
		paths = append(paths, "/")
	}
	for _, path := range paths {
		e, found, err := c.find(path)
		switch {
		case err != nil:
			return results, err
		case found:
			results = append(results, resultOf(path, c.retry(e)))
			continue
		}
		all, err := failed()
		if err != nil {
			return results, err
		}
		results = append(results, c.retryBelow(c.named(path), all)...)
	}
	return results, nil
}

// retryBelow tries what failed below a directory.
func (c *Control) retryBelow(dir string, failed []ledger.Entry) []web.Result {
	var results []web.Result
	for _, e := range failed {
		if rel, err := filepath.Rel(dir, e.Path); err == nil && filepath.IsLocal(rel) {
			results = append(results, resultOf(e.Path, c.retry(e)))
		}
	}
	if len(results) == 0 && dir != "/" {
		return []web.Result{resultOf(dir, errors.New("nothing that failed is known of it"))}
	}
	return results
}

func (c *Control) retry(e ledger.Entry) error {
	if e.State != job.Failed {
		return fmt.Errorf("it has not failed but is %s; to have it made again: imgwatchd reprocess", e.State)
	}
	if e.MovedTo == "" {
		if _, err := os.Lstat(e.Path); err != nil {
			return fmt.Errorf("it is not there any more: %w", err)
		}
		return c.ledger.Redo(e, "")
	}
	f, name, ok := c.folderOf(e.Path)
	if !ok {
		return errors.New("it came from a folder that is not configured any more")
	}
	if err := pipeline.Restore(e.MovedTo, f.Root, name); err != nil {
		return err
	}
	return c.ledger.Redo(e, "")
}

// Reprocess implements web.API.
func (c *Control) Reprocess(s web.Selection) ([]web.Result, error) {
	if _, ok := c.config.Preset(s.Preset); !ok && s.Preset != "" {
		return nil, fmt.Errorf("no preset is called %q; there are %s", s.Preset, strings.Join(c.config.PresetNames(), ", "))
	}
	defer c.rescan()
	return c.edit(s,
		func(e ledger.Entry) error {
			if e.Gone {
				return errors.New("it has left its folder; drop it again to have it worked on")
			}
			return c.ledger.Redo(e, s.Preset)
		},
		func(dir string) (int, error) { return c.ledger.RedoBelow(dir, s.Preset) })
}

// Forget implements web.API.
func (c *Control) Forget(s web.Selection) ([]web.Result, error) {
	return c.edit(s,
		func(e ledger.Entry) error { return c.ledger.Forget(e.Path) },
		func(dir string) (int, error) { return c.ledger.ForgetBelow(dir) })
}

// edit does one to each source that is selected, and below to each directory.
func (c *Control) edit(s web.Selection, one func(ledger.Entry) error, below func(dir string) (int, error)) ([]web.Result, error) {
	paths, results, err := c.located(s)
	if err != nil {
		return nil, err
	}
	if s.All {
		paths = append(paths, "/")
	}
	for _, path := range paths {
		e, found, err := c.find(path)
		if err != nil {
			return results, err
		}
		if found {
			results = append(results, resultOf(path, one(e)))
			continue
		}
		r := web.Result{Path: path}
		if c.ledger != nil {
			if r.Count, err = below(c.named(path)); err != nil {
				return results, err
			}
		}
		if r.Count == 0 && path != "/" {
			r.Problem = ledger.ErrUnknown.Error()
		}
		results = append(results, r)
	}
	return results, nil
}

// located returns the paths of a selection, those of its IDs too, and a problem for each
// ID that no source has.
func (c *Control) located(s web.Selection) (paths []string, problems []web.Result, err error) {
	paths = slices.Clone(s.Paths)
	for _, id := range s.IDs {
		e, found, err := c.entry(id)
		switch {
		case err != nil:
			return nil, nil, err
		case found:
			paths = append(paths, e.Path)
		default:
			problems = append(problems, web.Result{Problem: fmt.Sprintf("no source has the ID %d any more", id)})
		}
	}
	return paths, problems, nil
}

func (c *Control) entry(id int64) (ledger.Entry, bool, error) {
	if c.ledger == nil {
		return ledger.Entry{}, false, nil
	}
	return c.ledger.Entry(id)
}

func resultOf(path string, err error) web.Result {
	if err != nil {
		return web.Result{Path: path, Problem: err.Error()}
	}
	return web.Result{Path: path, Count: 1}
}

// find looks for the entry of a source by where it stands, stood, or was moved to.
func (c *Control) find(path string) (ledger.Entry, bool, error) {
	if c.ledger == nil {
		return ledger.Entry{}, false, nil
	}
	return c.ledger.Find(c.named(path))
}

// named returns a path as the ledger has it: a drop folder may be configured by a link.
func (c *Control) named(path string) string {
	for _, f := range c.config.Watchers() {
		if rel, err := filepath.Rel(resolved(f.Root), path); err == nil && filepath.IsLocal(rel) {
			return filepath.Join(f.Root, rel)
		}
	}
	return path
}

// folderOf returns the drop folder that path is in, and its name below it.
func (c *Control) folderOf(path string) (f watcher.Options, name string, ok bool) {
	for _, f := range c.config.Watchers() {
		if rel, err := filepath.Rel(f.Root, c.named(path)); err == nil && rel != "." && filepath.IsLocal(rel) {
			return f, rel, true
		}
	}
	return watcher.Options{}, "", false
}

// resolved returns where a path leads, or the path itself when it leads nowhere.
func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// rescan has what was asked for worked on at once.
func (c *Control) rescan() {
	known, _ := c.choose(nil)
	c.scan(known)
}
