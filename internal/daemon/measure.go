package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/meter"
	"imgwatchd/internal/watcher"
)

// measure has the meter run, and systemd told of what it says, until stop is called: also
// while the daemon finishes what is in work.
func (d *Daemon) measure() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	d.meter.Watch(d.live)
	running.Go(func() { d.meter.Run(ctx) })
	running.Go(func() { d.tellStatus(ctx) })
	return func() { cancel(); running.Wait() }
}

// hooksWaiting returns how many messages to hooks are not delivered yet.
func (d *Daemon) hooksWaiting() int {
	if open := d.opened.Load(); open != nil {
		return open.Waiting()
	}
	return 0
}

// live returns how the daemon is at this moment.
func (d *Daemon) live() meter.Live {
	q := d.queueLength()
	l := meter.Live{Queued: q.Queued, InWork: q.InWork, Oldest: q.Oldest, HooksWaiting: d.hooksWaiting()}
	g := d.serving.Load()
	if g == nil {
		return l
	}
	l.MemoryUsed, l.MemoryBudget = g.pipeline.Memory()
	for _, name := range slices.Sorted(maps.Keys(g.intakes)) {
		begun := g.intakes[name].begun.Load() // before the state, which may come meanwhile
		f := g.intakes[name].state()
		l.Folders = append(l.Folders, meter.LiveFolder{
			Name: f.Name, OK: f.OK, Paused: f.Paused, Starting: !f.OK && !begun, Watches: f.Watches, Polled: f.Polled, Settling: f.Settling,
		})
	}
	return l
}

// presets returns the presets of each folder.
func presets(cfg *config.Config) map[string][]string {
	folders := make(map[string][]string)
	for _, f := range cfg.Pipeline().Folders {
		names := make([]string, len(f.Presets))
		for i, p := range f.Presets {
			names[i] = p.Name
		}
		folders[f.Name] = names
	}
	return folders
}

// counted returns hooks that count what a folder's watcher meets and then call those of h.
func counted(m *meter.Meter, folder string, h watcher.Hooks) watcher.Hooks {
	overflow, scanned := h.Overflow, h.Scanned
	h.Overflow = func() {
		m.Overflowed(folder)
		overflow()
	}
	h.Scanned = func(s watcher.ScanStats) {
		m.Scanned(folder, s.Files, s.Took)
		scanned(s)
	}
	return h
}

// tellEvery is how often systemd is told how the daemon is, if that has changed.
const tellEvery = 2 * time.Second

// tellStatus tells systemd how the daemon is, for "systemctl status", until ctx ends.
func (d *Daemon) tellStatus(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	told := ""
	for {
		if line := statusLine(d.live(), d.meter.Rate("")); line != told {
			notifyStatus(line)
			told = line
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// statusLine says in a line how the daemon is and what it does.
func statusLine(l meter.Live, rate float64) string {
	var starting, degraded, paused []string
	for _, f := range l.Folders {
		switch {
		case f.Paused:
			paused = append(paused, f.Name)
		case f.Starting:
			starting = append(starting, f.Name)
		case !f.OK:
			degraded = append(degraded, f.Name)
		}
	}
	line := fmt.Sprintf("%d folders", len(l.Folders))
	if len(l.Folders) == 1 {
		line = "1 folder"
	}
	line += among("starting", starting) + among("degraded", degraded) + among("paused", paused)
	return line + fmt.Sprintf(", %d queued, %d in work, %s files/s", l.Queued, l.InWork, shortRate(rate))
}

// among names the folders of which something is to be said, the first three at most.
func among(what string, folders []string) string {
	switch n := len(folders); {
	case n == 0:
		return ""
	case n > 3:
		return fmt.Sprintf(", %d %s (%s, …)", n, what, strings.Join(folders[:3], ", "))
	default:
		return fmt.Sprintf(", %d %s (%s)", n, what, strings.Join(folders, ", "))
	}
}

// shortRate returns a rate with no more digits than say something.
func shortRate(rate float64) string {
	if rate < 10 {
		return fmt.Sprintf("%.2g", rate)
	}
	return fmt.Sprintf("%.0f", rate)
}
