package meter

import (
	"github.com/prometheus/client_golang/prometheus"

	"imgwatchd/internal/job"
)

// A folder holds the series of a drop folder, found once so that counting needs no
// search by labels.
type folder struct {
	*tally
	started, overflows, scans prometheus.Counter
	files                     prometheus.Gauge
	sources                   map[job.Class]prometheus.Counter // by why they ended so
	renditions                map[string]renditions            // by preset
}

// Renditions count what became of the renditions of a preset.
type renditions map[job.State]prometheus.Counter

// results are how a rendition may end: it was published, it was not because its source
// failed, because that was left alone or the rendition stands already, or because of a
// fault of the machine.
var results = [...]job.State{job.Done, job.Failed, job.Skipped, job.Held}

// classes are the reasons of all ends; the empty one is that of job.Done.
var classes = [...]job.Class{
	"",
	job.Malformed, job.Unsupported, job.TooLarge, job.Timeout, job.Conflict, job.Unreadable, job.Crashed, job.GaveUp,
	job.NotImage, job.Exists, job.Vanished, job.Modified, job.Transient, job.Stopping,
}

// classLabel returns how a class is called in a label, where no value may be empty.
func classLabel(c job.Class) string {
	if c == "" {
		return "none"
	}
	return string(c)
}

// finished counts the end of a job and of its renditions. A rendition that is neither
// published nor given up, as when its source is to settle again, is not counted yet.
func (f *folder) finished(o job.Outcome) {
	f.count(o.State)
	if c := f.sources[job.ClassOf(o.Err)]; c != nil {
		c.Inc()
	}
	if wasRead(o) {
		for _, out := range o.Outputs {
			f.renditions[out.Preset].count(job.Done)
		}
	}
	state := o.State
	if state == job.Done {
		state = job.Skipped // it stands already, or is not to be replaced
	}
	for _, preset := range o.Unmade {
		f.renditions[preset].count(state)
	}
}

func (r renditions) count(s job.State) {
	if c := r[s]; c != nil {
		c.Inc()
	}
}
