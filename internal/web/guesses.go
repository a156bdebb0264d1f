package web

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

const (
	freeGuesses = 5                // wrong tokens in a row before one has to wait
	minLock     = time.Second      // for the first beyond; then twice as long each time
	maxLock     = time.Minute      //
	guessMemory = 15 * time.Minute // for which wrong tokens are held against their sender
	maxGuessers = 1000             // that are told apart
)

// guesses counts wrong tokens by where they come from. Times are passed in. The zero
// value has seen none.
type guesses struct {
	mu sync.Mutex
	by map[netip.Prefix]guess
}

type guess struct {
	times int
	last  time.Time
}

// until returns when the next try may be made.
func (g guess) until() time.Time {
	if g.times < freeGuesses {
		return g.last
	}
	return g.last.Add(min(minLock<<min(g.times-freeGuesses, 10), maxLock))
}

// wait returns for how long nothing from there is listened to, right or wrong.
func (g *guesses) wait(from netip.Prefix, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.by) >= maxGuessers && g.by[from].times == 0 {
		from = netip.Prefix{} // all the others together
	}
	return max(0, g.by[from].until().Sub(now))
}

// note counts a wrong token.
func (g *guesses) note(from netip.Prefix, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.by == nil {
		g.by = make(map[netip.Prefix]guess)
	}
	if len(g.by) >= maxGuessers {
		for k, old := range g.by {
			if now.Sub(old.last) > guessMemory {
				delete(g.by, k)
			}
		}
	}
	if _, known := g.by[from]; !known && len(g.by) >= maxGuessers {
		from = netip.Prefix{}
	}
	former := g.by[from]
	if now.Sub(former.last) > guessMemory {
		former.times = 0
	}
	g.by[from] = guess{former.times + 1, now}
}

// forgive forgets the wrong tokens of one who knows the right one.
func (g *guesses) forgive(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.by, from)
}

// sourceOf returns where a request comes from: of IPv6, the network, which one machine
// has all of.
func sourceOf(r *http.Request) netip.Prefix {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Prefix{}
	}
	bits := 32
	if addr = addr.WithZone("").Unmap(); addr.Is6() {
		bits = 64
	}
	from, _ := addr.Prefix(bits) // it has as many
	return from
}

// A lockedError is the answer to one who guesses.
type lockedError struct{ wait time.Duration }

func (l *lockedError) Error() string {
	return fmt.Sprintf("too many wrong tokens; try again in %s s", l.seconds())
}

func (l *lockedError) seconds() string {
	return strconv.Itoa(int((l.wait + time.Second - 1) / time.Second))
}

func (l *lockedError) head(w http.ResponseWriter) { w.Header().Set("Retry-After", l.seconds()) }
