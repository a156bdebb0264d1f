package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/web"
)

// client asks the daemon by its socket.
func (h *house) client() *web.Client {
	h.Helper()
	c, err := web.Connect(filepath.Join(h.dir, "state", "control.sock"))
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func (h *house) status() web.Status {
	h.Helper()
	s, err := h.client().Status()
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// wantResults compares what came of a verb on folders.
func (h *house) wantResults(want ...web.Result) func([]web.Result, error) {
	h.Helper()
	return func(got []web.Result, err error) {
		h.Helper()
		if err != nil || !slices.Equal(got, want) {
			h.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}

// TestPause pauses a folder over a restart and a reload. What is dropped meanwhile is worked
// on when it is resumed, and not before.
func TestPause(t *testing.T) {
	dir := newDir(t)
	var h *house
	h = open(t, dir, func() (*config.Config, error) { return h.config("thumbnail"), nil })
	all := h.wantResults(web.Result{Path: "f", Count: 1})
	h.wantResults(web.Result{Path: "f", Count: 1}, web.Result{Path: "g", Problem: "no folder is called so; there are f"})(h.client().Pause([]string{"f", "g"}))
	h.await("folders paused")
	wantPaused := func() {
		t.Helper()
		f := h.status().Folders[0]
		if f.OK || !f.Paused || f.Reason != "paused" || f.Watches != 1 {
			t.Errorf("the folder is %+v", f)
		}
		if err := h.daemon.ready(); err != nil {
			t.Errorf("not ready for a pause: %v", err)
		}
	}
	h.drop("a.png")
	wantPaused()
	a, err := h.client().Explain(filepath.Join(dir, "in", "a.png"))
	if err != nil || !strings.Contains(a.Why, "its folder is paused: nothing of it is taken up until imgwatchd resume f") {
		t.Errorf("explained as %+v, %v", a, err)
	}
	all(h.client().Pause(nil)) // once more
	if err := h.client().Reload(t.Context()); err != nil {
		t.Error(err)
	}
	h.await("folder watched")
	wantPaused()
	h.close()
	h.wantDone(0)

	h = open(t, dir, nil)
	h.drop("b.png")
	wantPaused()
	all(h.client().Resume([]string{"f"}))
	h.await("done")
	h.await("done")
	if f := h.status().Folders[0]; !f.OK || f.Paused || f.Reason != "" {
		t.Errorf("after it was resumed the folder is %+v", f)
	}
	h.close()
	h.wantDone(2)

	// And without a daemon.
	h.offline(func(c *Control) { all(c.Pause(nil)) })
	h = open(t, dir, nil)
	wantPaused()
	h.close()
	h.offline(func(c *Control) {
		if s, err := c.Status(); err != nil || !s.Folders[0].Paused || s.Folders[0].Reason != "no daemon is running" {
			t.Errorf("status without a daemon: %+v, %v", s, err)
		}
		all(c.Resume(nil))
	})
	h = open(t, dir, nil)
	h.drop("c.png")
	h.await("done")
	h.close()
}

// TestPauseTakesJobsFromTheQueue pauses a folder whose files wait behind a sick output, and
// one that is resumed works on all of them.
func TestPauseTakesJobsFromTheQueue(t *testing.T) {
	dir := newDir(t)
	out := filepath.Join(dir, "out")
	if err := os.WriteFile(out, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, nil)
	const files = 10
	for i := range files {
		h.drop(strings.Repeat("x", i+1) + ".png")
	}
	h.await("folder degraded")
	if err := h.daemon.ready(); err == nil || !strings.Contains(err.Error(), "folder f: ") {
		t.Errorf("ready with a folder that is degraded: %v", err)
	}
	h.wantResults(web.Result{Path: "f", Count: 1})(h.client().Pause(nil))
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	h.wantResults(web.Result{Path: "f", Count: 1})(h.client().Resume(nil))
	for range files {
		h.await("done")
	}
	h.close()
}

func TestPausesThatCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, pausedName), 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := openPauses(dir)
	if err == nil || p.of("f") != nil {
		t.Errorf("a directory says that folders are paused: %v", err)
	}
	if err := p.pause("f"); err == nil || !strings.Contains(err.Error(), "until the next start only") || p.of("f") == nil {
		t.Errorf("pause: %v, paused %v", err, p.of("f") != nil)
	}
	resumed := p.of("f")
	if err := p.resume("f"); err == nil || p.of("f") != nil {
		t.Errorf("resume: %v", err)
	}
	<-resumed
}

// A file that could not be read is not replaced by one that knows less.
func TestUnreadPausesStay(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, pausedName)
	if err := os.Symlink(pausedName, name); err != nil { // which leads nowhere for ever
		t.Fatal(err)
	}
	p, err := openPauses(dir)
	if err == nil {
		t.Fatal("a circle of links was read")
	}
	if err := p.pause("f"); err == nil || !strings.Contains(err.Error(), "read which folders are paused") {
		t.Errorf("pause: %v", err)
	}
	if fi, err := os.Lstat(name); err != nil || fi.Mode().Type() != os.ModeSymlink {
		t.Errorf("what could not be read was replaced: %v, %v", fi, err)
	}
}

// TestPausesAreKnownWhileTheyAreWritten has a disk that takes its time: whoever takes
// jobs from the queue must not wait for it.
func TestPausesAreKnownWhileTheyAreWritten(t *testing.T) {
	p, err := openPauses(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.saving.Lock() // as while a file is written
	written := make(chan error, 1)
	go func() { written <- p.pause("f") }()
	for p.of("f") == nil {
		runtime.Gosched()
	}
	p.saving.Unlock()
	if err := <-written; err != nil {
		t.Error(err)
	}
	if again, err := openPauses(p.dir); err != nil || again.of("f") == nil {
		t.Errorf("not written down: %v", err)
	}
}

// TestManyReloads has many ask at the same time: each gets the answer of a load that began
// after it asked.
func TestManyReloads(t *testing.T) {
	dir := newDir(t)
	var h *house
	var version, loaded atomic.Int64
	bad := errors.New("my.yaml:5: wrong")
	h = open(t, dir, func() (*config.Config, error) {
		v := version.Load()
		defer loaded.Store(v)
		if v%3 == 0 {
			return nil, bad
		}
		return h.config("thumbnail"), nil
	})
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() {
			for range 10 {
				mine := version.Add(1)
				err := h.client().Reload(t.Context())
				if err != nil && err.Error() != bad.Error() {
					t.Errorf("reload: %v", err)
				}
				if got := loaded.Load(); got < mine {
					t.Errorf("version %d was asked for, %d loaded", mine, got)
				}
			}
		})
	}
	asking.Wait()

	version.Store(3)
	if err := h.client().Reload(t.Context()); err == nil || err.Error() != bad.Error() {
		t.Errorf("reload of a file that is wrong: %v", err)
	}
	former := h.status()
	if former.Config.Refused != bad.Error() || former.OK() {
		t.Errorf("status: %+v", former.Config)
	}
	version.Store(4)
	if err := h.client().Reload(t.Context()); err != nil {
		t.Error(err)
	}
	if s := h.status(); s.Config.Refused != "" || !s.Config.At.After(former.Config.At) {
		t.Errorf("status: %+v", s.Config)
	}
	h.drop("a.png")
	h.await("done")
	h.close()
	if err := <-h.daemon.reloads.ask(); !errors.Is(err, errStopping) {
		t.Errorf("reload of a daemon that has ended: %v", err)
	}
	if err := h.daemon.ready(); err == nil || !strings.HasPrefix(err.Error(), "stopping: ") {
		t.Errorf("ready after the end: %v", err)
	}
}

