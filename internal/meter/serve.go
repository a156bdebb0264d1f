package meter

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

const (
	maxScrapes    = 16                     // at a time; more are turned away with 503
	scrapeTimeout = 5 * time.Second        // then a client that does not read is cut off
	freshFor      = 100 * time.Millisecond // so long, what was gathered answers all who scrape
)

// Handler returns what answers scrapes, in the text format or in protocol buffers. An answer
// may be a tenth of a second old, so that many who scrape cost little more than one.
// Answers are not compressed: on the way to a Prometheus nearby that costs more than it
// saves.
func (m *Meter) Handler() http.Handler {
	return &scrapes{
		from:   m.registry,
		places: make(chan struct{}, maxScrapes),
		bodies: make(map[expfmt.Format][]byte),
	}
}

// Scrapes answer scrapes.
type scrapes struct {
	from   prometheus.Gatherer
	places chan struct{} // one is taken by each scrape

	mu       sync.Mutex
	at       time.Time // when families were gathered
	families []*dto.MetricFamily
	bodies   map[expfmt.Format][]byte // what was made of families
}

// ServeHTTP implements http.Handler.
func (s *scrapes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		http.Error(w, fmt.Sprintf("%d scrapes are being answered already", maxScrapes), http.StatusServiceUnavailable)
		return
	}
	format := expfmt.NegotiateAccept(r.Header, expfmt.DefaultAcceptedFormats()...)
	body, err := s.body(format)
	if err != nil {
		http.Error(w, "gather metrics: "+err.Error(), http.StatusInternalServerError)
		return
	}
	// Not every ResponseWriter has deadlines; then those of the server count.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(scrapeTimeout))
	w.Header().Set("Content-Type", string(format))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // whoever asked has gone if this fails
}

// body returns an answer, which nobody may change.
func (s *scrapes) body(format expfmt.Format) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at.IsZero() || time.Since(s.at) >= freshFor {
		families, err := s.from.Gather()
		if err != nil {
			return nil, err
		}
		s.families, s.at = families, time.Now()
		clear(s.bodies)
	}
	if body, ok := s.bodies[format]; ok {
		return body, nil
	}
	body, err := encode(s.families, format)
	if err == nil {
		s.bodies[format] = body
	}
	return body, err
}

func encode(families []*dto.MetricFamily, format expfmt.Format) ([]byte, error) {
	var body bytes.Buffer
	encoder := expfmt.NewEncoder(&body, format)
	for _, f := range families {
		if err := encoder.Encode(f); err != nil {
			return nil, err
		}
	}
	return body.Bytes(), nil
}
