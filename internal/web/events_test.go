package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/ledger"
)

// watched is an API whose answers a test changes.
type watched struct {
	API
	mu      sync.Mutex
	status  Status
	entries []ledger.Entry
	asked   int
	fault   error
}

func (w *watched) Status() (Status, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	s := w.status
	s.Now = time.Now()
	return s, w.fault
}

func (w *watched) History(_ context.Context, q Query) (History, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return History{Entries: slices.Clone(w.entries[:min(q.Limit, len(w.entries))])}, w.fault
}

// end adds files that have ended now.
func (w *watched) end(ids ...int64) {
	w.change(func() {
		for _, id := range ids {
			w.entries = append([]ledger.Entry{{ID: id, Path: "/in/<b>\n\xe9.jpg", Ended: time.Now()}}, w.entries...)
			w.status.Ended.Done++
		}
	})
}

// change changes w, which do does.
func (w *watched) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

// askings returns how often w was asked.
func (w *watched) askings() (n int) {
	w.change(func() { n = w.asked })
	return n
}

// TestEvents runs a hub in a time of its own.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{status: Status{Version: "v1", Folders: []Folder{{Name: "photos"}}}}
		w.end(1)
		<-time.After(recentEnd)
		w.end(2)
		h := newHub()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { h.run(ctx, func() API { return w }); close(ended) }()
		<-time.After(time.Hour + beat/2) // between two ticks of the hub, as from here on
		if n := w.askings(); n > 0 {
			t.Errorf("nobody listens, but the API is asked %d times", n)
		}
		w.change(func() { w.entries[0].Ended = time.Now() })
		s, ok := h.join()
		if !ok {
			t.Fatal("the first is one too many")
		}
		heard := func(s *stream, what string, want ...string) {
			t.Helper()
			synctest.Wait()
			var got strings.Builder
			for len(s.events) > 0 {
				got.Write(<-s.events)
			}
			rest := got.String()
			for _, part := range want {
				_, after, found := strings.Cut(rest, part)
				if !found {
					t.Errorf("%s: heard %q, want %q in it", what, got.String(), want)
				}
				rest = after
			}
			if len(want) == 0 && rest != "" {
				t.Errorf("%s: heard %q", what, rest)
			}
		}
		heard(s, "at once, what is and what ended a moment ago", "event: status\ndata: {\"version\":\"v1\"", "\n\n", "event: files\ndata: [{\"id\":2,", "\n\n")
		<-time.After(5 * time.Second)
		heard(s, "nothing new")
		<-time.After(heartbeat)
		heard(s, "a sign of life", ":\n\n")
		w.end(3, 4)
		<-time.After(beat)
		heard(s, "two files", "event: status\n", `"done":4`, "event: files\ndata: [{\"id\":4,", `{"id":3,`, "}]\n\n")
		w.change(func() { // one is tried again
			w.entries[1].Ended = time.Now()
			w.status.Ended.Failed++
		})
		<-time.After(beat)
		heard(s, "one of them again", "event: status\n", "event: files\ndata: [{\"id\":3,", "}]\n\n")
		w.change(func() { w.status.Queue.Queued = 7 })
		late, _ := h.join()
		heard(late, "what is known", "event: status\n", `"queued":0`, "event: files\n", `"id":4`)
		heard(s, "not before its time")
		<-time.After(beat)
		heard(s, "a longer queue", "event: status\n", `"queued":7`)
		heard(late, "a longer queue", "event: status\n", `"queued":7`)

		w.change(func() { w.fault = errors.New("no answer") })
		w.end(5)
		<-time.After(5 * beat)
		heard(s, "while there are no answers")
		w.change(func() { w.fault = nil })
		<-time.After(beat)
		heard(s, "when there are again", "event: status\n", "event: files\ndata: [{\"id\":5,")

		h.leave(late)
		for n := range maxBehind + 3 { // s takes nothing
			w.change(func() { w.status.Queue.Queued = n })
			<-time.After(beat)
		}
		synctest.Wait()
		for range maxBehind {
			<-s.events
		}
		if _, on := <-s.events; on {
			t.Error("a client that is too slow is not cut off")
		}
		asked := w.askings()
		<-time.After(time.Minute)
		if n := w.askings() - asked; n > 1 {
			t.Errorf("nobody listens any more, but the API is asked %d times", n)
		}
		stop()
		<-ended
	})
}

// TestHubsTakeTurns has two servers share the events: when one ends the other makes them.
func TestHubsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{}
		h := newHub()
		one, stopOne := context.WithCancel(t.Context())
		two, stopTwo := context.WithCancel(t.Context())
		for _, ctx := range []context.Context{one, two} {
			go h.run(ctx, func() API { return w })
		}
		s, _ := h.join()
		<-s.events
		<-time.After(10 * beat)
		if n := w.askings(); n > 12 {
			t.Errorf("the API is asked %d times in 10 s", n)
		}
		stopOne()
		w.change(func() { w.status.Version = "v2" })
		<-time.After(2 * beat)
		if len(s.events) == 0 {
			t.Error("nobody makes events")
		}
		stopTwo()
		synctest.Wait()
	})
}

// TestThousandListeners opens 1,000 streams of events: those beyond the bound are refused.
func TestThousandListeners(t *testing.T) {
	address := listen(t, &Server{API: func() API { return &watched{} }}, Rule{})
	ctx, leave := context.WithCancel(t.Context())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	counts := make(map[int]int)
	var open []io.Closer
	for range 1000 {
		request, err := http.NewRequestWithContext(ctx, "GET", address+"/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		counts[response.StatusCode]++
		if response.StatusCode == http.StatusOK {
			open = append(open, response.Body)
			continue
		}
		if response.Header.Get("Retry-After") == "" {
			t.Error("who is refused is not told when to come again")
		}
		response.Body.Close()
	}
	if counts[http.StatusOK] != maxStreams || counts[http.StatusServiceUnavailable] != 1000-maxStreams {
		t.Errorf("the answers are %v", counts)
	}
	response, err := client.Get(address + "/v1/status") // others are served
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status: %v, %v", response, err)
	}
	response.Body.Close()
	leave()
	for _, body := range open {
		body.Close()
	}
}

// TestHeadOfEventsHoldsNoPlace asks for the head of the events, which has an end.
func TestHeadOfEventsHoldsNoPlace(t *testing.T) {
	s := &Server{API: func() API { return &watched{} }}
	address := listen(t, s, Rule{})
	response, err := http.Head(address + "/v1/events")
	if err != nil || response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("head: %v, %v", response, err)
	}
	response.Body.Close()
	if !s.events().empty() {
		t.Error("a client that hears nothing is counted")
	}
	http.DefaultClient.CloseIdleConnections()
}
