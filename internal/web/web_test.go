package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fake API answers with what it was asked.
type fake struct {
	API
	asked  []any
	reload error
}

var errRefused = errors.New("refused by the daemon")

func (f *fake) Failed(context.Context) ([]ledger.Entry, error) {
	return []ledger.Entry{{Path: "/in/a.jpg", State: job.Failed, Class: job.Malformed}}, nil
}

func (f *fake) Status() (Status, error) {
	return Status{Folders: []Folder{{Name: "photos", Path: "/in", OK: true}}}, nil
}

func (f *fake) Explain(path string) (Account, error) {
	f.asked = append(f.asked, path)
	return Account{Path: path, Verdict: New, Why: "not worked on yet"}, nil
}

func (f *fake) Retry(s Selection) ([]Result, error) {
	f.asked = append(f.asked, s)
	return []Result{{Path: "/in/a.jpg", Count: 1}}, nil
}

func (f *fake) Reprocess(Selection) ([]Result, error) { return nil, errRefused }

func (f *fake) Forget(s Selection) ([]Result, error) {
	f.asked = append(f.asked, s)
	return nil, nil
}

func (f *fake) History(_ context.Context, q Query) (History, error) {
	f.asked = append(f.asked, q)
	return History{Entries: []ledger.Entry{{ID: 7, Path: "/in/a.jpg"}}, More: true}, nil
}

func (f *fake) Queue(limit int) (Queue, error) {
	f.asked = append(f.asked, limit)
	return Queue{Waiting: []QueuedFile{{Folder: "photos", Path: "/in/b.jpg"}}}, nil
}

func (f *fake) Pause(folders []string) ([]Result, error) {
	f.asked = append(f.asked, folders)
	return []Result{{Path: "photos", Count: 1}}, nil
}

func (f *fake) Resume(folders []string) ([]Result, error) { return f.Pause(folders) }
func (f *fake) Rescan(folders []string) ([]Result, error) { return f.Pause(folders) }

func (f *fake) Reload(context.Context) error { return f.reload }

// serve serves api on a socket whose path is longer than that of a socket may be.
func serve(t *testing.T, api API) (path string) {
	t.Helper()
	return serveAll(t, &Server{API: func() API { return api }})
}

func serveAll(t *testing.T, s *Server) (path string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "socket")
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	running(t, func(ctx context.Context) error { return s.Serve(ctx, l) })
	return path
}

// running has run run until the test ends.
func running(t *testing.T, run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

func TestClientAsksServer(t *testing.T) {
	api := &fake{}
	client, err := Connect(serve(t, api))
	if err != nil {
		t.Fatal(err)
	}
	if failed, err := client.Failed(t.Context()); err != nil || len(failed) != 1 || failed[0].Class != job.Malformed {
		t.Errorf("failed: %+v, %v", failed, err)
	}
	if s, err := client.Status(); err != nil || len(s.Folders) != 1 || !s.Folders[0].OK {
		t.Errorf("status: %+v, %v", s, err)
	}
	const odd = "/in/caf\xe9 & two\nlines?.jpg"
	if a, err := client.Explain(odd); err != nil || a.Verdict != New {
		t.Errorf("explain: %+v, %v", a, err)
	}
	all := Selection{All: true}
	some := Selection{Paths: []string{odd, "/in/b.jpg"}, IDs: []int64{7, 8}}
	if results, err := client.Retry(all); err != nil || len(results) != 1 || results[0].Count != 1 {
		t.Errorf("retry: %+v, %v", results, err)
	}
	if _, err := client.Forget(some); err != nil {
		t.Errorf("forget: %v", err)
	}
	query := Query{Text: odd, Folder: "photos", State: "done", Before: 12, Limit: 34}
	if h, err := client.History(t.Context(), query); err != nil || len(h.Entries) != 1 || h.Entries[0].ID != 7 || !h.More {
		t.Errorf("history: %+v, %v", h, err)
	}
	if q, err := client.Queue(5); err != nil || len(q.Waiting) != 1 || q.Waiting[0].Path != "/in/b.jpg" {
		t.Errorf("queue: %+v, %v", q, err)
	}
	two := []string{"photos", "scans"}
	for _, do := range []func([]string) ([]Result, error){client.Pause, client.Resume, client.Rescan} {
		if results, err := do(two); err != nil || len(results) != 1 || results[0] != (Result{Path: "photos", Count: 1}) {
			t.Errorf("folders: %+v, %v", results, err)
		}
	}
	if _, err := client.Pause(nil); err != nil {
		t.Errorf("pause all: %v", err)
	}
	if err := client.Reload(t.Context()); err != nil {
		t.Errorf("reload: %v", err)
	}
	api.reload = errors.New("my.yaml:5: wrong\nmy.yaml:7: wrong too")
	if err := client.Reload(t.Context()); err == nil || err.Error() != api.reload.Error() {
		t.Errorf("reload that is refused: %v", err)
	}
	if want := []any{odd, all, some, query, 5, two, two, two, []string(nil)}; !reflect.DeepEqual(api.asked, want) {
		t.Errorf("the API was asked %q, want %q", api.asked, want)
	}
	if _, err := client.Reprocess(all); err == nil || err.Error() != errRefused.Error() {
		t.Errorf("reprocess: %v", err)
	}
}

// A searching API answers when who asked has gone.
type searching struct {
	fake
	begun chan struct{}
	ended chan error
}

func (s *searching) History(ctx context.Context, _ Query) (History, error) {
	s.begun <- struct{}{}
	<-ctx.Done()
	s.ended <- ctx.Err()
	return History{}, ctx.Err()
}

func (s *searching) Failed(ctx context.Context) ([]ledger.Entry, error) {
	_, err := s.History(ctx, Query{})
	return nil, err
}

// TestSearchEndsWithWhoAsked has clients hang up while the ledger is searched for them.
func TestSearchEndsWithWhoAsked(t *testing.T) {
	api := &searching{begun: make(chan struct{}), ended: make(chan error)}
	client, err := Connect(serve(t, api))
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := client.History(ctx, Query{}); return err },
		func(ctx context.Context) error { _, err := client.Failed(ctx); return err },
	} {
		ctx, hangUp := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() { gone <- ask(ctx) }()
		<-api.begun
		hangUp()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who hung up is told %v", err)
		}
		if err := <-api.ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the search ended with %v", err)
		}
	}
}