// TestReloadFromADeadMount has a file that cannot be read to its end: the reload is refused,
// so is the next, and once the mount is back the file is read.
func TestReloadFromADeadMount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, dir: t.TempDir()}
		want := h.config("thumbnail")
		back := make(chan struct{})
		d := New(Options{Config: want, File: "imgwatchd.yaml", Log: zap.NewNop(), Load: func() (*config.Config, error) {
			<-back
			return want, nil
		}})
		if _, err := d.load(t.Context()); err == nil || err.Error() != `reading "imgwatchd.yaml" takes longer than 30s; is its mount dead?` {
			t.Errorf("the first reload: %v", err)
		}
		if _, err := d.load(t.Context()); err == nil || !strings.Contains(err.Error(), "for a former reload has not come to its end") {
			t.Errorf("the second: %v", err)
		}
		close(back)
		synctest.Wait()
		if cfg, err := d.load(t.Context()); cfg != want || err != nil {
			t.Errorf("the third: %v, %v", cfg, err)
		}
	})
}

// TestStopWhileAReloadHangs ends a daemon that waits for its file.
func TestStopWhileAReloadHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{T: t, dir: t.TempDir()}
		back := make(chan struct{})
		defer close(back)
		d := New(Options{Config: h.config("thumbnail"), Log: zap.NewNop(), Load: func() (*config.Config, error) {
			<-back
			return nil, os.ErrDeadlineExceeded
		}})
		intake, stop := context.WithCancel(t.Context())
		asked := d.reloads.ask()
		time.AfterFunc(time.Second, stop)
		if cfg, _ := d.awaitReload(intake); cfg != nil {
			t.Error("it goes on")
		}
		if err := <-asked; !errors.Is(err, errStopping) {
			t.Errorf("who asked for a reload is told %v", err)
		}
	})
}

