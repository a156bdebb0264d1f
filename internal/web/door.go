package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// A Rule says who may come in by TCP. The zero rule lets in who asks for this
// machine by a name of its own.
type Rule struct {
	Hosts []string // further names under which the page may be asked for
	Token string   // what everyone must know; empty: nothing
}

// A Door decides who of those who come by TCP is let in. Use NewDoor.
type Door struct {
	rule    atomic.Pointer[Rule]
	guesses guesses
	cross   *http.CrossOriginProtection
}

// NewDoor returns a door that goes by a rule.
func NewDoor(r Rule) *Door {
	d := &Door{cross: http.NewCrossOriginProtection()}
	d.Set(r)
	return d
}

// Set changes the rule. With another token, those who have logged in with the former one
// have to do so again.
func (d *Door) Set(r Rule) { d.rule.Store(&r) }

// guard lets through to h whom the door lets in. Anyone may ask whether the process is
// alive and ready.
func (s *Server) guard(d *Door, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := d.check(r, time.Now())
		switch {
		case err == nil:
			h.ServeHTTP(w, r)
		case r.URL.Path == "/healthz" || r.URL.Path == "/readyz":
			h.ServeHTTP(w, asStranger(r))
		default:
			s.refuse(w, r, err)
		}
	})
}

// What is wrong with a request that has to have the token and does not.
var (
	errNoToken    = wrong{http.StatusUnauthorized, errors.New("this needs the token of http.token_file: Authorization: Bearer …")}
	errWrongToken = wrong{http.StatusUnauthorized, errors.New("this is not the token")}
)

// refuse answers a request that is not let in. A browser is shown the form for the token.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	form, hasForm := s.Page.(interface {
		Login(w http.ResponseWriter, failed string)
	})
	var late *lockedError
	switch {
	case errors.Is(err, errNoToken) && hasForm && forPeople(r):
		form.Login(w, "")
		return
	case statusOf(err) == http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="imgwatchd"`)
	case errors.As(err, &late):
		late.head(w)
	}
	s.tellGuess(r, err)
	writeError(w, statusOf(err), err)
}

// tellGuess tells of a wrong token and where it came from.
func (s *Server) tellGuess(r *http.Request, err error) {
	if errors.Is(err, errWrongToken) {
		s.warn("someone has a wrong token for the status page", fmt.Errorf("asked from %s", r.RemoteAddr))
	}
}

// check returns why a request is not let in.
func (d *Door) check(r *http.Request, now time.Time) error {
	rule := d.rule.Load()
	if !knownHost(r, rule.Hosts) {
		return wrong{http.StatusMisdirectedRequest, fmt.Errorf("this is not served under the name %q; http.hosts may list it", r.Host)}
	}
	if err := d.cross.Check(r); err != nil {
		return wrong{http.StatusForbidden, fmt.Errorf("a request of another site: %w", err)}
	}
	if embedded(r) {
		return wrong{http.StatusForbidden, errors.New("a request of another site: this may be opened, but not embedded")}
	}
	if rule.Token == "" || needsNoToken(r) {
		return nil
	}
	return d.checkToken(r, rule.Token, now)
}

// embedded reports whether a page of another site has a browser load something, other
// than by a link that someone followed. Our headers keep the answer from it; what is not
// answered costs nothing either.
func embedded(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

// needsNoToken reports whether a request is part of logging in.
func needsNoToken(r *http.Request) bool {
	return r.URL.Path == loginPath || strings.HasPrefix(r.URL.Path, "/static/") && r.Method == http.MethodGet
}

func (d *Door) checkToken(r *http.Request, token string, now time.Time) error {
	if cookie, err := r.Cookie(cookieName); err == nil && validPass(cookie.Value, token, now) {
		return nil
	}
	scheme, word, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return errNoToken
	}
	return d.try(r, strings.TrimSpace(word), token, now)
}

// try compares a word with the token, and keeps an eye on those who guess.
func (d *Door) try(r *http.Request, word, token string, now time.Time) error {
	from := sourceOf(r)
	if wait := d.guesses.wait(from, now); wait > 0 {
		return &lockedError{wait}
	}
	if equal(word, token) {
		d.guesses.forgive(from)
		return nil
	}
	d.guesses.note(from, now)
	return errWrongToken
}

// equal compares two words in a time that says nothing about either.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// knownHost reports whether a request asks for this machine by a name that is its own:
// one that leads to this machine for every browser, the address that it came in by, or
// one of the names given. The name of another site, which its owner may point anywhere,
// is none of these.
func knownHost(r *http.Request, names []string) bool {
	host := hostOf(r.Host)
	if host == "" {
		return false
	}
	for _, name := range append([]string{"localhost"}, names...) {
		if strings.EqualFold(strings.TrimSuffix(host, "."), strings.TrimSuffix(name, ".")) {
			return true
		}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	return addr.IsLoopback() || addr.WithZone("").Unmap() == localAddr(r)
}

// hostOf returns the host of a Host header, without the port and the brackets.
func hostOf(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	return strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
}

// localAddr returns the address that a request came in by.
func localAddr(r *http.Request) netip.Addr {
	at, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	return at.AddrPort().Addr().WithZone("").Unmap()
}
