package meter

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Live is how the daemon is at one moment.
type Live struct {
	Queued, InWork int           // jobs that wait, and that are in work
	Oldest         time.Duration // for which the first of the queue has waited
	MemoryUsed     int64         // bytes that pictures in work have booked
	MemoryBudget   int64         // bytes that they may book
	HooksWaiting   int           // messages to hooks that are not delivered yet
	Folders        []LiveFolder
}

// A LiveFolder is how a drop folder is at one moment.
type LiveFolder struct {
	Name            string
	OK, Paused      bool
	Starting        bool // not OK, but only because nobody has looked at it yet
	Watches, Polled int  // directories that send events, and that are polled
	Settling        int  // files that are waited for
}

// Watch has the meter ask live for what is true at a moment: once for each scrape, and
// once a second while Run runs.
func (m *Meter) Watch(live func() Live) { m.live.Store(&live) }

// ask returns how the daemon is now.
func (m *Meter) ask() Live {
	if live := m.live.Load(); live != nil {
		return (*live)()
	}
	return Live{}
}

// Gauges are the series that are read when they are asked for, all from one Live.
type gauges struct {
	meter   *Meter
	values  []gaugeOf[Live]
	folders []gaugeOf[LiveFolder]
}

// A gaugeOf reads one number out of a T.
type gaugeOf[T any] struct {
	desc *prometheus.Desc
	read func(T) float64
}

func newGauges(m *Meter) *gauges {
	value := func(name, help string, read func(Live) float64) gaugeOf[Live] {
		return gaugeOf[Live]{prometheus.NewDesc(namespace+"_"+name, help, nil, nil), read}
	}
	folder := func(name, help string, read func(LiveFolder) float64) gaugeOf[LiveFolder] {
		return gaugeOf[LiveFolder]{prometheus.NewDesc(namespace+"_"+name, help, []string{"folder"}, nil), read}
	}
	return &gauges{m,
		[]gaugeOf[Live]{
			value("queue_depth", "Jobs that wait in the queue.", func(l Live) float64 { return float64(l.Queued) }),
			value("queue_oldest_age_seconds", "How long the first job of the queue has waited; 0 when none waits.", func(l Live) float64 { return l.Oldest.Seconds() }),
			value("in_flight", "Jobs in work.", func(l Live) float64 { return float64(l.InWork) }),
			value("memory_budget_bytes", "Memory that pictures in work may take.", func(l Live) float64 { return float64(l.MemoryBudget) }),
			value("memory_used_bytes", "Memory that pictures in work have booked of the budget.", func(l Live) float64 { return float64(l.MemoryUsed) }),
			value("hooks_waiting", "Messages to hooks that are not delivered yet.", func(l Live) float64 { return float64(l.HooksWaiting) }),
		},
		[]gaugeOf[LiveFolder]{
			folder("folder_up", "1 if files of the folder are found and worked on, else 0.", func(f LiveFolder) float64 { return oneIf(f.OK) }),
			folder("folder_paused", "1 if an operator has paused the folder, else 0.", func(f LiveFolder) float64 { return oneIf(f.Paused) }),
			folder("watches", "Directories that send events.", func(f LiveFolder) float64 { return float64(f.Watches) }),
			folder("polled_directories", "Directories that are polled, because they send no events or may not be watched.", func(f LiveFolder) float64 { return float64(f.Polled) }),
			folder("settling_files", "Files that are waited for until nobody writes to them.", func(f LiveFolder) float64 { return float64(f.Settling) }),
		},
	}
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(descs chan<- *prometheus.Desc) {
	for _, v := range g.values {
		descs <- v.desc
	}
	for _, f := range g.folders {
		descs <- f.desc
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(metrics chan<- prometheus.Metric) {
	live := g.meter.ask()
	for _, v := range g.values {
		metrics <- prometheus.MustNewConstMetric(v.desc, prometheus.GaugeValue, v.read(live))
	}
	for _, folder := range g.meter.known(live.Folders) {
		for _, f := range g.folders {
			metrics <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, f.read(folder), folder.Name)
		}
	}
}

// known returns each configured folder once, as it is among live or, when it is not
// there, not up.
func (m *Meter) known(live []LiveFolder) []LiveFolder {
	folders := *m.folders.Load()
	byName := make(map[string]LiveFolder, len(folders))
	for name := range folders {
		byName[name] = LiveFolder{Name: name}
	}
	for _, f := range live {
		if folders[f.Name] != nil {
			byName[f.Name] = f
		}
	}
	all := make([]LiveFolder, 0, len(byName))
	for _, f := range byName {
		all = append(all, f)
	}
	return all
}
