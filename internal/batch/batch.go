// Package batch runs the pipeline once over files and folders: it lists the
// sources while the first of them are already worked on, and reports each file
// as it ends.
//
// A source given as a folder is walked, a source given as a file is taken as it
// is, through a link if it is one; renditions go below the output folder as the
// files stand below what was given. Nothing that was there before is replaced
// unless it was asked for, and no source is ever changed.
package batch

import (
	"context"
	"errors"
	"sync"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/queue"
)

// waiting is how many files are listed ahead of the pipeline.
const waiting = 1000

// Options says what a run does.
type Options struct {
	Sources   []string // files and folders
	Recursive bool     // go into sub-folders

	Folder   pipeline.Folder  // what is made of each source; Name and Root are set for each
	Pipeline pipeline.Options // Folders and Hooks are set by the run

	DryRun   bool // say what would be made, and make nothing
	FailFast bool // stop taking files up once one has failed
	Ordered  bool // report in the order of the listing

	// Report is called once for each file, Listed, which is optional, with the
	// number of files known so far. Calls come one at a time.
	Report func(job.Outcome)
	Listed func(total int)
}

// A Summary counts how the files of a run ended.
type Summary struct {
	Files    int           // listed
	Done     int           // renditions published
	Skipped  int           // nothing to do
	Failed   int           // a reason was given
	NotTaken int           // left over because the run was stopped
	BytesIn  int64         // of the sources that were read
	BytesOut int64         // of what was published
	Duration time.Duration // from start to end
}

// Run works through the sources until all are done or intake ends; then it
// finishes what is in work. When work ends too, that is given up. The error is of
// a source that cannot be listed, or says that the run was stopped.
func Run(intake, work context.Context, o Options) (Summary, error) {
	sources, err := resolve(o.Sources)
	if err != nil {
		return Summary{}, err
	}
	if o.Folder.Output, err = resolveOutput(o.Folder.Output); err != nil {
		return Summary{}, err
	}
	if err := keepApart(sources, o); err != nil {
		return Summary{}, err
	}
	intake, stop := context.WithCancel(intake)
	defer stop()

	if o.Pipeline.Ledger != nil {
		if err := o.Pipeline.Ledger.TakeOver(ledger.Stopped); err != nil {
			return Summary{}, err
		}
	}
	start := time.Now()
	files := queue.New(waiting)
	r := &report{options: o, stop: stop, done: files.Done}
	o.Pipeline.Folders = folders(o.Folder, sources)
	o.Pipeline.Hooks = pipeline.Hooks{Finished: r.finished}

	var listing sync.WaitGroup
	listing.Go(func() {
		defer files.Close()
		l := lister{options: o, report: r, put: func(j job.Job) error { return files.Put(intake, j) }}
		l.list(intake, sources)
	})
	next := func() (job.Job, bool) { return files.Get(intake) }
	if p := pipeline.New(o.Pipeline); o.DryRun {
		p.Preview(work, next)
	} else {
		p.Run(work, next)
	}
	stop()
	listing.Wait()
	summary := r.close()
	summary.Duration = time.Since(start)
	if summary.NotTaken > 0 {
		return summary, ErrStopped
	}
	return summary, nil
}

// ErrStopped says that files were left over.
var ErrStopped = errors.New("stopped before all files were done")
