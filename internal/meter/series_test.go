package meter

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"imgwatchd/internal/job"
)

// scrape asks m as Prometheus does.
func scrape(t testing.TB, m *Meter) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// series returns what a scrape says of our own series, by name and labels.
func series(t testing.TB, m *Meter) map[string]string {
	t.Helper()
	values := make(map[string]string)
	for line := range strings.Lines(scrape(t, m)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(name, namespace) {
			values[name] = value
		}
	}
	return values
}

func expect(t *testing.T, m *Meter, want map[string]string) {
	t.Helper()
	got := series(t, m)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s is %q, want %q", name, got[name], want[name])
		}
	}
}

func TestSeriesExistAtZero(t *testing.T) {
	m := New("1.2.3")
	m.Configure(map[string][]string{"photos": {"thumb", "web"}, "scans": {"web"}})
	m.ConfigureHooks("mail")
	want := map[string]string{
		`imgwatchd_queue_depth`:                                                     "0",
		`imgwatchd_queue_oldest_age_seconds`:                                        "0",
		`imgwatchd_in_flight`:                                                       "0",
		`imgwatchd_memory_budget_bytes`:                                             "0",
		`imgwatchd_memory_used_bytes`:                                               "0",
		`imgwatchd_hooks_waiting`:                                                   "0",
		`imgwatchd_read_bytes_total`:                                                "0",
		`imgwatchd_written_bytes_total`:                                             "0",
		`imgwatchd_rescan_duration_seconds_count`:                                   "0",
		`imgwatchd_config_last_reload_successful`:                                   "1",
		`imgwatchd_files_total{folder="scans",preset="web",result="held"}`:          "0",
		`imgwatchd_sources_total{class="none",folder="photos",result="done"}`:       "0",
		`imgwatchd_hook_deliveries_total{hook="mail",result="expired"}`:             "0",
		`imgwatchd_sources_total{class="crashed",folder="scans",result="failed"}`:   "0",
		`imgwatchd_sources_total{class="vanished",folder="scans",result="skipped"}`: "0",
		`imgwatchd_files_total{folder="photos",preset="thumb",result="failed"}`:     "0",
	}
	for _, stage := range stageNames {
		want[`imgwatchd_stage_duration_seconds_count{stage="`+stage+`"}`] = "0"
		want[`imgwatchd_stage_wait_seconds_bucket{stage="`+stage+`",le="+Inf"}`] = "0"
	}
	for _, name := range []string{
		"folder_up", "folder_paused", "watches", "polled_directories", "settling_files",
		"event_overflows_total", "rescans_total", "rescan_files", "sources_started_total",
	} {
		want[`imgwatchd_`+name+`{folder="photos"}`] = "0"
		want[`imgwatchd_`+name+`{folder="scans"}`] = "0"
	}
	expect(t, m, want)
	if got := scrape(t, m); !strings.Contains(got, `imgwatchd_build_info{goversion="go`) || !strings.Contains(got, `version="1.2.3"} 1`) ||
		!strings.Contains(got, "\ngo_goroutines ") || !strings.Contains(got, "\nprocess_open_fds ") {
		t.Errorf("build, runtime or process are missing in:\n%s", got)
	}
}

