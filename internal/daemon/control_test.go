package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/web"
)

func TestRestartRedoesNothing(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil)
	h.drop("a.png")
	h.await("done")
	h.close()
	h = open(t, dir, nil)
	h.drop("b.png")
	h.await("done")
	h.close()
	h.wantDone(1)
}

func TestSecondInstance(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil)
	second := New(Options{Config: h.config("thumbnail"), Log: zap.NewNop()})
	if err := second.Run(t.Context(), t.Context()); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("the second ended with %v", err)
	}
	h.drop("a.png")
	h.await("done")
	h.close()
}

// TestOwnRenditions puts renditions among the sources, by links that lead to the same
// file.
func TestOwnRenditions(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil)
	h.drop("a.png")
	h.await("done")
	rendition := filepath.Join(dir, "out", "a_thumbnail.jpg")
	if err := os.Link(rendition, filepath.Join(dir, "in", "linked.jpg")); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(rendition)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "in", "copied.jpg"), copied, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.await("done") // of the copy, which is a source like any other
	h.drop("b.png")
	h.await("done")
	h.close()
	h.wantDone(3)
	if _, err := os.Lstat(filepath.Join(dir, "out", "linked_thumbnail.jpg")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a rendition was worked on: %v", err)
	}
	if a := h.explain("in/linked.jpg"); a.Verdict != web.Rendition {
		t.Errorf("the link is explained as %+v", a)
	}
}

func TestCrashIsNoticed(t *testing.T) {
	dir := newDir(t)
	state := filepath.Join(dir, "state")
	report := filepath.Join(state, thisCrash)
	if err := errors.Join(os.Mkdir(state, 0o750), os.WriteFile(report, []byte("panic: boo\n"), 0o640)); err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, nil)
	h.close()
	if n := h.logs.FilterMessageSnippet("the program crashed").Len(); n != 1 {
		t.Errorf("the crash was told %d times", n)
	}
	if kept, err := os.ReadFile(filepath.Join(state, formerCrash)); err != nil || string(kept) != "panic: boo\n" {
		t.Errorf("the report is %q, %v", kept, err)
	}
	if _, err := os.Lstat(report); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a report is there after a good end: %v", err)
	}
	h = open(t, dir, nil)
	h.close()
	if h.logs.FilterMessageSnippet("the program crashed").Len() > 0 {
		t.Error("the crash is told once more")
	}
}

// explain asks without a daemon.
func (h *house) explain(name string) web.Account {
	h.Helper()
	var a web.Account
	h.offline(func(c *Control) {
		var err error
		if a, err = c.Explain(filepath.Join(h.dir, name)); err != nil {
			h.Error(err)
		}
	})
	return a
}

// offline has do use the ledger while no daemon does.
func (h *house) offline(do func(*Control)) {
	h.Helper()
	h.offlineWith(h.config("thumbnail"), do)
}

func (h *house) offlineWith(cfg *config.Config, do func(*Control)) {
	h.Helper()
	l, err := ledger.Open(cfg.StateDir(), ledger.Options{})
	if err != nil {
		h.Fatal(err)
	}
	stop := l.Start()
	do(NewControl(cfg, l))
	if err := stop(); err != nil {
		h.Error(err)
	}
}

