package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"

	"imgwatchd/internal/config"
	"imgwatchd/internal/web"
)

// retryListen is the time between two tries to listen.
const retryListen = 3 * time.Second

// A porch is where the daemon meets browsers: it listens where the configuration says, and
// goes where a reload sends it. What keeps it from listening keeps the daemon from nothing
// else; it tries again. Set it once before Run.
type porch struct {
	log    *zap.Logger
	server *web.Server
	moved  chan struct{} // holds a token when want has changed

	mu      sync.Mutex // held by nobody who waits for the network
	want    config.HTTP
	changes int       // of want
	aimed   int       // how many of them whoever serves goes by
	door    *web.Door // of the listener; nil: there is none
	listen  string    // what the listener was asked for
	address string    // of the listener; empty: there is none
	problem string    // why not
}

func newPorch(log *zap.Logger, s *web.Server) *porch {
	return &porch{log: log, server: s, moved: make(chan struct{}, 1)}
}

// set has the porch go by h from now on.
func (p *porch) set(h config.HTTP) {
	p.mu.Lock()
	defer p.mu.Unlock()
	moves := h.Listen != p.want.Listen
	p.want = h
	p.changes++
	if moves || p.door == nil {
		select {
		case p.moved <- struct{}{}:
		default:
		}
		return
	}
	rule, err := p.rule(h)
	if err != nil { // it was there when the configuration was loaded
		p.log.Warn("the former token of the status page stays", zap.Error(err))
		return
	}
	p.door.Set(rule)
}

// rule returns who may come in.
func (p *porch) rule(h config.HTTP) (web.Rule, error) {
	token, err := h.Token()
	if token.Exposed {
		p.log.Warn("every user of this machine may read the token of the status page", zap.String("token_file", h.TokenFile))
	}
	return web.Rule{Hosts: h.Hosts, Token: token.Word}, err
}

// state returns where the porch is, or is to be, and what keeps it from there.
func (p *porch) state() (address, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.address != "" {
		return p.address, ""
	}
	return p.want.Listen, p.problem
}

// run listens and serves until ctx ends.
func (p *porch) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-p.moved: // where to is read below
		default:
		}
		here, leave := context.WithCancel(ctx)
		var serving sync.WaitGroup
		serving.Go(func() { p.serve(here) })
		p.awaitMove(ctx)
		leave()
		serving.Wait()
	}
}

// awaitMove returns when the porch is to go elsewhere, or to try again now, or ctx ends.
func (p *porch) awaitMove(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.moved:
		}
		if !p.onCourse() {
			return
		}
	}
}

// onCourse reports whether the porch is where it is to be, or on its way to just there.
func (p *porch) onCourse() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.aimed == p.changes || p.door != nil && p.listen == p.want.Listen
}

// serve serves at the address that is wanted until ctx ends, however often it takes to
// get there.
func (p *porch) serve(ctx context.Context) {
	told := ""
	for ctx.Err() == nil {
		err := p.serveOnce(ctx)
		if ctx.Err() != nil || err == nil {
			return
		}
		p.mu.Lock()
		p.problem = err.Error()
		p.mu.Unlock()
		if told != err.Error() {
			told = err.Error()
			p.log.Warn("the status page is not served, will try again", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryListen):
		}
	}
}

// serveOnce serves for as long as a listener lasts. Where none is wanted, or not here any
// more, it returns nil.
func (p *porch) serveOnce(ctx context.Context) error {
	l, door, err := p.open(ctx)
	if err != nil || l == nil {
		return err
	}
	defer p.close()
	p.log.Info("status page", zap.String("url", "http://"+l.Addr().String()+"/"))
	return p.server.ServeTCP(ctx, l, door)
}

// open listens where it is wanted. That may wait for a name server, and if something else
// is wanted by then, awaitMove knows.
func (p *porch) open(ctx context.Context) (net.Listener, *web.Door, error) {
	want, changes := p.aim()
	if want.Listen == "" {
		return nil, nil, nil
	}
	rule, err := p.rule(want)
	if err != nil {
		return nil, nil, err
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", want.Listen)
	if err != nil {
		return nil, nil, helped(err, want.Listen)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changes != changes {
		return nil, nil, l.Close()
	}
	p.door, p.listen, p.address = web.NewDoor(rule), want.Listen, l.Addr().String()
	return l, p.door, nil
}

// aim returns what is wanted now, and forgets what kept it from the porch so far.
func (p *porch) aim() (want config.HTTP, changes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problem = ""
	p.aimed = p.changes
	return p.want, p.changes
}

func (p *porch) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.door, p.listen, p.address = nil, "", ""
}

// helped says what to do about an address that cannot be listened on.
func helped(err error, address string) error {
	_, port, _ := net.SplitHostPort(address)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return fmt.Errorf("%w: another program listens there (ss -ltnp sport = :%s shows which); stop it, or choose another http.listen", err, port)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: ports below 1024 are not for everyone; choose another http.listen", err)
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return fmt.Errorf("%w: this machine has no such address yet; http.listen names it", err)
	}
	return err
}
