package web

import (
	"context"
	"net/http"
	"strings"
)

// A Health is the answer of /healthz and /readyz.
type Health struct {
	OK      bool     `json:"ok"`
	Reasons []string `json:"reasons,omitempty"` // why not
}

// serveHealth says that the process answers.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, Health{OK: true})
}

// serveReady says whether the daemon should be given work, and to those whom the door
// has let in, why not.
func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	var err error
	if s.Ready != nil {
		err = s.Ready()
	}
	switch {
	case err == nil:
		writeJSON(w, http.StatusOK, Health{OK: true})
	case isStranger(r.Context()):
		writeJSON(w, http.StatusServiceUnavailable, Health{})
	default:
		writeJSON(w, http.StatusServiceUnavailable, Health{Reasons: strings.Split(err.Error(), "\n")})
	}
}

// strange marks the requests of those whom the door has not let in.
type strange struct{}

func asStranger(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), strange{}, true))
}

func isStranger(ctx context.Context) bool { return ctx.Value(strange{}) != nil }