// TestControl asks and tells a daemon, by its socket, and then its ledger alone.
func TestControl(t *testing.T) {
	dir := newDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	h := open(t, dir, func() (*config.Config, error) { return nil, errors.New("refused") }, "on_failure: move", "failed_dir: failed")
	h.drop("a.png")
	h.await("done")
	if err := os.WriteFile(at("in/bad.png"), []byte("no picture at all"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("failed")
	api, err := web.Connect(at("state/control.sock"))
	if err != nil {
		t.Fatal(err)
	}
	wantFailed := func(api web.API) {
		t.Helper()
		failed, err := api.Failed(t.Context())
		if err != nil || len(failed) != 1 || failed[0].Path != at("in/bad.png") || failed[0].MovedTo != at("failed/bad.png") {
			t.Errorf("failed: %+v, %v", failed, err)
		}
	}
	wantFailed(api)
	if results, err := api.Retry(web.Selection{Paths: []string{at("failed/bad.png")}}); err != nil || results[0].Count != 1 {
		t.Errorf("retry: %+v, %v", results, err)
	}
	h.await("failed")
	failed, err := api.Failed(t.Context())
	if err != nil || len(failed) != 1 {
		t.Fatalf("failed: %+v, %v", failed, err)
	}
	results, err := api.Retry(web.Selection{IDs: []int64{failed[0].ID, 999}})
	if err != nil || len(results) != 2 || results[0].Problem != "no source has the ID 999 any more" || results[1].Path != at("in/bad.png") || results[1].Count != 1 {
		t.Errorf("retry by ID: %+v, %v", results, err)
	}
	h.await("failed")
	if results, err := api.Reprocess(web.Selection{All: true, Preset: "thumbnail"}); err != nil || results[0].Count != 1 {
		t.Errorf("reprocess: %+v, %v", results, err)
	}
	h.await("done")
	if _, err := api.Reprocess(web.Selection{All: true, Preset: "nope"}); err == nil || !strings.Contains(err.Error(), "no preset is called") {
		t.Errorf("reprocess of no preset: %v", err)
	}
	if s, err := api.Status(); err != nil || len(s.Folders) != 1 || !s.Folders[0].OK || s.Folders[0].Mode != "events" {
		t.Errorf("status: %+v, %v", s, err)
	}
	h.close()
	h.offline(func(c *Control) {
		wantFailed(c)
		for _, test := range []struct {
			name string
			do   func(web.Selection) ([]web.Result, error)
			path string
			want web.Result
		}{
			{"retry what is done", c.Retry, "in/a.png", web.Result{Problem: "it has not failed but is done; to have it made again: imgwatchd reprocess"}},
			{"retry nothing", c.Retry, "in/none.png", web.Result{Problem: "nothing that failed is known of it"}},
			{"retry a folder", c.Retry, "in", web.Result{Count: 1}},
			{"retry a folder twice", c.Retry, "in", web.Result{Problem: "nothing that failed is known of it"}},
			{"reprocess a folder", c.Reprocess, "in", web.Result{Count: 2}},
			{"forget one", c.Forget, "in/a.png", web.Result{Count: 1}},
			{"forget one twice", c.Forget, "in/a.png", web.Result{Problem: "not in the ledger"}},
			{"forget a folder", c.Forget, "in", web.Result{Count: 1}},
		} {
			results, err := test.do(web.Selection{Paths: []string{at(test.path)}})
			if err != nil || len(results) != 1 || results[0].Count != test.want.Count || results[0].Problem != test.want.Problem {
				t.Errorf("%s: %+v, %v; want %+v", test.name, results, err, test.want)
			}
		}
		if s, err := c.Status(); err != nil || s.Folders[0].OK {
			t.Errorf("status without a daemon: %+v, %v", s, err)
		}
	})
	if _, err := os.Lstat(at("in/bad.png")); err != nil {
		t.Errorf("what was to be tried again is not back: %v", err)
	}
	h = open(t, dir, nil, "on_failure: move", "failed_dir: failed")
	h.await("done") // what was forgotten is new
	h.close()
}

// TestExplain accounts for one file of each kind.
func TestExplain(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil, "on_failure: keep", "exclude: [raw/]")
	h.drop("done.png")
	h.await("done")
	if err := os.WriteFile(filepath.Join(dir, "in", "bad.png"), []byte("no picture at all"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("failed")
	h.drop("gone.png")
	h.await("done")
	h.drop("changed.png")
	h.await("done")
	h.close()
	grow, err := os.OpenFile(filepath.Join(dir, "in", "growing.png"), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer grow.Close()
	err = errors.Join(
		os.Remove(filepath.Join(dir, "in", "gone.png")),
		os.Truncate(filepath.Join(dir, "in", "changed.png"), 100),
		os.Symlink("done.png", filepath.Join(dir, "in", "link.png")),
	)
	if err != nil {
		t.Fatal(err)
	}
	h.drop("new.png")
	for name, want := range map[string]struct {
		verdict web.Verdict
		why     string
	}{
		"in/done.png":            {"done", "thumbnail: " + dir + "/out/done_thumbnail.jpg (128×85 jpeg, "},
		"in/bad.png":             {"failed", "failed 1× (malformed, "},
		"in/gone.png":            {web.Left, "there is no such file any more; done at "},
		"in/none.png":            {web.Missing, "there is no such file"},
		"in/changed.png":         {web.Changed, "changed since; it will be worked on again. Before: done at "},
		"in/growing.png":         {web.Growing, "still growing: someone has it open for writing"},
		"in/new.png":             {web.New, "not worked on yet; no daemon is running"},
		"in/link.png":            {web.Refused, "symbolic link"},
		"in/x.tmp":               {web.Ignored, `"*.tmp" is always ignored`},
		"in/raw/x.png":           {web.Ignored, `exclude has "raw/"`},
		"out/done_thumbnail.jpg": {web.Rendition, "made from " + dir + "/in/done.png"},
		"elsewhere.png":          {web.Elsewhere, "not under any folder; watched are " + dir + "/in"},
	} {
		var a web.Account
		h.offlineWith(h.config("thumbnail", "exclude: [raw/]", "on_failure: keep"), func(c *Control) {
			if a, err = c.Explain(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		})
		if a.Verdict != want.verdict || !strings.Contains(a.Why, want.why) {
			t.Errorf("%s is %s: %q, want %s: %q", name, a.Verdict, a.Why, want.verdict, want.why)
		}
	}
	edited := h.config("square", "on_failure: keep")
	h.offlineWith(edited, func(c *Control) {
		a, err := c.Explain(filepath.Join(dir, "in/done.png"))
		if err != nil || a.Verdict != web.VerdictOf(job.Queued) || !strings.Contains(a.Why, "what is wanted of it is not what was done") {
			t.Errorf("after an edit: %+v, %v", a, err)
		}
	})
}