func TestReloadWithoutAFile(t *testing.T) {
	h := open(t, newDir(t), nil)
	if err := h.client().Reload(t.Context()); err == nil || err.Error() != errNoFile.Error() {
		t.Errorf("reload: %v", err)
	}
	if s := h.status(); s.Config.Refused != "" || !s.OK() {
		t.Errorf("nothing was refused, but the status has %+v", s.Config)
	}
	h.close()
}

// TestBeforeTheLedgerIsOpen asks a daemon that waits for its disk.
func TestBeforeTheLedgerIsOpen(t *testing.T) {
	h := &house{T: t, dir: newDir(t)}
	d := New(Options{Config: h.config("thumbnail"), Log: zap.NewNop()})
	d.readPauses()
	if err := d.ready(); err == nil || !strings.HasPrefix(err.Error(), "starting: ") {
		t.Errorf("ready before the start: %v", err)
	}
	api := d.control()
	if s, err := api.Status(); err != nil || s.PID == 0 || s.Folders[0].OK || s.Folders[0].Reason != "the daemon is starting" {
		t.Errorf("status: %+v, %v", s, err)
	}
	if found, err := api.History(t.Context(), web.Query{}); err != nil || len(found.Entries) != 0 {
		t.Errorf("history: %+v, %v", found, err)
	}
	if results, err := api.Forget(web.Selection{Paths: []string{"/in/a.png"}}); err != nil || results[0].Problem == "" {
		t.Errorf("forget: %+v, %v", results, err)
	}
	if results, err := api.Retry(web.Selection{All: true}); err != nil || len(results) != 0 {
		t.Errorf("retry: %+v, %v", results, err)
	}
	h.wantResults(web.Result{Path: "f", Count: 1})(api.Rescan(nil))
	if a, err := api.Explain(filepath.Join(h.dir, "in", "a.png")); err != nil || a.Verdict != web.Missing {
		t.Errorf("explain: %+v, %v", a, err)
	}
}