func TestFinishedCountsRenditionsAndSources(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb", "web"}})
	photo := job.Job{Folder: "photos", Path: "a.jpg"}
	read := job.Source{Size: 1000, SHA256: "00"}
	thumb := job.Output{Preset: "thumb", Size: 10}
	both := []job.Output{thumb, {Preset: "web", Size: 50}}
	neither := []string{"thumb", "web"}
	for _, o := range []job.Outcome{
		{State: job.Done, Source: read, Outputs: both},
		{State: job.Done, Source: read, Outputs: both[:1], Unmade: neither[1:]}, // one stood already
		{State: job.Done, Source: job.Source{Size: 1000}, Outputs: both},        // made before: only moved now
		{State: job.Failed, Err: job.Rejectf(job.Malformed, "decode", "short"), Source: read, Unmade: neither},
		{State: job.Held, Err: errors.New("disk full"), Source: read, Outputs: both[:1], Unmade: neither[1:]},
		{State: job.Skipped, Err: job.Rejectf(job.NotImage, "header", "text"), Unmade: neither},
		{State: job.Changed, Err: job.Rejectf(job.Modified, "read", "grew"), Unmade: neither},
		{State: job.Aborted, Err: job.Rejectf(job.Stopping, "read", "stop"), Unmade: neither},
	} {
		o.Job = photo
		m.Started(photo)
		m.Finished(o)
	}
	m.Started(job.Job{Folder: "strange"})
	m.Finished(job.Outcome{Job: job.Job{Folder: "strange"}, State: job.Done})

	files := func(preset, result string) string {
		return fmt.Sprintf("imgwatchd_files_total{folder=%q,preset=%q,result=%q}", "photos", preset, result)
	}
	sources := func(result, class string) string {
		return fmt.Sprintf("imgwatchd_sources_total{class=%q,folder=%q,result=%q}", class, "photos", result)
	}
	expect(t, m, map[string]string{
		files("thumb", "done"): "3", files("web", "done"): "1",
		files("thumb", "failed"): "1", files("web", "failed"): "1",
		files("thumb", "held"): "0", files("web", "held"): "1",
		files("thumb", "skipped"): "1", files("web", "skipped"): "2",
		sources("done", "none"): "3", sources("failed", "malformed"): "1", sources("held", "transient"): "1",
		sources("skipped", "not_image"): "1", sources("changed", "modified"): "1", sources("aborted", "stopping"): "1",
		`imgwatchd_sources_started_total{folder="photos"}`: "8",
		`imgwatchd_read_bytes_total`:                       "4000",
		`imgwatchd_written_bytes_total`:                    "80",
	})
}

func TestWhatElseIsCounted(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb"}})
	m.ConfigureHooks("mail")
	m.Overflowed("photos")
	m.Scanned("photos", 31, 2*time.Second)
	m.Hooked("mail", "delivered")
	m.Hooked("hostile\xff", "failed")
	m.Staged("transform", 2*time.Second, 20*time.Millisecond)
	m.Reloaded(errors.New("no"))
	want := map[string]string{
		`imgwatchd_event_overflows_total{folder="photos"}`:                                "1",
		`imgwatchd_rescans_total{folder="photos"}`:                                        "1",
		`imgwatchd_rescan_files{folder="photos"}`:                                         "31",
		`imgwatchd_rescan_duration_seconds_sum`:                                           "2",
		`imgwatchd_hook_deliveries_total{hook="mail",result="delivered"}`:                 "1",
		`imgwatchd_hook_deliveries_total{hook="hostile` + "\uFFFD" + `",result="failed"}`: "1",
		`imgwatchd_stage_wait_seconds_bucket{stage="transform",le="1"}`:                   "0",
		`imgwatchd_stage_wait_seconds_bucket{stage="transform",le="2.5"}`:                 "1",
		`imgwatchd_stage_duration_seconds_sum{stage="transform"}`:                         "0.02",
		`imgwatchd_config_last_reload_successful`:                                         "0",
	}
	expect(t, m, want)
	m.Reloaded(nil)
	expect(t, m, map[string]string{`imgwatchd_config_last_reload_successful`: "1"})
}

func TestSeriesLeaveWithTheirFolders(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb", "web"}, "scans": {"web"}})
	m.ConfigureHooks("mail", "chat")
	m.Finished(job.Outcome{Job: job.Job{Folder: "photos"}, State: job.Done, Source: job.Source{SHA256: "00"}, Outputs: []job.Output{{Preset: "web"}}})
	m.Configure(map[string][]string{"photos": {"web", "gray"}})
	m.ConfigureHooks("chat")

	for name := range series(t, m) {
		if strings.Contains(name, `"scans"`) || strings.Contains(name, `"thumb"`) || strings.Contains(name, `"mail"`) {
			t.Errorf("%s is left", name)
		}
	}
	expect(t, m, map[string]string{
		`imgwatchd_files_total{folder="photos",preset="web",result="done"}`:  "1",
		`imgwatchd_files_total{folder="photos",preset="gray",result="done"}`: "0",
		`imgwatchd_hook_deliveries_total{hook="chat",result="failed"}`:       "0",
	})
	if m.Ended("photos").Done != 1 {
		t.Error("a folder that stays lost its count")
	}
}

