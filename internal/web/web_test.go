package web

import (
	"context"
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
type fake struct{ asked []any }

var errRefused = errors.New("refused by the daemon")

func (f *fake) Failed() ([]ledger.Entry, error) {
	return []ledger.Entry{{Path: "/in/a.jpg", State: job.Failed, Class: job.Malformed}}, nil
}

func (f *fake) Folders() ([]Folder, error) {
	return []Folder{{Name: "photos", Path: "/in", OK: true}}, nil
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

// serve serves api in a state directory whose path is longer than that of a socket
// may be.
func serve(t *testing.T, api API) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), strings.Repeat("long", 40))
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	// What a killed process leaves behind.
	left, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := left.(*listener).Listener.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(dir); !errors.Is(err, ErrNoDaemon) {
		t.Errorf("connecting to a socket that nobody listens on: %v", err)
	}
	l, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- (&Server{API: func() API { return api }}).Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if _, err := os.Lstat(filepath.Join(dir, SocketName)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	return dir
}

func TestClientAsksServer(t *testing.T) {
	api := &fake{}
	client, err := Connect(serve(t, api))
	if err != nil {
		t.Fatal(err)
	}
	if failed, err := client.Failed(); err != nil || len(failed) != 1 || failed[0].Class != job.Malformed {
		t.Errorf("failed: %+v, %v", failed, err)
	}
	if folders, err := client.Folders(); err != nil || len(folders) != 1 || !folders[0].OK {
		t.Errorf("folders: %+v, %v", folders, err)
	}
	const odd = "/in/caf\xe9 & two\nlines?.jpg"
	if a, err := client.Explain(odd); err != nil || a.Verdict != New {
		t.Errorf("explain: %+v, %v", a, err)
	}
	all := Selection{All: true, Preset: "web"}
	some := Selection{Paths: []string{odd, "/in/b.jpg"}}
	if results, err := client.Retry(all); err != nil || len(results) != 1 || results[0].Count != 1 {
		t.Errorf("retry: %+v, %v", results, err)
	}
	if _, err := client.Forget(some); err != nil {
		t.Errorf("forget: %v", err)
	}
	if want := []any{odd, all, some}; !reflect.DeepEqual(api.asked, want) {
		t.Errorf("the API was asked %q, want %q", api.asked, want)
	}
	if _, err := client.Reprocess(all); err == nil || err.Error() != errRefused.Error() {
		t.Errorf("reprocess: %v", err)
	}
}

// TestServerRefuses sends what no client of ours does.
func TestServerRefuses(t *testing.T) {
	client, err := Connect(serve(t, &fake{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, path string
		body         io.Reader
		status       int
	}{
		{"GET", "retry", nil, http.StatusMethodNotAllowed},
		{"POST", "failed", nil, http.StatusMethodNotAllowed},
		{"GET", "nothing", nil, http.StatusNotFound},
		{"POST", "retry", strings.NewReader("path=%zz"), http.StatusBadRequest},
		{"POST", "forget", strings.NewReader("path="), http.StatusBadRequest},
		{"POST", "forget", strings.NewReader("path=in/a.jpg"), http.StatusBadRequest},
		{"POST", "forget", strings.NewReader("path=/in/../in"), http.StatusBadRequest},
		{"GET", "explain?path=", nil, http.StatusBadRequest},
		{"POST", "retry", io.LimitReader(endless{}, maxForm+1), http.StatusBadRequest},
	} {
		request, err := http.NewRequest(test.method, base+test.path, test.body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != test.status {
			t.Errorf("%s %s: %s, want %d", test.method, test.path, response.Status, test.status)
		}
	}
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
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := Connect(dir); !errors.Is(err, ErrNoDaemon) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