// TestServerRefuses sends what no client of ours does.
func TestServerRefuses(t *testing.T) {
	client, err := Connect(serve(t, &fake{}))
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		method, path string
		kind, body   string
		status       int
		problem      string
	}{
		{"GET", "retry", "", "", http.StatusMethodNotAllowed, "/v1/retry takes POST, not GET"},
		{"POST", "failed", form, "", http.StatusMethodNotAllowed, "/v1/failed takes GET, not POST"},
		{"DELETE", "status", "", "", http.StatusMethodNotAllowed, "takes GET"},
		{"GET", "nothing", "", "", http.StatusNotFound, `there is nothing at "/v1/nothing"`},
		{"GET", "", "", "", http.StatusNotFound, "there is nothing"},
		{"GET", "../v1/../../etc/passwd", "", "", http.StatusNotFound, "there is nothing"},
		{"POST", "retry", form, "path=%zz", http.StatusBadRequest, "invalid URL escape"},
		{"POST", "forget", form, "path=", http.StatusBadRequest, `path "" is not absolute`},
		{"POST", "forget", form, "path=in/a.jpg", http.StatusBadRequest, "not absolute"},
		{"POST", "forget", form, "path=/in/../in", http.StatusBadRequest, "not absolute and clean"},
		{"POST", "forget", form, "id=1e3", http.StatusBadRequest, `id "1e3" is no number`},
		{"POST", "forget", form, "id=99999999999999999999", http.StatusBadRequest, "is no number"},
		{"POST", "forget", form, "", http.StatusBadRequest, "nothing is named"},
		{"POST", "forget", form, "all=true&path=/in/a.jpg", http.StatusBadRequest, "either path= and id=, or all=true"},
		{"POST", "forget", form, "all=false&all=true", http.StatusBadRequest, "all is given more than once"},
		{"POST", "forget", form, "all=true&preset=web", http.StatusBadRequest, "leave preset= out"},
		{"POST", "reprocess", form, "all=true&preset=web&preset=thumbnail", http.StatusBadRequest, "preset is given more than once"},
		{"GET", "explain?path=/in/a.jpg&path=/in/b.jpg", "", "", http.StatusBadRequest, "path is given more than once"},
		{"POST", "retry", form, "all=yes", http.StatusBadRequest, "neither true nor false"},
		{"POST", "pause", form, "folders=photos", http.StatusBadRequest, `unknown parameter "folders"; known are ["folder"]`},
		{"POST", "pause", form, "folder=", http.StatusBadRequest, "a folder without name"},
		{"POST", "pause?folder=photos", form, "", http.StatusBadRequest, "parameters belong in the body"},
		{"POST", "pause", "application/json", `{"folder": "photos"}`, http.StatusUnsupportedMediaType, "must be a form"},
		{"POST", "pause", "", "folder=photos", http.StatusUnsupportedMediaType, "must be a form"},
		{"POST", "reload", form, "now=1", http.StatusBadRequest, `unknown parameter "now"`},
		{"GET", "explain?path=", "", "", http.StatusBadRequest, "not absolute"},
		{"GET", "explain?path=/in/%zz", "", "", http.StatusBadRequest, "invalid URL escape"},
		{"GET", "status?folder=photos", "", "", http.StatusBadRequest, "unknown parameter"},
		{"GET", "queue?limit=-1", "", "", http.StatusBadRequest, "not a number from 0 to 1000"},
		{"GET", "queue?limit=1001", "", "", http.StatusBadRequest, "not a number from 0 to 1000"},
		{"GET", "history?before=x", "", "", http.StatusBadRequest, "before is"},
		{"GET", "history?limit=5000", "", "", http.StatusBadRequest, "limit is"},
		{"GET", "history?status=failed", "", "", http.StatusBadRequest, `unknown parameter "status"`},
		{"GET", "history?text=" + strings.Repeat("a", maxSearch+1), "", "", http.StatusBadRequest, "1000 are the most"},
		{"GET", "explain?path=/" + strings.Repeat("a", maxHead+8<<10), "", "", http.StatusRequestHeaderFieldsTooLarge, ""},
	} {
		request, err := http.NewRequest(test.method, base+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		if test.kind != "" {
			request.Header.Set("Content-Type", test.kind)
		}
		status, problem := ask(t, &client.http, request)
		if status != test.status || !strings.Contains(problem, test.problem) {
			t.Errorf("%s %.80s %q: %d %q, want %d %q", test.method, test.path, test.body, status, problem, test.status, test.problem)
		}
	}
	request, err := http.NewRequest("POST", base+"retry", io.LimitReader(endless{}, maxForm+1))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", form)
	if status, problem := ask(t, &client.http, request); status != http.StatusRequestEntityTooLarge || problem == "" {
		t.Errorf("a form without end: %d %q", status, problem)
	}
}

