package daemon

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/web"
)

// get asks for an address with a token.
func (h *house) get(url, token string) (status int) {
	h.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		h.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// freePort returns an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// withHTTP returns a configuration that listens.
func (h *house) withHTTP(keys string) *config.Config {
	h.Helper()
	text := "{state_dir: state, http: {" + keys + "}, folders: [{name: f, path: in, stable_for: 10ms, presets: [thumbnail], output: {dir: out, durability: none}}]}"
	cfg, err := config.Parse("test.yaml", []byte(text), h.dir, nil)
	if err != nil {
		h.Fatal(err)
	}
	return cfg
}

// TestPorch moves the page about by reloads: to a port, to one that is taken until it is
// free, to one with a token, to another token, to one that cannot be read, and away.
func TestPorch(t *testing.T) {
	dir := newDir(t)
	tokenFile := filepath.Join(dir, "token")
	write := func(word string) {
		t.Helper()
		if err := os.WriteFile(tokenFile, []byte(word), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const first, second = "the-first-token-of-all", "the-second-token-of-all"
	write(first)
	var next string
	var h *house
	h = open(t, dir, func() (*config.Config, error) { return h.withHTTP(next), nil })
	reload := func(keys string) error {
		next = keys
		return h.client().Reload(t.Context())
	}
	if s := h.status(); s.Listen != "" || s.Problem != "" {
		t.Errorf("without a page: %q, %q", s.Listen, s.Problem)
	}

	one := freePort(t)
	if err := reload("listen: '" + one + "'"); err != nil {
		t.Fatal(err)
	}
	h.await("status page")
	if got := h.get("http://"+one+"/v1/status", ""); got != 200 {
		t.Errorf("the page answers %d", got)
	}
	if s := h.status(); s.Listen != one || s.Problem != "" {
		t.Errorf("with a page: %q, %q", s.Listen, s.Problem)
	}

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	two := taken.Addr().String()
	if err := reload("listen: '" + two + "'"); err != nil {
		t.Fatal(err)
	}
	h.await("the status page is not served, will try again")
	if s := h.status(); s.Listen != two || !strings.Contains(s.Problem, "another program listens there") {
		t.Errorf("with the port taken: %q, %q", s.Listen, s.Problem)
	}
	if got := h.get("http://"+one+"/v1/status", ""); got != 0 {
		t.Errorf("the former port still answers %d", got)
	}
	h.drop("a.png") // the daemon does its work all the same
	h.await("done")
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	h.await("status page")

	keys := fmt.Sprintf("listen: '%s', token_file: token", two)
	if err := reload(keys); err != nil {
		t.Fatal(err)
	}
	h.await("every user of this machine may read the token of the status page")
	wantToken := func(right, wrong string) {
		t.Helper()
		for word, want := range map[string]int{"": 401, wrong: 401, right: 200} {
			if got := h.get("http://"+two+"/v1/status", word); got != want {
				t.Errorf("with the token %q it answers %d, want %d", word, got, want)
			}
		}
	}
	wantToken(first, second)
	write(second)
	if err := reload(keys); err != nil {
		t.Fatal(err)
	}
	wantToken(second, first)
	write("short")
	if err := reload(keys); err == nil || !strings.Contains(err.Error(), "http.token_file: read token: the first line") {
		t.Errorf("reload with a short token: %v", err)
	}
	wantToken(second, "short")

	if err := reload("listen: ''"); err != nil {
		t.Fatal(err)
	}
	late := time.Now().Add(patience) // who is there may finish first
	for s := h.status(); s.Listen != "" || s.Problem != ""; s = h.status() {
		if time.Now().After(late) {
			t.Fatalf("without a page again: %q, %q", s.Listen, s.Problem)
		}
		<-time.After(time.Millisecond)
	}
	h.close()
}

// TestPorchWaitsForItsToken starts without the file of the token: nobody is let in without,
// and the page comes with it.
func TestPorchWaitsForItsToken(t *testing.T) {
	dir := newDir(t)
	h := &house{T: t, dir: dir}
	port := freePort(t)
	h.begin(h.withHTTP("listen: '"+port+"', token_file: token"), nil)
	h.await("the status page is not served, will try again")
	if got := h.get("http://"+port+"/v1/status", ""); got != 0 {
		t.Errorf("without a token it answers %d", got)
	}
	const word = "a-token-that-came-late"
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	h.await("status page")
	if got := h.get("http://"+port+"/healthz", ""); got != 200 {
		t.Errorf("health answers %d", got)
	}
	if got := h.get("http://"+port+"/metrics", word); got != 200 {
		t.Errorf("the metrics answer %d", got)
	}
	h.close()
}

// TestNobodyWaitsForAName has a name server that does not answer: the porch is asked and
// told all the same, and goes elsewhere at once.
func TestNobodyWaitsForAName(t *testing.T) {
	asked, hang := make(chan struct{}, 100), make(chan struct{})
	usual := net.DefaultResolver
	defer func() { net.DefaultResolver = usual }()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		asked <- struct{}{}
		<-hang
		return nil, net.ErrClosed
	}}
	h := &house{T: t}
	p := newPorch(h.log(), &web.Server{API: func() web.API { return nil }})
	p.set(config.HTTP{Listen: "porch.example:80"})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { p.run(ctx) })
	defer running.Wait()
	defer stop()
	defer close(hang)
	<-asked
	told := make(chan struct{})
	go func() {
		defer close(told)
		if address, problem := p.state(); address != "porch.example:80" || problem != "" {
			t.Errorf("it is at %q, %q", address, problem)
		}
		p.set(config.HTTP{Listen: "127.0.0.1:0"})
	}()
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("who asks waits for the name server")
	}
	h.await("status page")
}

// TestPorchOpensOnce starts with a page: who has seen it come is not cut off again.
func TestPorchOpensOnce(t *testing.T) {
	for range 10 {
		h := &house{T: t, dir: newDir(t)}
		h.begin(h.withHTTP("listen: '127.0.0.1:0'"), nil)
		h.await("status page")
		h.drop("a.png")
		h.await("done")
		h.close()
		if n := h.logs.FilterMessage("status page").Len(); n != 1 {
			t.Errorf("it opened %d times", n)
		}
	}
}

// TestPorchOnCourse has the same asked for again before and after it is on its way there.
func TestPorchOnCourse(t *testing.T) {
	h := &house{T: t}
	p := newPorch(h.log(), &web.Server{API: func() web.API { return nil }})
	want := config.HTTP{Listen: "127.0.0.1:0"}
	p.set(want)
	p.set(want)
	p.aim()
	if !p.onCourse() {
		t.Error("it would be called back from where it goes")
	}
	p.set(config.HTTP{Listen: "127.0.0.1:1"})
	if p.onCourse() {
		t.Error("it would go on to where nobody wants it any more")
	}
}
