package web

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"
)

// A route is what a method and a path lead to. A path that ends in a slash stands for all
// below it.
type route struct {
	method, path string
	serve        http.HandlerFunc
}

// routes returns what is served to everyone who may come in.
func (s *Server) routes() []route {
	routes := []route{
		{"GET", "/v1/status", asked(s, func(a API, _ *http.Request) (Status, error) { return a.Status() })},
		{"GET", "/v1/queue", s.serveQueue},
		{"GET", "/v1/history", s.serveHistory},
		{"GET", "/v1/failed", s.serveFailed},
		{"GET", "/v1/explain", s.serveExplain},
		{"GET", "/v1/events", s.serveEvents},
		{"POST", "/v1/retry", s.selecting(API.Retry, false)},
		{"POST", "/v1/reprocess", s.selecting(API.Reprocess, true)},
		{"POST", "/v1/forget", s.selecting(API.Forget, false)},
		{"POST", "/v1/pause", s.naming(API.Pause)},
		{"POST", "/v1/resume", s.naming(API.Resume)},
		{"POST", "/v1/rescan", s.naming(API.Rescan)},
		{"POST", "/v1/reload", s.serveReload},
		{"GET", "/healthz", serveHealth},
		{"GET", "/readyz", s.serveReady},
	}
	if s.Metrics != nil {
		routes = append(routes, route{"GET", "/metrics", s.Metrics.ServeHTTP})
	}
	return routes
}

// profiles returns what lets look into the process.
func (s *Server) profiles() []route {
	return []route{
		{"GET", "/debug/pprof/", pprof.Index},
		{"GET", "/debug/pprof/cmdline", pprof.Cmdline},
		{"GET", "/debug/pprof/profile", unhurried(pprof.Profile)},
		{"GET", "/debug/pprof/symbol", pprof.Symbol},
		{"GET", "/debug/pprof/trace", unhurried(pprof.Trace)},
	}
}

// unhurried gives what takes long the time for it.
func unhurried(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		late := time.Now().Add(slowQuery)
		_, _ = c.SetReadDeadline(late), c.SetWriteDeadline(late)
		h(w, r)
	}
}

// mux leads requests to routes, and answers those that lead nowhere.
func (s *Server) mux(routes []route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.HandleFunc(r.path, r.only)
	}
	mux.HandleFunc("/v1/", serveNothing)
	if s.Page != nil {
		mux.Handle("/", s.Page)
	} else {
		mux.HandleFunc("/", serveNothing)
	}
	return mux
}

// only serves requests of the route's method.
func (r route) only(w http.ResponseWriter, request *http.Request) {
	switch {
	case request.Method == r.method, request.Method == http.MethodHead && r.method == http.MethodGet:
		r.serve(w, request)
	case r.path == loginPath && request.Method == http.MethodGet:
		seeOther(w, "/") // which shows the form if it is needed
	default:
		w.Header().Set("Allow", r.method)
		writeError(w, http.StatusMethodNotAllowed, fmt.Errorf("%s takes %s, not %s", r.path, r.method, request.Method))
	}
}

func serveNothing(w http.ResponseWriter, r *http.Request) {
	writeError(w, http.StatusNotFound, fmt.Errorf("there is nothing at %q", r.URL.Path))
}

// asked answers a request without parameters.
func asked[T any](s *Server, ask func(API, *http.Request) (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := readQuery(r); err != nil {
			writeError(w, statusOf(err), err)
			return
		}
		reply(w, func() (T, error) { return ask(s.API(), r) })
	}
}

func (s *Server) serveQueue(w http.ResponseWriter, r *http.Request) {
	reply(w, func() (Queue, error) {
		values, err := readQuery(r, "limit")
		if err != nil {
			return Queue{}, err
		}
		limit, err := readNumber(values, "limit", MostListed)
		if err != nil {
			return Queue{}, err
		}
		return s.API().Queue(int(limit))
	})
}

func (s *Server) serveHistory(w http.ResponseWriter, r *http.Request) {
	reply(w, func() (History, error) {
		query, err := readSearch(r)
		if err != nil {
			return History{}, err
		}
		return s.API().History(r.Context(), query)
	})
}

func (s *Server) serveFailed(w http.ResponseWriter, r *http.Request) {
	reply(w, func() (any, error) {
		if _, err := readQuery(r); err != nil {
			return nil, err
		}
		failed, err := s.API().Failed(r.Context())
		return listed(failed), err
	})
}

func (s *Server) serveExplain(w http.ResponseWriter, r *http.Request) {
	reply(w, func() (Account, error) {
		values, err := readQuery(r, "path")
		if err != nil {
			return Account{}, err
		}
		path := values.Get("path")
		if err := checkPath(path); err != nil {
			return Account{}, err
		}
		return s.API().Explain(path)
	})
}

// selecting serves what is done to a selection, or, by preset, to a part of it.
func (s *Server) selecting(do func(API, Selection) ([]Result, error), byPreset bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		selection, err := readSelection(w, r, byPreset)
		s.act(w, r, err, func() ([]Result, error) { return do(s.API(), selection) })
	}
}

// naming serves what is done to folders.
func (s *Server) naming(do func(API, []string) ([]Result, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		folders, err := readFolders(w, r)
		s.act(w, r, err, func() ([]Result, error) { return do(s.API(), folders) })
	}
}

// serveReload answers when the reload is over. Who hangs up does not wait any more, but
// the reload goes on.
func (s *Server) serveReload(w http.ResponseWriter, r *http.Request) {
	_, err := readForm(w, r)
	if err == nil {
		_, err = patient(w, func() (any, error) { return nil, s.API().Reload(r.Context()) })
	}
	answer(w, r, Health{OK: true}, nil, err)
}

// act does what a request tells, unless reading it was an error, and answers.
func (s *Server) act(w http.ResponseWriter, r *http.Request, err error, do func() ([]Result, error)) {
	var results []Result
	if err == nil {
		results, err = patient(w, do)
	}
	answer(w, r, listed(results), problemsOf(results), err)
}

func problemsOf(results []Result) []string {
	var problems []string
	for _, r := range results {
		if r.Problem != "" {
			problems = append(problems, r.Path+": "+r.Problem)
		}
	}
	return problems
}

// listed makes an empty list of none, as JSON has it.
func listed[T any](list []T) []T { return append([]T{}, list...) }
