package hooks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// TestMain is also the program that hooks run, when its first argument names a part to
// play.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], partPrefix) {
		play(strings.TrimPrefix(os.Args[1], partPrefix), os.Args[2:])
		return
	}
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for something that must come.
const patience = 30 * time.Second

// A desk is a ledger and the runner of its hooks.
type desk struct {
	*testing.T
	dir     string
	ledger  *ledger.Ledger
	runner  *Runner
	reports chan Report
	jobs    int
	stop    func() // ends the runner and closes the ledger
}

// openDesk opens the ledger in dir; run starts to deliver.
func openDesk(t *testing.T, dir string) *desk {
	t.Helper()
	l, err := ledger.Open(dir, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, dir: dir, ledger: l, reports: make(chan Report, 100_000)}
	stop := l.Start()
	d.stop = sync.OnceFunc(func() {
		if err := stop(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	d.runner = New(l, Options{Version: "test", Report: func(r Report) { d.reports <- r }})
	t.Cleanup(func() { d.stop() })
	return d
}

// run starts to deliver, until stop is called.
func (d *desk) run() {
	intake, end := context.WithCancel(context.Background())
	work, abort := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		d.runner.Run(intake, work)
		close(over)
	}()
	closeLedger := d.stop
	d.stop = sync.OnceFunc(func() {
		end()
		abort()
		<-over
		closeLedger()
	})
}

func (d *desk) configure(hooks ...Hook) {
	d.Helper()
	if err := d.runner.Configure(hooks); err != nil {
		d.Fatal(err)
	}
}

var photos = &ledger.Recipe{Folder: "photos", Root: "/in", Presets: map[string]string{"thumb": "t"}}

// record records the end of a new job.
func (d *desk) record(s job.State) job.Outcome {
	d.Helper()
	d.jobs++
	o := outcome(fmt.Sprintf("%d.jpg", d.jobs), s)
	if err := d.ledger.Record(o, photos); err != nil {
		d.Fatal(err)
	}
	return o
}

// recordMany records so many files that are done, many at a time.
func (d *desk) recordMany(n int) {
	d.Helper()
	const writers = 20
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range n / writers {
				if err := d.ledger.Record(outcome(fmt.Sprintf("%d/%d.jpg", w, i), job.Done), photos); err != nil {
					d.Error(err)
				}
			}
		})
	}
	all.Wait()
}

func outcome(name string, s job.State) job.Outcome {
	o := job.Outcome{
		Job:     job.Job{Folder: "photos", Path: name, Fingerprint: job.Fingerprint{Size: 12, ModTime: 1, Inode: 2}},
		State:   s,
		Source:  job.Source{Format: "jpeg", Width: 4000, Height: 3000, Size: 12, SHA256: "50"},
		Timings: job.Timings{Read: time.Millisecond, Transform: 2 * time.Millisecond, Write: 3500 * time.Microsecond},
	}
	if s == job.Failed {
		o.Err = job.Reject(job.Malformed, "decode", errors.New("cut off"))
		return o
	}
	o.Outputs = []job.Output{{Preset: "thumb", Path: "/out/" + name, Format: "jpeg", Width: 128, Height: 96, Size: 5, SHA256: "f0"}}
	return o
}

// await returns the next report of a result. The clock is a fake one wherever that takes
// long.
func (d *desk) await(want Result) Report {
	d.Helper()
	deadline := time.After(48 * time.Hour)
	for {
		select {
		case r := <-d.reports:
			if r.Result == want {
				return r
			}
			d.Logf("report: %+v", r)
		case <-deadline:
			d.Fatalf("waited in vain for a report of %s", want)
		}
	}
}
