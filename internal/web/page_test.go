package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// A scene is an API that answers the same each time.
type scene struct {
	API
	status  Status
	entries []ledger.Entry
	more    bool
	asked   []Query
	fault   error
	ledger  error
}

func (s *scene) Status() (Status, error) { return s.status, s.fault }

func (s *scene) History(_ context.Context, q Query) (History, error) {
	s.asked = append(s.asked, q)
	if s.ledger != nil {
		return History{}, s.ledger
	}
	h := History{More: s.more}
	for _, e := range s.entries {
		if q.State == "" || q.State == string(e.State) {
			h.Entries = append(h.Entries, e)
		}
	}
	return h, nil
}

// open asks the page of a scene for an address.
func (s *scene) open(t *testing.T, address string) (*http.Response, string) {
	t.Helper()
	w := httptest.NewRecorder()
	new(Server).sheltered(NewPage(func() API { return s }, nil)).ServeHTTP(w, httptest.NewRequest("GET", address, nil))
	return w.Result(), w.Body.String()
}

var noon = time.Date(2026, 11, 25, 12, 0, 30, 0, time.UTC)

// quiet is a daemon with nothing to do and nothing done.
func quiet() *scene {
	s := &scene{status: Status{Version: "v1", Now: noon, Started: noon.Add(-time.Hour)}}
	s.status.Config = Loaded{At: noon.Add(-time.Hour)}
	s.status.Folders = []Folder{{Name: "photos", Path: "/in", OK: true, Mode: "events", Watches: 3, Presets: []string{"thumb", "web"}}}
	s.status.Minutes = []Minute{{Start: noon.Truncate(time.Minute)}}
	return s
}

func entryOf(id int64, path string, state job.State) ledger.Entry {
	e := ledger.Entry{ID: id, Path: path, Folder: "photos", State: state, Started: noon.Add(-5084 * time.Millisecond), Ended: noon.Add(-5 * time.Second)}
	if state == job.Done {
		e.Outputs = []ledger.Rendition{
			{Output: job.Output{Preset: "web", Path: "/out/w.jpg", Format: "jpeg", Width: 1600, Height: 1067, Size: 231_400}, State: job.Done},
			{Output: job.Output{Preset: "thumb", Path: "/out/t.jpg", Format: "jpeg", Width: 128, Height: 85, Size: 6_213}, State: job.Done},
		}
	}
	return e
}

