package daemon

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"imgwatchd/internal/config"
	"imgwatchd/internal/meter"
)

// metrics returns what a scrape of the daemon says, by name and labels.
func (h *house) metrics() map[string]string {
	h.Helper()
	w := httptest.NewRecorder()
	h.daemon.meter.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		h.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	values := make(map[string]string)
	for line := range strings.Lines(w.Body.String()) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		values[name] = value
	}
	return values
}

func (h *house) wantMetrics(want map[string]string) {
	h.Helper()
	got := h.metrics()
	for name, value := range want {
		if got[name] != value {
			h.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
}

func TestWhatTheDaemonDoesIsCounted(t *testing.T) {
	dir := newDir(t)
	var next *config.Config
	h := open(t, dir, func() (*config.Config, error) {
		if next == nil {
			return nil, os.ErrInvalid
		}
		return next, nil
	})
	h.wantMetrics(map[string]string{
		`imgwatchd_files_total{folder="f",preset="thumbnail",result="done"}`: "0",
		`imgwatchd_folder_up{folder="f"}`:                                    "1",
		`imgwatchd_watches{folder="f"}`:                                      "1",
		`imgwatchd_config_last_reload_successful`:                            "1",
	})
	h.drop("a.png")
	h.await("done")
	if err := os.WriteFile(filepath.Join(dir, "in", "b.jpg"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("failed")
	h.daemon.Reload()
	h.await("reload refused, the former configuration stays")
	next = h.config("web")
	h.wantMetrics(map[string]string{
		`imgwatchd_files_total{folder="f",preset="thumbnail",result="done"}`:    "1",
		`imgwatchd_files_total{folder="f",preset="thumbnail",result="failed"}`:  "1",
		`imgwatchd_sources_total{class="malformed",folder="f",result="failed"}`: "1",
		`imgwatchd_stage_duration_seconds_count{stage="transform"}`:             h.metrics()[`imgwatchd_sources_started_total{folder="f"}`],
		`imgwatchd_config_last_reload_successful`:                               "0",
		`imgwatchd_memory_used_bytes`:                                           "0",
	})
	if got := h.metrics(); got[`imgwatchd_memory_budget_bytes`] == "0" || got[`imgwatchd_rescans_total{folder="f"}`] == "0" ||
		got[`imgwatchd_written_bytes_total`] == "0" || got[`imgwatchd_read_bytes_total`] == "0" {
		t.Errorf("budget, scans or bytes are 0 in %v", got)
	}
	h.daemon.Reload()
	h.await("configuration reloaded")
	h.await("done")
	h.wantMetrics(map[string]string{
		`imgwatchd_files_total{folder="f",preset="web",result="done"}`:       "1",
		`imgwatchd_files_total{folder="f",preset="thumbnail",result="done"}`: "",
		`imgwatchd_config_last_reload_successful`:                            "1",
	})
	if got := h.daemon.meter.Ended(""); got.Done != 2 {
		t.Errorf("%+v ended, want 2 done", got)
	}
	h.close()
}

// TestStarting calls no folder degraded that nobody has looked at yet.
func TestStarting(t *testing.T) {
	h := &house{T: t, dir: t.TempDir()} // without the folder
	cfg := h.config("thumbnail")
	d := New(Options{Config: cfg, Log: zap.NewNop()})
	d.readPauses()
	d.serving.Store(newGeneration(d, cfg))
	if got, want := statusLine(d.live(), 0), "1 folder, 1 starting (f), 0 queued, 0 in work, 0 files/s"; got != want {
		t.Errorf("before its first look it says %q, want %q", got, want)
	}
	h.begin(cfg, nil)
	h.await("folder degraded")
	if got, want := statusLine(h.daemon.live(), 0), "1 folder, 1 degraded (f), 0 queued, 0 in work, 0 files/s"; got != want {
		t.Errorf("after it says %q, want %q", got, want)
	}
	h.close()
}

func TestStatusLine(t *testing.T) {
	well := meter.LiveFolder{Name: "photos", OK: true}
	sick := func(name string) meter.LiveFolder { return meter.LiveFolder{Name: name} }
	for _, test := range []struct {
		live meter.Live
		rate float64
		want string
	}{
		{meter.Live{}, 0, "0 folders, 0 queued, 0 in work, 0 files/s"},
		{meter.Live{Folders: []meter.LiveFolder{well}, Queued: 3}, 0.04, "1 folder, 3 queued, 0 in work, 0.04 files/s"},
		{meter.Live{Folders: []meter.LiveFolder{well, well}, Queued: 12, InWork: 4}, 31.2, "2 folders, 12 queued, 4 in work, 31 files/s"},
		{meter.Live{Folders: []meter.LiveFolder{well, sick("scans"), {Name: "nas", Paused: true}}}, 1.25, "3 folders, 1 degraded (scans), 1 paused (nas), 0 queued, 0 in work, 1.2 files/s"},
		{meter.Live{Folders: []meter.LiveFolder{well, {Name: "scans", Starting: true}}}, 0, "2 folders, 1 starting (scans), 0 queued, 0 in work, 0 files/s"},
		{meter.Live{Folders: []meter.LiveFolder{sick("a"), sick("b"), sick("c"), sick("d")}}, 0, "4 folders, 4 degraded (a, b, c, …), 0 queued, 0 in work, 0 files/s"},
	} {
		if got := statusLine(test.live, test.rate); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}