func TestGaugesAreReadOnceForEachScrape(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb"}, "scans": {"thumb"}})
	asked := 0
	m.Watch(func() Live {
		asked++
		return Live{
			Queued: 12, InWork: 4, Oldest: 1500 * time.Millisecond, MemoryUsed: 5, MemoryBudget: 9, HooksWaiting: 2,
			Folders: []LiveFolder{
				{Name: "photos", OK: true, Watches: 3, Polled: 1, Settling: 6},
				{Name: "gone", OK: true},
				{Name: "photos", OK: true, Paused: true, Watches: 3, Polled: 1, Settling: 6},
			},
		}
	})
	expect(t, m, map[string]string{
		`imgwatchd_queue_depth`:                         "12",
		`imgwatchd_in_flight`:                           "4",
		`imgwatchd_queue_oldest_age_seconds`:            "1.5",
		`imgwatchd_memory_used_bytes`:                   "5",
		`imgwatchd_memory_budget_bytes`:                 "9",
		`imgwatchd_hooks_waiting`:                       "2",
		`imgwatchd_folder_up{folder="photos"}`:          "1",
		`imgwatchd_folder_paused{folder="photos"}`:      "1",
		`imgwatchd_watches{folder="photos"}`:            "3",
		`imgwatchd_polled_directories{folder="photos"}`: "1",
		`imgwatchd_settling_files{folder="photos"}`:     "6",
		`imgwatchd_folder_up{folder="scans"}`:           "0",
		`imgwatchd_folder_up{folder="gone"}`:            "",
	})
	if asked != 1 {
		t.Errorf("asked %d times for one scrape", asked)
	}
}

func TestNamesFollowTheConventions(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb"}})
	m.ConfigureHooks("mail")
	problems, err := promlint.New(strings.NewReader(scrape(t, m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestCountingBesideScrapesAndReloads(t *testing.T) {
	m := New("test")
	folders := map[string][]string{"photos": {"thumb"}}
	m.Configure(folders)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 500 {
				m.Started(job.Job{Folder: "photos"})
				m.Staged("read", 0, time.Millisecond)
				m.ends(1, job.Done)
			}
		})
	}
	all.Go(func() {
		for i := range 20 {
			m.Configure(map[string][]string{"photos": {"thumb"}, "scans": {fmt.Sprint(i)}})
			m.sample(i)
			m.Minutes()
			m.Rate("photos")
			_ = scrape(t, m)
		}
	})
	all.Wait()
	if got := m.Ended("photos").Done; got != 2000 {
		t.Errorf("%d ended, want 2000", got)
	}
	expect(t, m, map[string]string{`imgwatchd_sources_started_total{folder="photos"}`: "2000", `imgwatchd_stage_duration_seconds_count{stage="read"}`: "2000"})
}

// BenchmarkFile counts all that there is to count of one file.
func BenchmarkFile(b *testing.B) {
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb", "web"}})
	j := job.Job{Folder: "photos", Path: "a.jpg"}
	o := job.Outcome{Job: j, State: job.Done, Source: job.Source{Size: 100, SHA256: "00"}, Outputs: []job.Output{{Preset: "thumb"}, {Preset: "web"}}}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m.Started(j)
			for _, stage := range stageNames {
				m.Staged(stage, time.Millisecond, 3*time.Millisecond)
			}
			m.Finished(o)
		}
	})
}

// BenchmarkScrape answers a scrape of ten folders with three presets each.
func BenchmarkScrape(b *testing.B) {
	m := New("test")
	folders := make(map[string][]string)
	for i := range 10 {
		folders[fmt.Sprint("folder", i)] = []string{"thumb", "web", "gray"}
	}
	m.Configure(folders)
	b.ReportAllocs()
	h := m.Handler()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		b.SetBytes(int64(w.Body.Len()))
	}
}