// ask sends a request. What is wrong must be told as JSON, unless it is so wrong that it
// never reaches a route.
func ask(t *testing.T, client *http.Client, request *http.Request) (status int, problem string) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Error string }
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(text, &answer) != nil && response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("%s %s answers %q", request.Method, request.URL.Path, text)
	}
	return response.StatusCode, answer.Error
}

// endless reads as a form that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func TestNoDaemon(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "socket"), "/nowhere/at/all", filepath.Join(file, "socket"), file} {
		if _, err := Connect(path); !errors.Is(err, ErrNoDaemon) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestForms answers a browser without script: it is led back to where it was, or told
// what was not done.
func TestForms(t *testing.T) {
	api := &fake{}
	client, err := Connect(serve(t, api))
	if err != nil {
		t.Fatal(err)
	}
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, test := range []struct {
		path, body, referer string
		status              int
		want                string // where it leads, or part of what it says
	}{
		{"pause", "folder=photos", "", http.StatusSeeOther, "/"},
		{"pause", "folder=photos", "http://imgwatchd/?q=a%26b&state=done", http.StatusSeeOther, "/?q=a%26b&state=done"},
		{"pause", "folder=photos", "http://evil.example/?q=a", http.StatusSeeOther, "/"},
		{"pause", "folder=photos", "http://imgwatchd//evil.example/x", http.StatusSeeOther, "/evil.example/x"},
		{"pause", "folder=photos", "http://imgwatchd/\\evil.example", http.StatusSeeOther, "/evil.example"},
		{"pause", "folder=photos", "javascript:alert(1)", http.StatusSeeOther, "/"},
		{"reload", "", "", http.StatusSeeOther, "/"},
		{"reprocess", "all=true", "", http.StatusUnprocessableEntity, "refused by the daemon"},
		{"forget", "path=%3Cscript%3E", "", http.StatusBadRequest, "path &#34;&lt;script&gt;&#34; is not"},
	} {
		request, err := http.NewRequest("POST", base+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Accept", "text/html,application/xhtml+xml")
		request.Header.Set("Referer", test.referer)
		response, err := client.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		got := response.Header.Get("Location") + string(text)
		if err != nil || response.StatusCode != test.status || !strings.Contains(got, test.want) || test.status == http.StatusSeeOther && got != test.want {
			t.Errorf("%s %q from %q: %s %q, want %d %q", test.path, test.body, test.referer, response.Status, got, test.status, test.want)
		}
	}
}
