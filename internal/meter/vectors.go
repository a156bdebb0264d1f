package meter

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"imgwatchd/internal/job"
)

// namespace begins the name of each of our series.
const namespace = "imgwatchd"

// buckets of the times that stages take and that items wait for them, in seconds: from
// a thumbnail of a small picture to the usual timeout.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}

// scanBuckets are those of scans: from an empty folder to a tree of millions.
var scanBuckets = []float64{.001, .005, .01, .05, .1, .5, 1, 5, 10, 30, 60, 300}

// Vectors are the series that are counted as things happen.
type vectors struct {
	build                   *prometheus.GaugeVec
	files, sources, started *prometheus.CounterVec
	read, written           prometheus.Counter
	stageWait, stageBusy    *prometheus.HistogramVec
	overflows, scans        *prometheus.CounterVec
	scanTime                prometheus.Histogram
	scanFiles               *prometheus.GaugeVec
	reloadOK, reloadedAt    prometheus.Gauge
	hooked                  *prometheus.CounterVec
	hooks                   []string
}

func newVectors() *vectors {
	return &vectors{
		build:     gaugeVec("build_info", "Always 1; the version of the program and of the Go that built it.", "version", "goversion"),
		files:     counterVec("files_total", "Renditions, by preset, and what became of them: done, failed, skipped, or held, to be tried again.", "folder", "preset", "result"),
		sources:   counterVec("sources_total", "Attempts at source files, how they ended and, unless done, for what class of reason.", "folder", "result", "class"),
		started:   counterVec("sources_started_total", "Source files that the pipeline took up.", "folder"),
		read:      counter("read_bytes_total", "Bytes of source files that were read."),
		written:   counter("written_bytes_total", "Bytes of renditions that were published."),
		stageWait: histogramVec("stage_wait_seconds", "How long items waited for a stage of the pipeline.", "stage"),
		stageBusy: histogramVec("stage_duration_seconds", "How long items were worked on in a stage of the pipeline.", "stage"),
		overflows: counterVec("event_overflows_total", "Times that the kernel's event queue overflowed, each followed by a rescan.", "folder"),
		scans:     counterVec("rescans_total", "Scans of a whole folder.", "folder"),
		scanTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: namespace, Name: "rescan_duration_seconds", Help: "How long scans of a whole folder took.", Buckets: scanBuckets,
		}),
		scanFiles:  gaugeVec("rescan_files", "Files that the last scan of the whole folder found.", "folder"),
		reloadOK:   gauge("config_last_reload_successful", "1 if the configuration was accepted when it was loaded last, else 0."),
		reloadedAt: gauge("config_last_reload_success_timestamp_seconds", "When the configuration in force was loaded, in seconds since the epoch."),
		hooked:     counterVec("hook_deliveries_total", "Messages to hooks and what became of them: delivered, delayed (to be tried again), failed (refused for good), expired or dropped.", "hook", "result"),
	}
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
}

func counterVec(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
}

func gaugeVec(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histogramVec(name, help string, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}

func (v *vectors) collectors() []prometheus.Collector {
	return []prometheus.Collector{
		v.build, v.files, v.sources, v.started, v.read, v.written, v.stageWait, v.stageBusy,
		v.overflows, v.scans, v.scanTime, v.scanFiles, v.reloadOK, v.reloadedAt, v.hooked,
	}
}

// folder returns the series of a folder, which go on where those of former stand. Presets
// that former had and that are gone lose theirs.
func (v *vectors) folder(name string, presets []string, former *folder) *folder {
	f := &folder{
		started: v.started.WithLabelValues(name), overflows: v.overflows.WithLabelValues(name),
		scans: v.scans.WithLabelValues(name), files: v.scanFiles.WithLabelValues(name),
		sources: v.sourcesOf(name), renditions: make(map[string]renditions, len(presets)),
	}
	for _, preset := range presets {
		f.renditions[preset] = v.renditionsOf(name, preset)
	}
	if former == nil {
		f.tally = new(tally)
		f.tally.trail.add(time.Now(), 0)
		return f
	}
	f.tally = former.tally
	for preset := range former.renditions {
		if !slices.Contains(presets, preset) {
			v.files.DeletePartialMatch(prometheus.Labels{"folder": name, "preset": preset})
		}
	}
	return f
}

func (v *vectors) sourcesOf(folder string) map[job.Class]prometheus.Counter {
	sources := make(map[job.Class]prometheus.Counter, len(classes))
	for _, c := range classes {
		sources[c] = v.sources.WithLabelValues(folder, string(c.State()), classLabel(c))
	}
	return sources
}

func (v *vectors) renditionsOf(folder, preset string) renditions {
	r := make(renditions, len(results))
	for _, result := range results {
		r[result] = v.files.WithLabelValues(folder, preset, string(result))
	}
	return r
}

// dropFolder ends the series of a folder.
func (v *vectors) dropFolder(name string) {
	of := prometheus.Labels{"folder": name}
	for _, c := range []*prometheus.CounterVec{v.files, v.sources, v.started, v.overflows, v.scans} {
		c.DeletePartialMatch(of)
	}
	v.scanFiles.DeletePartialMatch(of)
}

// hookResults are what may become of a message to a hook.
var hookResults = [...]string{"delivered", "delayed", "failed", "expired", "dropped"}

// setHooks makes the series of hooks and ends those of hooks that there were before.
func (v *vectors) setHooks(hooks []string) {
	for _, hook := range v.hooks {
		if !slices.Contains(hooks, hook) {
			v.hooked.DeletePartialMatch(prometheus.Labels{"hook": validUTF8(hook)})
		}
	}
	for _, hook := range hooks {
		for _, result := range hookResults {
			v.hooked.WithLabelValues(validUTF8(hook), result)
		}
	}
	v.hooks = slices.Clone(hooks)
}

// validUTF8 makes a label of a string that may hold anything.
func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
