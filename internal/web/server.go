package web

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	headTime  = 10 * time.Second // for the head of a request
	bodyTime  = 30 * time.Second // for all of a request
	replyTime = time.Minute      // for an answer, from when it is known
	idleTime  = 30 * time.Second // between two requests of a connection
	slowQuery = 10 * time.Minute // what changes a whole ledger takes
	farewell  = time.Second      // for answers that are under way at the end
	goodbye   = 5 * time.Second  // after which those who still have not come back are left behind
	maxHead   = 64 << 10         // bytes of a request's head: a path takes up to 12 KiB in a URL
)

// A Server serves an API, to browsers too. What is nil is not served.
type Server struct {
	API     func() API   // returns what answers the next request
	Page    http.Handler // what is for people: all that is not served otherwise
	Metrics http.Handler // /metrics

	// Ready says why no work should be given to the daemon; nil: it is always ready.
	Ready func() error
	// Warn is told of what went wrong within the server; nil: nobody is. It may be called
	// from any goroutine.
	Warn func(what string, err error)

	once sync.Once
	hub  *hub
}

// Serve answers requests that come in on l, a socket that only those can reach who may do
// everything, until ctx ends. Then it finishes the requests that it has begun, closes l,
// and returns.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return s.serve(ctx, l, s.mux(append(s.routes(), s.profiles()...)))
}

// ServeTCP is Serve for a listener that anyone may reach; d says who comes in.
func (s *Server) ServeTCP(ctx context.Context, l net.Listener, d *Door) error {
	routes := append(s.routes(), s.loginRoute(d))
	return s.serve(ctx, limit(l), s.guard(d, s.mux(routes)))
}

func (s *Server) serve(ctx context.Context, l net.Listener, h http.Handler) error {
	ctx, cut := context.WithCancel(ctx) // also when l fails
	var visits visits
	server := &http.Server{
		Handler:           visits.counted(s.sheltered(h)),
		ReadHeaderTimeout: headTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      replyTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHead,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(complaints{s}, "", 0),
	}
	var beside sync.WaitGroup
	defer beside.Wait()
	beside.Go(func() { s.events().run(ctx, s.API) })
	defer visits.wait(goodbye)
	defer cut()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // those who are too slow are cut off
	}
	<-failed
	return nil
}

func (s *Server) events() *hub {
	s.once.Do(func() { s.hub = newHub() })
	return s.hub
}

func (s *Server) warn(what string, err error) {
	if s.Warn != nil {
		s.Warn(what, err)
	}
}

// visits counts the requests that are being answered. The zero value counts none.
type visits struct {
	mu      sync.Mutex
	here    sync.WaitGroup
	closing bool
}

// counted returns h for as long as nobody waits for its end.
func (v *visits) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !v.enter() {
			panic(http.ErrAbortHandler)
		}
		defer v.here.Done()
		h.ServeHTTP(w, r)
	})
}

func (v *visits) enter() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closing {
		v.here.Add(1)
	}
	return !v.closing
}

// wait returns when nothing is being answered, nor will be, but after a while in any case:
// who reads a file of a mount that is dead may never come back.
func (v *visits) wait(atMost time.Duration) {
	v.mu.Lock()
	v.closing = true
	v.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		v.here.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(atMost):
	}
}
