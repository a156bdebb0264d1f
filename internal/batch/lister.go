package batch

import (
	"context"
	"io/fs"
	"path/filepath"

	"imgwatchd/internal/job"
	"imgwatchd/internal/watcher"
)

// A lister finds the files of the sources.
type lister struct {
	options Options
	report  *report
	put     func(job.Job) error // waits for room
}

// list puts every file of the sources, until ctx ends. What cannot be worked on
// is reported at once.
func (l *lister) list(ctx context.Context, sources []source) {
	for _, s := range sources {
		if s.file != "" {
			if l.take(job.Job{Folder: s.folder, Path: s.file}) != nil {
				return
			}
			continue
		}
		if l.walk(s) != nil {
			return
		}
	}
}

// take counts a file in and hands it on.
func (l *lister) take(j job.Job) error {
	l.report.listed(j)
	return l.put(j)
}

// walk goes through a folder, in the order of the names.
func (l *lister) walk(s source) error {
	return filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(s.root, path)
		if relErr != nil {
			return relErr
		}
		j := job.Job{Folder: s.folder, Path: rel}
		switch {
		case err != nil:
			l.report.refused(j, job.Failed, job.Rejectf(job.Unreadable, "list", "%w", err))
			return fs.SkipDir
		case rel == ".":
			return nil
		case watcher.Ignored(rel):
			return skip(d)
		case d.IsDir():
			if !l.options.Recursive || path == l.options.Folder.Output {
				return fs.SkipDir
			}
			return nil
		case !d.Type().IsRegular():
			l.report.refused(j, job.Skipped, job.Rejectf(job.Unreadable, "list", "not a regular file but a %v", d.Type()))
			return nil
		default:
			return l.take(j)
		}
	})
}

// skip leaves d out, and all below it.
func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}