func wantText(t *testing.T, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

func TestPageTellsHowToBegin(t *testing.T) {
	response, body := quiet().open(t, "/")
	if response.StatusCode != http.StatusOK {
		t.Fatalf("answers %s", response.Status)
	}
	wantText(t, body, "<title>Ready for pictures", "Drop a picture to begin", "/in</bdi>", "its <b>thumb and web</b> renditions will show here")
}

func TestPageShowsFiles(t *testing.T) {
	s := quiet()
	s.entries = []ledger.Entry{entryOf(7, "/in/2026/a.jpg", job.Done), entryOf(6, "/in/b.jpg", job.Failed)}
	s.entries[1].Class, s.entries[1].Reason = job.Malformed, "it ends early"
	_, body := s.open(t, "/")
	wantText(t, body,
		`<bdi class="name" data-f="base">a.jpg</bdi>`, `data-f="dir" title="2026">2026</bdi>`, "84 ms", "5 s ago",
		`src="/image/7/source?v=`, `href="/image/7/rendition/thumb?v=`, "128×85", "6.2 kB", "231 kB",
		"Damaged", "it ends early", `<input type="hidden" name="id" value="6"><button class="quiet">Retry<span class="vh" data-f="retry-of"> b.jpg</span>`)
	if strings.Contains(body, `src="/image/6/`) {
		t.Error("the page asks for the picture of a file that failed")
	}
	wantText(t, body, "All caught up")
	if strings.Contains(body, "Drop a picture") {
		t.Error("the page tells how to begin to one who has")
	}
}

func TestPageFilters(t *testing.T) {
	s := quiet()
	s.entries, s.more = []ledger.Entry{entryOf(41, "/in/a.jpg", job.Done)}, true
	_, body := s.open(t, "/?q=a%26b&folder=photos&state=done&before=99")
	want := Query{Text: "a&b", Folder: "photos", State: "done", Before: 99, Limit: pageSize}
	if got := s.asked[len(s.asked)-1]; got != want {
		t.Errorf("the API was asked %+v, want %+v", got, want)
	}
	wantText(t, body, `value="a&amp;b"`, `<option value="done" selected>Done`,
		`href="/?before=41&amp;folder=photos&amp;q=a%26b&amp;state=done#files" rel="next"`, `<a href="/#files">Latest</a>`)
	s.open(t, "/?state=%00&before=-1&q="+strings.Repeat("a", maxSearch+9))
	want = Query{Text: strings.Repeat("a", maxSearch), Limit: pageSize}
	if got := s.asked[len(s.asked)-1]; got != want {
		t.Errorf("the API was asked %+v, want %+v", got, want)
	}
}

// inlined finds what a strict policy would refuse.
var inlined = regexp.MustCompile(`(?i)<script>|<script [^>]*>[^<]|<style|\sstyle=|\son[a-z]+=|javascript:|https?://[^w]`)

func TestPageIsStrict(t *testing.T) {
	s := quiet()
	s.entries = []ledger.Entry{entryOf(7, "/in/a.jpg", job.Done), entryOf(6, "/in/b.jpg", job.Failed)}
	response, body := s.open(t, "/")
	if found := inlined.FindAllString(body, -1); found != nil {
		t.Errorf("the page has %q", found)
	}
	for key, want := range map[string]string{
		"Content-Security-Policy": policy,
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
		"Content-Type":            "text/html; charset=utf-8",
	} {
		if got := response.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

// TestHostileNames shows names that would be something else than text, or would not
// show what they are.
func TestHostileNames(t *testing.T) {
	s := quiet()
	for i, name := range []string{
		`<script>alert(1)</script>.jpg`, `"><img src=x onerror=alert(1)>.jpg`, "a' onload='alert(1).jpg",
		"\u202egpj.exe", "two\nlines.jpg", "caf\xe9.jpg", "esc\x1b[31m.jpg", "{{.}}.jpg",
	} {
		e := entryOf(int64(i+1), "/in/"+name, job.Failed)
		e.Reason = "it is called " + name
		s.entries = append(s.entries, e)
	}
	_, body := s.open(t, "/")
	for _, raw := range []string{"<script>alert", "<img src=x", "\u202e", "two\nlines", "\xe9", "\x1b", "' onload='"} {
		if strings.Contains(body, raw) {
			t.Errorf("the page has %q as it is", raw)
		}
	}
	wantText(t, body, "&lt;script&gt;", `<span class="unseen">U&#43;202E</span>gpj.exe`, `two<span class="unseen">\n</span>lines.jpg`,
		"caf<span class=\"unseen\">\ufffd</span>.jpg", `<span class="unseen">U&#43;001B</span>[31m`, "{{.}}.jpg")
}

func TestHeadline(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*Status)
		mood  string
		title string
		more  string
	}{
		{"nothing to do", func(*Status) {}, "well", "All caught up", "Watching 1 folder"},
		{"arriving", func(s *Status) { s.Folders[0].Settling = 2 }, "busy", "2 files are arriving", "Watching 1 folder"},
		{"one in work", func(s *Status) { s.Queue.InWork = 1 }, "busy", "Working on 1 file", "Watching 1 folder"},
		{"many", func(s *Status) { s.Queue.Queued, s.Rate = 1200, 40 }, "busy", "Working on 1,200 files", "About 30 s to go at 40/s · watching 1 folder"},
		{"long wait", func(s *Status) { s.Queue = QueueLength{Queued: 3, Oldest: 5 * time.Minute} }, "busy", "Working on 3 files", "The first has waited 5 min · watching 1 folder"},
		{"degraded", func(s *Status) { s.Folders[0].OK = false }, "ill", "photos needs attention", "Watching 1 folder"},
		{"paused", func(s *Status) { s.Folders[0].OK, s.Folders[0].Paused = false, true }, "rest", "Paused", "Watching 1 folder"},
		{"refused", func(s *Status) { s.Config.Refused = "line 3" }, "ill", "The changed configuration was refused", "Watching 1 folder"},
	}
	for _, test := range tests {
		s := quiet().status
		test.alter(&s)
		if got, want := headlineOf(s), (headline{test.mood, test.title, test.more}); got != want {
			t.Errorf("%s: %+v, want %+v", test.name, got, want)
		}
	}
}

func TestPageInTrouble(t *testing.T) {
	s := quiet()
	s.status.Config.Refused = "line 3: no such key <presetz>"
	s.status.Problem = "address already in use"
	s.status.Folders[0].OK, s.status.Folders[0].Reason = false, "no space left on device"
	s.ledger = errors.New("the ledger is locked")
	_, body := s.open(t, "/")
	wantText(t, body, "no such key &lt;presetz&gt;", "address already in use", "Degraded", "no space left on device", "the ledger is locked")

	s.fault = errors.New("out of <order>")
	response, body := s.open(t, "/")
	if response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answers %s", response.Status)
	}
	wantText(t, body, "out of &lt;order&gt;")
}

func TestLoginForm(t *testing.T) {
	w := httptest.NewRecorder()
	NewPage(nil, nil).Login(w, "this is not the <token>")
	if w.Code != http.StatusUnauthorized {
		t.Errorf("answers %d", w.Code)
	}
	wantText(t, w.Body.String(), `action="/login"`, `name="token"`, "this is not the &lt;token&gt;")
	if found := inlined.FindAllString(w.Body.String(), -1); found != nil {
		t.Errorf("the form has %q", found)
	}
}

func TestAssets(t *testing.T) {
	_, body := quiet().open(t, "/")
	for _, name := range []string{"page.css", "page.js", "icon.svg"} {
		address := assetAddress(name)
		wantText(t, body, `"`+address+`"`)
		response, _ := quiet().open(t, address)
		if response.StatusCode != http.StatusOK || !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %v", address, response.Status, response.Header)
		}
		if response, _ = quiet().open(t, "/static/"+name+"?v=old"); response.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("an old address of %s is cached: %v", name, response.Header)
		}
	}
	for _, address := range []string{"/static/index.html", "/static/", "/static/..%2fpage.go", "/nothing"} {
		if response, _ := quiet().open(t, address); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", address, response.Status)
		}
	}
}
