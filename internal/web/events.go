package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"sync"
	"time"

	"imgwatchd/internal/ledger"
)

const (
	maxStreams = 256              // clients of the events at a time
	maxBehind  = 8                // events that a client may be behind before it is cut off
	beat       = time.Second      // between two looks at what is new
	heartbeat  = 15 * time.Second // between two signs of life when nothing is
	pushTime   = 10 * time.Second // for a client to take an event
	recentEnd  = 5 * time.Second  // files that ended so long ago are told to a new client
	maxFiles   = 50               // of an event
)

// serveEvents sends events until the client goes, or is too slow.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if _, err := readQuery(r); err != nil {
		writeError(w, statusOf(err), err)
		return
	}
	if r.Method == http.MethodHead { // it would hold a place and hear nothing
		w.Header().Set("Content-Type", "text/event-stream")
		return
	}
	stream, ok := s.events().join()
	if !ok {
		w.Header().Set("Retry-After", "30")
		w.Header().Set("Connection", "close")
		writeError(w, http.StatusServiceUnavailable, errors.New("too many listen to the events already"))
		return
	}
	defer s.events().leave(stream)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // of proxies
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // nothing more is to come
	push := func(event []byte) error {
		_ = c.SetWriteDeadline(time.Now().Add(pushTime))
		if _, err := w.Write(event); err != nil {
			return err
		}
		return c.Flush()
	}
	if push([]byte("retry: 3000\n\n")) != nil {
		return
	}
	for {
		select {
		case <-r.Context().Done():
			return
		case event, on := <-stream.events:
			if !on || push(event) != nil {
				return
			}
		}
	}
}

// A hub makes the events, once for all who listen, and nothing while nobody does.
type hub struct {
	turn chan struct{} // holds a token while someone runs it
	wake chan struct{} // holds a token when someone has joined

	mu      sync.Mutex
	streams map[*stream]bool // whether it has heard how things are
}

// A stream is what a client is to be sent. The hub closes it when the client is too slow.
type stream struct{ events chan []byte }

func newHub() *hub {
	return &hub{turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), streams: make(map[*stream]bool)}
}

// join adds a client, unless there are too many.
func (h *hub) join() (*stream, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= maxStreams {
		return nil, false
	}
	s := &stream{make(chan []byte, maxBehind)}
	h.streams[s] = false
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return s, true
}

func (h *hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
}

func (h *hub) empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams) == 0
}

// run makes events of what api answers until ctx ends. Of those who run it at a time one
// does so, the next when that one's ctx has ended.
func (h *hub) run(ctx context.Context, api func() API) {
	select {
	case <-ctx.Done():
		return
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	}
	tick := time.NewTicker(beat)
	defer tick.Stop()
	var n news
	for {
		if h.empty() {
			n = news{} // nobody has heard it
		} else {
			n.gather(ctx, api(), time.Now())
			h.send(n.events(time.Now()), n.greeting())
		}
		late := tick.C
		if h.empty() {
			late = nil
		}
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		case <-late:
		}
	}
}

// send sends events to all who have heard how things are, and that to the others.
func (h *hub) send(events, greeting []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s, greeted := range h.streams {
		event := events
		if !greeted {
			event = greeting
		}
		if len(event) == 0 {
			continue
		}
		select {
		case s.events <- event:
			h.streams[s] = true
		default:
			close(s.events)
			delete(h.streams, s)
		}
	}
}

// news is what there is to tell. The zero news knows nothing.
type news struct {
	at     time.Time // when it was gathered
	sent   time.Time // when something was sent
	status Status
	files  []ledger.Entry // the latest that ended

	statusEvent []byte
	fresh       []byte // events that were not sent yet
}

// gather looks at what is new, once in a beat.
func (n *news) gather(ctx context.Context, api API, now time.Time) {
	if now.Sub(n.at) < beat*9/10 { // a ticker may come early after a late tick
		return
	}
	first := n.at.IsZero()
	n.at = now
	status, err := api.Status()
	if err != nil {
		return // who can tell it is asked again
	}
	ended := first || status.Ended != n.status.Ended
	if first || !same(status, n.status) {
		n.statusEvent = eventOf("status", status)
		n.fresh = append(n.fresh, n.statusEvent...)
	}
	n.status = status
	if ended {
		n.gatherFiles(ctx, api, first)
	}
}

// gatherFiles adds the files that ended since the last look.
func (n *news) gatherFiles(ctx context.Context, api API, first bool) {
	page, err := api.History(ctx, Query{Limit: maxFiles})
	if err != nil {
		n.status.Ended = Counts{Done: -1} // so that it is asked again
		return
	}
	known := make(map[int64]time.Time)
	for _, e := range n.files {
		known[e.ID] = e.Ended
	}
	var files []ledger.Entry
	for _, e := range page.Entries {
		if at, ok := known[e.ID]; !ok || !at.Equal(e.Ended) {
			files = append(files, e)
		}
	}
	n.files = page.Entries
	if !first && len(files) > 0 {
		n.fresh = append(n.fresh, eventOf("files", files)...)
	}
}

// same reports whether nothing but the time is different.
func same(a, b Status) bool {
	a.Now, b.Now = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}

// events returns what is to be sent to those who know the rest, at least a sign of life
// now and then.
func (n *news) events(now time.Time) []byte {
	events := n.fresh
	n.fresh = nil
	if len(events) == 0 && now.Sub(n.sent) >= heartbeat {
		events = []byte(":\n\n")
	}
	if len(events) > 0 {
		n.sent = now
	}
	return events
}

// greeting returns what is to be sent to those who know nothing: how things are, and the
// files that ended while they were about to ask.
func (n *news) greeting() []byte {
	var files []ledger.Entry
	for _, e := range n.files {
		if n.at.Sub(e.Ended) < recentEnd {
			files = append(files, e)
		}
	}
	if len(files) == 0 {
		return n.statusEvent
	}
	return append(bytes.Clone(n.statusEvent), eventOf("files", files)...)
}

// eventOf returns an event as it goes over the wire. JSON has no line breaks.
func eventOf(name string, data any) []byte {
	text, err := json.Marshal(data)
	if err != nil {
		return nil // of our own types there is nothing that JSON cannot have
	}
	return []byte("event: " + name + "\ndata: " + string(text) + "\n\n")
}
