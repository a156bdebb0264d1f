package daemon

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/queue"
	"imgwatchd/internal/web"
)

// Status implements web.API.
func (c *Control) Status() (web.Status, error) {
	s := web.Status{Now: time.Now(), StateDir: c.config.StateDir(), Folders: c.folders()}
	if c.daemon != nil {
		c.daemon.describe(&s)
	}
	return s, nil
}

// describe adds to a status what only a daemon that runs knows.
func (d *Daemon) describe(s *web.Status) {
	s.Version, s.PID, s.Started = d.options.Version, os.Getpid(), d.started
	s.StateDir = d.options.Config.StateDir()
	s.Config = *d.loaded.Load()
	s.Listen, s.Problem = d.porch.state()
	s.Queue = d.queueLength()
	s.Rate, s.Ended = d.meter.Rate(""), web.Counts(d.meter.Ended(""))
	s.Hooks = d.hooksWaiting()
	if g := d.serving.Load(); g != nil {
		s.Memory.Used, s.Memory.Budget = g.pipeline.Memory()
	}
	for _, stage := range d.meter.Stages() {
		s.Stages = append(s.Stages, web.StageTimes(stage))
	}
	for _, minute := range d.meter.Minutes() {
		s.Minutes = append(s.Minutes, web.Minute(minute))
	}
}

func (d *Daemon) queueLength() web.QueueLength {
	s := d.queue.Stats()
	l := web.QueueLength{Queued: s.Queued, InWork: s.InWork, Size: d.current.Load().QueueSize()}
	if !s.Oldest.IsZero() {
		l.Oldest = time.Since(s.Oldest)
	}
	return l
}

// folders returns how each drop folder is.
func (c *Control) folders() []web.Folder {
	presets := presets(c.config)
	paused := c.pauses()
	folders := []web.Folder{}
	for _, f := range c.config.Watchers() {
		state := web.Folder{Name: f.Folder, Path: f.Root, Reason: "no daemon is running", Paused: paused.of(f.Folder) != nil}
		switch {
		case c.live != nil:
			state = c.live.folder(f.Folder)
		case c.daemon != nil:
			state.Reason = "the daemon is starting"
		}
		state.Presets = presets[f.Folder]
		folders = append(folders, state)
	}
	return folders
}

// folder returns how a folder is, and what is done for it.
func (g *generation) folder(name string) web.Folder {
	f := g.intakes[name].state()
	f.Queued, f.InWork = g.queue.Count(name)
	f.Rate, f.Ended = g.meter.Rate(name), web.Counts(g.meter.Ended(name))
	return f
}

// pauses returns what is paused. What cannot be read is not.
func (c *Control) pauses() *pauses {
	if c.daemon != nil {
		return c.daemon.pauses
	}
	p, _ := openPauses(c.config.StateDir())
	return p
}

// Queue implements web.API.
func (c *Control) Queue(limit int) (web.Queue, error) {
	q := web.Queue{Working: []web.QueuedFile{}, Waiting: []web.QueuedFile{}}
	if c.daemon == nil {
		return q, nil
	}
	q.QueueLength = c.daemon.queueLength()
	working, waiting := c.daemon.queue.List(bounded(limit, web.UsualQueue))
	roots := make(map[string]string)
	for _, f := range c.config.Watchers() {
		roots[f.Folder] = f.Root
	}
	list := func(places []queue.Place) []web.QueuedFile {
		files := make([]web.QueuedFile, len(places))
		for i, p := range places {
			files[i] = web.QueuedFile{Folder: p.Folder, Path: filepath.Join(roots[p.Folder], p.Path), Since: p.Since}
		}
		return files
	}
	q.Working, q.Waiting = list(working), list(waiting)
	return q, nil
}

// History implements web.API.
func (c *Control) History(ctx context.Context, q web.Query) (web.History, error) {
	h := web.History{Entries: []ledger.Entry{}}
	if c.ledger == nil {
		return h, nil
	}
	found, more, err := c.ledger.Search(ctx, ledger.Search{
		Text: q.Text, Folder: q.Folder, State: job.State(q.State), Before: q.Before, Limit: bounded(q.Limit, web.UsualHistory),
	})
	return web.History{Entries: append(h.Entries, found...), More: more}, err
}

// bounded returns a limit that was asked for; 0 stands for the usual one.
func bounded(limit, usual int) int {
	if limit <= 0 {
		return usual
	}
	return min(limit, web.MostListed)
}