func TestStatusQueueHistory(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil, "on_failure: keep")
	h.drop("a.png")
	h.await("done")
	if err := os.WriteFile(filepath.Join(dir, "in", "bad.png"), []byte("no picture at all"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("failed")
	s := h.status()
	if s.Version != "test" || s.PID != os.Getpid() || s.StateDir != filepath.Join(dir, "state") || s.Started.After(s.Now) || s.Config.At.IsZero() ||
		s.Ended != (web.Counts{Done: 1, Failed: 1}) || s.Memory.Budget == 0 || s.Queue.Size != 100000 || len(s.Stages) != 3 || len(s.Minutes) == 0 || s.Rate <= 0 {
		t.Errorf("status: %+v", s)
	}
	if f := s.Folders[0]; !f.OK || f.Name != "f" || f.Path != filepath.Join(dir, "in") || !slices.Equal(f.Presets, []string{"thumbnail"}) || f.Ended.Done != 1 || f.Rate <= 0 {
		t.Errorf("folder: %+v", f)
	}
	q, err := h.client().Queue(0)
	for err == nil && q.InWork > 0 { // what failed is about to leave the queue
		runtime.Gosched()
		q, err = h.client().Queue(0)
	}
	if err != nil || q.Size != 100000 || len(q.Working)+len(q.Waiting) != 0 {
		t.Errorf("queue: %+v, %v", q, err)
	}
	history := func(api web.API) {
		t.Helper()
		first, err := api.History(t.Context(), web.Query{Limit: 1})
		if err != nil || len(first.Entries) != 1 || first.Entries[0].Path != filepath.Join(dir, "in", "bad.png") || !first.More {
			t.Fatalf("history: %+v, %v", first, err)
		}
		rest, err := api.History(t.Context(), web.Query{Before: first.Entries[0].ID})
		if err != nil || len(rest.Entries) != 1 || rest.Entries[0].Path != filepath.Join(dir, "in", "a.png") || len(rest.Entries[0].Outputs) != 1 || rest.More {
			t.Errorf("history: %+v, %v", rest, err)
		}
		if none, err := api.History(t.Context(), web.Query{Text: "BAD", State: "done"}); err != nil || len(none.Entries) != 0 {
			t.Errorf("history: %+v, %v", none, err)
		}
		if _, err := api.History(t.Context(), web.Query{State: "growing"}); err == nil {
			t.Error("an unknown state is searched for")
		}
	}
	history(h.client())
	h.wantResults(web.Result{Path: "f", Count: 1})(h.client().Rescan(nil))
	h.close()

	h.offline(func(c *Control) {
		history(c)
		if _, err := c.Rescan(nil); !errors.Is(err, web.ErrNoDaemon) {
			t.Errorf("rescan without a daemon: %v", err)
		}
		if err := c.Reload(t.Context()); !errors.Is(err, web.ErrNoDaemon) {
			t.Errorf("reload without a daemon: %v", err)
		}
		if q, err := c.Queue(0); err != nil || q.Queued != 0 {
			t.Errorf("queue without a daemon: %+v, %v", q, err)
		}
	})
	without := NewControl(h.config("thumbnail"), nil)
	if found, err := without.History(t.Context(), web.Query{}); err != nil || len(found.Entries) != 0 {
		t.Errorf("history without a ledger: %+v, %v", found, err)
	}
}

// TestHostileNames has a file whose name is no UTF-8, breaks lines and looks like markup go
// through every route, by its path and by its ID.
func TestHostileNames(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil, "on_failure: keep")
	for i, name := range []string{"caf\xe9\n<script>&amp;'\" %00.png", "-rf ..\\..\\x\x1b[2J\u202e.png", strings.Repeat("\xff", 251) + ".png"} {
		path := filepath.Join(dir, "in", name)
		if err := os.WriteFile(path, []byte("no picture at all"), 0o666); err != nil {
			t.Fatal(err)
		}
		h.await("failed")
		c := h.client()
		a, err := c.Explain(path)
		for a.Verdict == web.VerdictOf(job.Working) { // it has failed, and is about to leave the queue
			runtime.Gosched()
			a, err = c.Explain(path)
		}
		if err != nil || a.Verdict != "failed" || strings.Contains(a.Why, "\n") {
			t.Errorf("%q is explained as %+v, %v", name, a, err)
		}
		if results, err := c.Retry(web.Selection{Paths: []string{path}}); err != nil || len(results) != 1 || results[0].Count != 1 {
			t.Errorf("retry %q: %+v, %v", name, results, err)
		}
		h.await("failed")
		found, err := c.History(t.Context(), web.Query{Text: name})
		if err != nil || len(found.Entries) != 1 || found.Entries[0].Path != strings.ToValidUTF8(path, "\ufffd") && !strings.Contains(name, "\xff") {
			t.Fatalf("history of %q: %+v, %v", name, found, err)
		}
		if results, err := c.Retry(web.Selection{IDs: []int64{found.Entries[0].ID}}); err != nil || len(results) != 1 || results[0].Count != 1 {
			t.Errorf("retry %q by its ID: %+v, %v", name, results, err)
		}
		h.await("failed")
		if failed, err := c.Failed(t.Context()); err != nil || len(failed) != i+1 || failed[0].Attempts != 1 {
			t.Errorf("failed: %d of them, %v", len(failed), err)
		}
	}
	h.close()
}

// TestNamesDoNotBreakLines has a file be called as if more were said of it.
func TestNamesDoNotBreakLines(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil, "on_success: move", "archive_dir: archive")
	const name = "a\n  thumbnail: elsewhere.png"
	h.drop(name)
	h.await("done")
	rendition := filepath.Join(dir, "out", "a\n  thumbnail: elsewhere_thumbnail.jpg")
	for path, lines := range map[string]int{filepath.Join(dir, "in", name): 2, rendition: 0} {
		a, err := h.client().Explain(path)
		if err != nil || strings.Count(a.Why, "\n") != lines || !strings.Contains(a.Why, `a\n  thumbnail: elsewhere`) {
			t.Errorf("%q is explained as %+v, %v", path, a, err)
		}
	}
	h.close()
}
