package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"imgwatchd/internal/job"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// A desk is an open ledger that runs.
type desk struct {
	*Ledger
	t    *testing.T
	stop func()

	mu       sync.Mutex
	warnings []string
}

// open opens the ledger in dir and runs it until the test ends or close is called.
func open(t *testing.T, dir string, o Options) *desk {
	t.Helper()
	d := &desk{t: t}
	o.Warn = func(what string, err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.warnings = append(d.warnings, what+": "+err.Error())
	}
	l, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	d.Ledger = l
	stop := l.Start()
	d.stop = func() {
		if err := stop(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	t.Cleanup(d.stop)
	return d
}

func (d *desk) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.warnings
}

func (d *desk) record(o job.Outcome, r *Recipe) {
	d.t.Helper()
	if err := d.Record(o, r); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) left(source, to string) {
	d.t.Helper()
	if err := d.Left(source, to); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) begin(j job.Job, r *Recipe) {
	d.t.Helper()
	if err := d.Begin(j, r); err != nil {
		d.t.Fatal(err)
	}
}

// flush waits until what was put before lasts.
func (d *desk) flush() {
	d.t.Helper()
	if err := d.update(func(*tx) error { return nil }); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) entry(path string) Entry {
	d.t.Helper()
	e, ok, err := d.Find(path)
	if err != nil || !ok {
		d.t.Fatalf("%s: found %v, %v", path, ok, err)
	}
	return e
}

// photos is a folder that makes two renditions and keeps its sources.
func photos() *Recipe {
	return &Recipe{
		Folder: "photos", Root: "/in", Rules: "rules",
		Presets: map[string]string{"thumb": "t1", "web": "w1"},
	}
}

var file = job.Job{Folder: "photos", Path: "a.jpg", Fingerprint: job.Fingerprint{Size: 1, ModTime: 2, Inode: 3}}

// made returns the renditions of presets of the source called name.
func made(name string, presets ...string) []job.Output {
	var outs []job.Output
	for i, p := range presets {
		outs = append(outs, job.Output{
			Preset: p, Path: "/out/" + name + "_" + p, Format: "jpeg", Width: 128, Height: 96, Size: 5000, SHA256: "5a",
			Fingerprint: job.Fingerprint{Size: 5000, ModTime: 7, Inode: uint64(100 + i)},
		})
	}
	return outs
}

func done(j job.Job, presets ...string) job.Outcome {
	return job.Outcome{Job: j, State: job.Done, Outputs: made(j.Path, presets...)}
}

// past returns what is recalled.
func (d *desk) past(j job.Job, r *Recipe) Past {
	d.t.Helper()
	past, err := d.Recall(j, r)
	if err != nil {
		d.t.Fatal(err)
	}
	return past
}

func failed(j job.Job, class job.Class) job.Outcome {
	err := job.Reject(class, "decode", errors.New("cause"))
	return job.Outcome{Job: j, State: class.State(), Err: err, Unmade: []string{"thumb", "web"}}
}

// damage overwrites the middle of the database with nonsense.
func damage(t *testing.T, dir string) {
	t.Helper()
	name := filepath.Join(dir, fileName)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < len(data); i++ {
		data[i] = byte(i * 7)
	}
	if err := os.WriteFile(name, data, 0o640); err != nil {
		t.Fatal(err)
	}
}
