package meter

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestScrapesAtTheSameTimeShareAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New("test")
		asked := 0
		m.Watch(func() Live { asked++; return Live{Queued: asked} })
		h := m.Handler()
		depth := func() string {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			_, rest, _ := strings.Cut(w.Body.String(), "\nimgwatchd_queue_depth ")
			value, _, _ := strings.Cut(rest, "\n")
			return value
		}
		for range 50 {
			if got := depth(); got != "1" {
				t.Fatalf("depth is %q, want the one of the first scrape", got)
			}
		}
		<-time.After(freshFor)
		if got := depth(); got != "2" || asked != 2 {
			t.Errorf("depth is %q after %d questions, want 2", got, asked)
		}
	})
}

func TestTooManyScrapesAreTurnedAway(t *testing.T) {
	m := New("test")
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	m.Watch(func() Live { asked <- struct{}{}; <-answer; return Live{} })
	h := m.Handler().(*scrapes)
	statuses := make(chan int)
	scrape := func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		statuses <- w.Code
	}
	for range 3 * maxScrapes {
		go scrape()
	}
	for range 2 * maxScrapes {
		if got := <-statuses; got != http.StatusServiceUnavailable {
			t.Errorf("a scrape beyond the bound got %d", got)
		}
	}
	<-asked
	close(answer)
	for range maxScrapes {
		if got := <-statuses; got != http.StatusOK {
			t.Errorf("a scrape within the bound got %d", got)
		}
	}
}

func TestFormatsOfAnswers(t *testing.T) {
	server := httptest.NewServer(New("test").Handler())
	defer server.Close()
	for _, test := range []struct{ accept, want string }{
		{"", "text/plain; version=0.0.4"},
		{"text/html, */*", "text/plain; version=0.0.4"},
		{"\xff;;q=x", "text/plain; version=0.0.4"},
		{"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", "application/vnd.google.protobuf"},
	} {
		request, err := http.NewRequest(http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header["Accept"] = []string{test.accept}
		answer, err := server.Client().Do(request)
		if err != nil {
			t.Fatalf("%q: %v", test.accept, err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if got := answer.Header.Get("Content-Type"); !strings.HasPrefix(got, test.want) || err != nil || !strings.Contains(string(body), "imgwatchd_build_info") {
			t.Errorf("%q is answered with %q, %d bytes, %v; want %q", test.accept, got, len(body), err, test.want)
		}
	}
}
