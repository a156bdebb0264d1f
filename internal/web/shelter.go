package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
)

// policy lets a page show and run what comes from here alone, and be shown in no other.
const policy = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// sheltered has h answer with what keeps browsers from making more of an answer than was
// meant, and keeps a panic to the request that it happens in.
func (s *Server) sheltered(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		t := &tracked{ResponseWriter: w}
		defer s.contain(t, r)
		h.ServeHTTP(t, r)
	})
}

// contain ends a panic in a handler, and tells of it.
func (s *Server) contain(w *tracked, r *http.Request) {
	p := recover()
	switch {
	case p == nil:
		return
	case p == http.ErrAbortHandler:
		panic(p) // meant to cut the connection
	}
	s.warn("a request made the server panic", fmt.Errorf("%s %q: %v\n%s", r.Method, r.URL.Path, p, debug.Stack()))
	if w.begun {
		panic(http.ErrAbortHandler) // what is half said must not look whole
	}
	writeError(w, http.StatusInternalServerError, errors.New("internal error; the log says more"))
}

// tracked knows whether an answer has begun.
type tracked struct {
	http.ResponseWriter
	begun bool
}

func (t *tracked) WriteHeader(status int) {
	t.begun = true
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(p []byte) (int, error) {
	t.begun = true
	return t.ResponseWriter.Write(p)
}

// Unwrap lets a ResponseController through.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// complaints is the log of the standard library's server.
type complaints struct{ server *Server }

func (c complaints) Write(text []byte) (int, error) {
	c.server.warn("trouble with a connection", errors.New(strings.TrimSpace(string(text))))
	return len(text), nil
}
