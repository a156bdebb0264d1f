package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"
)

const (
	maxForm   = 16 << 20 // bytes of a request: some 100,000 paths
	timeout   = 30 * time.Second
	slowQuery = 10 * time.Minute // what changes a whole ledger takes
	farewell  = time.Second      // for answers that are under way at the end
)

// A Server serves an API.
type Server struct {
	API func() API // returns what answers the next request
}

// Serve answers requests that come in on l until ctx ends; then it finishes those
// that it has begun, closes l, and returns.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: timeout,
		ReadTimeout:       timeout,
		WriteTimeout:      slowQuery,
		IdleTimeout:       timeout,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	err := server.Shutdown(grace)
	if err != nil {
		_ = server.Close() // those who are too slow are cut off
	}
	<-failed
	return nil
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/failed", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.API().Failed) })
	mux.HandleFunc("GET /v1/folders", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.API().Folders) })
	mux.HandleFunc("GET /v1/explain", func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Query().Get("path")
		if err := checkPath(path); err != nil {
			writeError(w, http.StatusBadRequest, err)
			return
		}
		reply(w, func() (Account, error) { return s.API().Explain(path) })
	})
	for name, do := range map[string]func(API, Selection) ([]Result, error){
		"retry": API.Retry, "reprocess": API.Reprocess, "forget": API.Forget,
	} {
		mux.HandleFunc("POST /v1/"+name, func(w http.ResponseWriter, r *http.Request) {
			selection, err := readSelection(w, r)
			if err != nil {
				writeError(w, http.StatusBadRequest, err)
				return
			}
			reply(w, func() ([]Result, error) { return do(s.API(), selection) })
		})
	}
	return mux
}

func readSelection(w http.ResponseWriter, r *http.Request) (Selection, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return Selection{}, err
	}
	form := r.PostForm
	for _, path := range form["path"] {
		if err := checkPath(path); err != nil {
			return Selection{}, err
		}
	}
	return Selection{Paths: form["path"], All: form.Get("all") == "true", Preset: form.Get("preset")}, nil
}

func checkPath(path string) error {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return fmt.Errorf("path %q is not absolute and clean", path)
	}
	return nil
}

// reply writes what ask returns.
func reply[T any](w http.ResponseWriter, ask func() (T, error)) {
	result, err := ask()
	if err != nil {
		writeError(w, http.StatusUnprocessableEntity, err)
		return
	}
	writeJSON(w, http.StatusOK, result)
}

// A problem is the answer to a request that failed.
type problem struct {
	Error string `json:"error"`
}

func writeError(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, problem{err.Error()})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // whoever asked has gone if this fails
}
