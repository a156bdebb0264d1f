package daemon

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"

	"imgwatchd/internal/web"
)

// Pause implements web.API. What is in work is finished; what waits in the queue leaves it,
// and is found again by the scan when the folder is resumed.
func (c *Control) Pause(folders []string) ([]web.Result, error) {
	known, results := c.choose(folders)
	err := c.pauses().pause(known...)
	c.note("folders paused", known)
	return results, err
}

// Resume implements web.API.
func (c *Control) Resume(folders []string) ([]web.Result, error) {
	known, results := c.choose(folders)
	err := c.pauses().resume(known...)
	c.note("folders resumed", known)
	c.scan(known)
	return results, err
}

// Rescan implements web.API.
func (c *Control) Rescan(folders []string) ([]web.Result, error) {
	if c.daemon == nil {
		return nil, web.ErrNoDaemon
	}
	known, results := c.choose(folders)
	c.scan(known)
	return results, nil
}

// Reload implements web.API.
func (c *Control) Reload(ctx context.Context) error {
	if c.daemon == nil {
		return web.ErrNoDaemon
	}
	select {
	case err := <-c.daemon.reloads.ask():
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the reload: %w", ctx.Err())
	}
}

// choose returns the folders that have the names, all when there are none, and a result
// for each name.
func (c *Control) choose(names []string) (known []string, results []web.Result) {
	var all []string
	for _, f := range c.config.Watchers() {
		all = append(all, f.Folder)
	}
	if len(names) == 0 {
		names = all
	}
	results = []web.Result{}
	for _, name := range names {
		r := web.Result{Path: name}
		if slices.Contains(all, name) {
			r.Count = 1
			known = append(known, name)
		} else {
			r.Problem = fmt.Sprintf("no folder is called so; there are %s", strings.Join(all, ", "))
		}
		results = append(results, r)
	}
	return known, results
}

// scan has folders looked through now.
func (c *Control) scan(folders []string) {
	if c.live == nil {
		return
	}
	for _, name := range folders {
		c.live.intakes[name].watcher.Rescan()
	}
}

// note writes to the log what an operator has told the daemon.
func (c *Control) note(what string, folders []string) {
	if c.daemon != nil && len(folders) > 0 {
		c.daemon.options.Log.Info(what, zap.Strings("folders", folders))
	}
}
