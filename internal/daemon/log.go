package daemon

import (
	"path/filepath"

	"go.uber.org/zap"

	"imgwatchd/internal/job"
	"imgwatchd/internal/watcher"
)

// A journal writes what happens in a generation to the log: one line for each
// file that came to an end.
type journal struct {
	log  *zap.Logger
	calm *zap.Logger // for faults of the machine
}

func newJournal(log *zap.Logger) journal { return journal{log: log, calm: calmed(log)} }

// finished writes the line of a job's outcome.
func (l journal) finished(o job.Outcome) {
	fields := []zap.Field{
		zap.String("folder", o.Job.Folder),
		zap.String("path", o.Job.Path),
	}
	if o.Err != nil {
		fields = append(fields, zap.String("class", string(job.ClassOf(o.Err))), zap.Error(o.Err))
	}
	if o.Left != nil {
		fields = append(fields, zap.NamedError("source_left", o.Left))
	}
	if o.MovedTo != "" {
		fields = append(fields, zap.String("moved_to", o.MovedTo))
	}
	switch {
	case o.State == job.Done && o.Left == nil:
		l.log.Info("done", append(fields, doneFields(o)...)...)
	case o.State == job.Done:
		l.calm.Warn("done, but the source stays", append(fields, doneFields(o)...)...)
	case o.State == job.Failed:
		l.log.Warn("failed", fields...)
	case o.State == job.Held:
		l.calm.Warn("held, will try again", fields...)
	case o.State == job.Changed:
		l.calm.Info("not finished yet", fields...)
	case o.State == job.Skipped:
		l.skipped(o, fields)
	default:
		l.log.Debug(string(o.State), fields...)
	}
}

// closed and opened tell that a folder takes nothing up, and that it does again.
func (l journal) closed(folder, reason string) {
	l.log.Error("folder degraded", zap.String("folder", folder), zap.String("reason", reason))
}

func (l journal) opened(folder string) {
	l.log.Info("folder well again", zap.String("folder", folder))
}

// skipped tells of a file that was left alone, but not of one that went away:
// that is everyday life in a drop folder.
func (l journal) skipped(o job.Outcome, fields []zap.Field) {
	if job.ClassOf(o.Err) == job.Vanished {
		l.log.Debug("skipped", fields...)
		return
	}
	l.log.Info("skipped", fields...)
}

func doneFields(o job.Outcome) []zap.Field {
	var out int64
	names := make([]string, len(o.Outputs))
	for i, r := range o.Outputs {
		out += r.Size
		names[i] = filepath.Base(r.Path)
	}
	t := o.Timings
	return []zap.Field{
		zap.Duration("duration", t.Read+t.Transform+t.Write),
		zap.Duration("waited", t.Wait),
		zap.Int64("bytes_in", o.Source.Size),
		zap.Int64("bytes_out", out),
		zap.Strings("outputs", names),
	}
}

// watching returns the hooks that tell what a folder's watcher meets.
func (l journal) watching(folder string) watcher.Hooks {
	log := l.log.With(zap.String("folder", folder))
	return watcher.Hooks{
		State: func(s watcher.State) {
			if !s.OK {
				log.Error("folder degraded", zap.String("reason", s.Reason))
				return
			}
			log.Info("folder watched", zap.String("mode", s.Mode), zap.Int("watches", s.Watches), zap.Int("polled", s.Polled))
		},
		Overflow: func() { log.Warn("event queue overflowed, scanning the folder") },
		Scanned: func(s watcher.ScanStats) {
			log.Debug("scanned", zap.Int("dirs", s.Dirs), zap.Int("files", s.Files), zap.Duration("took", s.Took))
		},
		Refused: func(path string, reason error) {
			log.Warn("refused", zap.String("path", path), zap.Error(reason))
		},
		Limit: func(err error) { log.Warn("inotify limit reached, polling what cannot be watched", zap.Error(err)) },
	}
}
