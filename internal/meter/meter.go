// Package meter counts what the daemon does, for Prometheus and for the status page.
//
// The promise: counting holds up nobody. Started, Staged, Finished and their like take
// no lock and wait for nothing; whoever asks pays. Every series of a configured folder,
// preset and hook exists from the start, at zero, and no label ever holds the name of a
// file, so that there are as many series as the configuration has, whatever is dropped.
//
// The limits: numbers begin at zero with each process. The last hour is kept in minutes,
// as samples that Run takes each second: what ends in the second before a full minute may
// be counted in the next. A folder that leaves the configuration takes its series with it;
// what of it is still in work then is counted in the totals only.
//
// A Meter is safe for use by many goroutines. Run must be running for the hour and the
// rates to move on.
package meter

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"imgwatchd/internal/job"
)

// A Meter counts. Make one with New; it lives as long as the daemon.
type Meter struct {
	registry *prometheus.Registry
	vectors  *vectors
	folders  atomic.Pointer[map[string]*folder]
	all      tally // of all folders, also of those that have left
	stages   [len(stageNames)]stage
	live     atomic.Pointer[func() Live]

	mu   sync.Mutex // for the hour and the trails of the tallies
	hour hour

	configuring sync.Mutex // one Configure at a time
}

// New returns a Meter for a program of this version. It starts nothing.
func New(version string) *Meter {
	m := &Meter{registry: prometheus.NewRegistry(), vectors: newVectors()}
	m.folders.Store(&map[string]*folder{})
	m.all.trail.add(time.Now(), 0)
	for i, name := range stageNames {
		m.stages[i].histograms(m.vectors, name)
	}
	m.registry.MustRegister(m.vectors.collectors()...)
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newGauges(m),
	)
	m.vectors.build.WithLabelValues(version, runtime.Version()).Set(1)
	m.Reloaded(nil) // nothing starts with a configuration that is refused
	return m
}

// Configure tells which folders there are, with the presets of each. Their series exist
// from now on; the series of folders and presets that have left are dropped.
func (m *Meter) Configure(folders map[string][]string) {
	m.configuring.Lock()
	defer m.configuring.Unlock()
	former := *m.folders.Load()
	next := make(map[string]*folder, len(folders))
	for name, presets := range folders {
		next[name] = m.vectors.folder(name, presets, former[name])
	}
	for name := range former {
		if next[name] == nil {
			m.vectors.dropFolder(name)
		}
	}
	m.folders.Store(&next)
}

// ConfigureHooks tells which hooks there are, as Configure does for folders.
func (m *Meter) ConfigureHooks(hooks ...string) {
	m.configuring.Lock()
	defer m.configuring.Unlock()
	m.vectors.setHooks(hooks)
}

// folder returns a folder of the configuration in force, or nil.
func (m *Meter) folder(name string) *folder { return (*m.folders.Load())[name] }

// Started counts that a job was taken up.
func (m *Meter) Started(j job.Job) {
	if f := m.folder(j.Folder); f != nil {
		f.started.Inc()
	}
}

// Staged counts that an item left a stage ("read", "transform" or "write"): how long it
// waited for it and was worked on in it.
func (m *Meter) Staged(name string, wait, busy time.Duration) {
	if i := stageIndex(name); i >= 0 {
		m.stages[i].add(wait, busy)
	}
}

// Finished counts the end of a job.
func (m *Meter) Finished(o job.Outcome) {
	m.all.count(o.State)
	if wasRead(o) {
		m.vectors.read.Add(float64(o.Source.Size))
		for _, out := range o.Outputs {
			m.vectors.written.Add(float64(out.Size))
		}
	}
	if f := m.folder(o.Job.Folder); f != nil {
		f.finished(o)
	}
}

// wasRead reports whether the source was read whole. If not, outputs of the outcome are
// of an earlier time, when they were counted.
func wasRead(o job.Outcome) bool { return o.Source.SHA256 != "" }

// Overflowed counts that a folder lost events.
func (m *Meter) Overflowed(name string) {
	if f := m.folder(name); f != nil {
		f.overflows.Inc()
	}
}

// Scanned counts a scan of a whole folder, which found so many files.
func (m *Meter) Scanned(name string, files int, took time.Duration) {
	m.vectors.scanTime.Observe(took.Seconds())
	if f := m.folder(name); f != nil {
		f.scans.Inc()
		f.files.Set(float64(files))
	}
}

// Reloaded notes how the configuration was loaded again: with nil, well.
func (m *Meter) Reloaded(err error) {
	if err != nil {
		m.vectors.reloadOK.Set(0)
		return
	}
	m.vectors.reloadOK.Set(1)
	m.vectors.reloadedAt.SetToCurrentTime()
}

// Hooked counts what became of one message to a hook: delivered, delayed, failed, expired
// or dropped. The hook is named as the configuration names it.
func (m *Meter) Hooked(hook, result string) {
	m.vectors.hooked.WithLabelValues(validUTF8(hook), validUTF8(result)).Inc()
}

// Ended returns how jobs of a folder, or of all with "", ended since the start.
func (m *Meter) Ended(folder string) Counts {
	if t := m.tally(folder); t != nil {
		return t.counts()
	}
	return Counts{}
}

// Rate returns how many files of a folder, or of all with "", ended per second over the
// last minute, or since the start if that is less.
func (m *Meter) Rate(folder string) float64 {
	t := m.tally(folder)
	if t == nil {
		return 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return t.trail.rate(time.Now(), t.counts().ended())
}

// tally returns that of a folder, of all with "", or nil.
func (m *Meter) tally(name string) *tally {
	if name == "" {
		return &m.all
	}
	if f := m.folder(name); f != nil {
		return f.tally
	}
	return nil
}

// Run takes a sample each second until ctx ends.
func (m *Meter) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		m.sample(m.ask().Queued)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sample brings the hour and the rates up to this moment.
func (m *Meter) sample(queued int) {
	folders := *m.folders.Load()
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.catchUp(queued)
	m.all.trail.add(now, m.all.counts().ended())
	for _, f := range folders {
		f.trail.add(now, f.counts().ended())
	}
}

// catchUp brings the hour up to this moment, which it returns.
func (m *Meter) catchUp(queued int) time.Time {
	now, c := time.Now(), m.all.counts()
	total := totals{done: c.Done, failed: c.Failed}
	for i := range m.stages {
		total.stages[i] = m.stages[i].sums()
	}
	m.hour.add(now, total, queued)
	return now
}

// Minutes returns the last 60 minutes, the latest, which is not over, last. Those before
// the start are empty.
func (m *Meter) Minutes() []Minute {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hour.minutes(m.catchUp(0))
}

// Stages returns where time went in each stage over the last 60 minutes.
func (m *Meter) Stages() []StageTimes {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hour.stages(m.catchUp(0))
}
