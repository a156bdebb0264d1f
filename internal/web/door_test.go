package web

import (
	"context"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

const token = "correct-horse-battery-staple"

// at returns a request that came in by an address.
func at(local, method, target, host string, head ...string) *http.Request {
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(local))))
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	return r
}

func TestDoorKnowsItsHosts(t *testing.T) {
	d := NewDoor(Rule{Hosts: []string{"photos.example.org", "10.9.9.9"}})
	for _, test := range []struct {
		local, host string
		want        bool
	}{
		{"127.0.0.1:8077", "localhost:8077", true},
		{"127.0.0.1:8077", "LOCALHOST", true},
		{"127.0.0.1:8077", "localhost.", true},
		{"127.0.0.1:8077", "127.0.0.1:8077", true},
		{"127.0.0.1:8077", "127.0.0.1:9999", true}, // forwarded by ssh
		{"[::1]:8077", "[::1]:8077", true},
		{"[::1]:8077", "[::1]", true},
		{"192.168.1.5:8077", "192.168.1.5:8077", true},
		{"[::ffff:192.168.1.5]:8077", "192.168.1.5:8077", true},
		{"192.168.1.5:8077", "photos.example.org:8077", true},
		{"192.168.1.5:8077", "Photos.Example.ORG.", true},
		{"192.168.1.5:8077", "10.9.9.9", true},
		{"192.168.1.5:8077", "192.168.1.6:8077", false},
		{"127.0.0.1:8077", "evil.example:8077", false},
		{"127.0.0.1:8077", "photos.example.org.evil.example", false},
		{"127.0.0.1:8077", "localhost.evil.example", false},
		{"127.0.0.1:8077", "evil.example:8077#localhost", false},
		{"127.0.0.1:8077", "0.0.0.0:8077", false},
		{"127.0.0.1:8077", "2130706433", false},
		{"127.0.0.1:8077", "", false},
		{"127.0.0.1:8077", "[", false},
	} {
		err := d.check(at(test.local, "GET", "/v1/status", test.host), time.Now())
		if (err == nil) != test.want || err != nil && statusOf(err) != http.StatusMisdirectedRequest {
			t.Errorf("%q at %s: %v", test.host, test.local, err)
		}
	}
}

func TestDoorRefusesOtherSites(t *testing.T) {
	d := NewDoor(Rule{})
	const here = "localhost:8077"
	for _, test := range []struct {
		name, method string
		head         []string
		want         int // 0: let in
	}{
		{"program", "POST", nil, 0},
		{"form of the page", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://" + here}, 0},
		{"form of an old browser", "POST", []string{"Origin", "http://" + here}, 0},
		{"form of another site", "POST", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Origin", "http://evil.example"}, http.StatusForbidden},
		{"form of another port", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:3000"}, http.StatusForbidden},
		{"form of another site, old browser", "POST", []string{"Origin", "http://evil.example"}, http.StatusForbidden},
		{"form of nowhere", "POST", []string{"Origin", "null"}, http.StatusForbidden},
		{"link on another site", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 0},
		{"typed into the address bar", "GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 0},
		{"picture on another site", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, http.StatusForbidden},
		{"events for another port", "GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, http.StatusForbidden},
	} {
		got := 0
		if err := d.check(at("127.0.0.1:8077", test.method, "/v1/pause", here, test.head...), time.Now()); err != nil {
			got = statusOf(err)
		}
		if got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestDoorAsksForTheToken(t *testing.T) {
	d := NewDoor(Rule{Token: token})
	now := time.Unix(1e9, 0)
	pass := func(word string, at time.Time) string { return cookieName + "=" + newPass(word, at) }
	for _, test := range []struct {
		name, method, path string
		head               []string
		want               int
	}{
		{"nothing", "GET", "/v1/status", nil, 401},
		{"nothing, for metrics", "GET", "/metrics", nil, 401},
		{"nothing, for a picture", "GET", "/image/1/source", nil, 401},
		{"the look of the form", "GET", "/static/page.css", nil, 0},
		{"to change what is under static", "POST", "/static/page.css", nil, 401},
		{"the form", "POST", "/login", nil, 0},
		{"token", "POST", "/v1/retry", []string{"Authorization", "Bearer " + token}, 0},
		{"token in small letters", "GET", "/v1/status", []string{"Authorization", "bearer " + token}, 0},
		{"token without a scheme", "GET", "/v1/status", []string{"Authorization", token}, 401},
		{"wrong token", "GET", "/v1/status", []string{"Authorization", "Bearer " + token + "r"}, 401},
		{"empty token", "GET", "/v1/status", []string{"Authorization", "Bearer "}, 401},
		{"password", "GET", "/v1/status", []string{"Authorization", "Basic " + token}, 401},
		{"pass", "GET", "/v1/status", []string{"Cookie", pass(token, now)}, 0},
		{"pass of the last day", "GET", "/v1/status", []string{"Cookie", pass(token, now.Add(time.Minute-passTime))}, 0},
		{"pass that has ended", "GET", "/v1/status", []string{"Cookie", pass(token, now.Add(-passTime))}, 401},
		{"pass of a former token", "GET", "/v1/status", []string{"Cookie", pass("another-horse-battery", now)}, 401},
		{"pass made longer", "GET", "/v1/status", []string{"Cookie", strings.Replace(pass(token, now), "=1", "=2", 1)}, 401},
		{"token as a pass", "GET", "/v1/status", []string{"Cookie", cookieName + "=" + token}, 401},
		{"pass from another site", "POST", "/v1/retry", []string{"Cookie", pass(token, now), "Origin", "http://evil.example"}, 403},
	} {
		got := 0
		if err := d.check(at("127.0.0.1:8077", test.method, test.path, "localhost", test.head...), now); err != nil {
			got = statusOf(err)
		}
		if got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestGuessing(t *testing.T) {
	d := NewDoor(Rule{Token: token})
	now := time.Unix(1e9, 0)
	try := func(word, from string) error {
		r := at("127.0.0.1:8077", "GET", "/v1/status", "localhost", "Authorization", "Bearer "+word)
		r.RemoteAddr = from
		return d.check(r, now)
	}
	const guesser, other = "[2001:db8::1]:1000", "[2001:db8:0:1::1]:1000"
	for range freeGuesses {
		if err := try("wrong", guesser); statusOf(err) != http.StatusUnauthorized {
			t.Fatalf("a wrong token: %v", err)
		}
	}
	if err := try(token, guesser); err == nil || err.Error() != "too many wrong tokens; try again in 1 s" || statusOf(err) != http.StatusTooManyRequests {
		t.Errorf("the right one after many wrong: %v", err)
	}
	if err := try("wrong", "[2001:db8::2]:2000"); statusOf(err) != http.StatusTooManyRequests {
		t.Errorf("from another address of the same network: %v", err)
	}
	if err := try(token, other); err != nil {
		t.Errorf("from another network: %v", err)
	}
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		now = now.Add(wait*time.Second - 1)
		if err := try("wrong", guesser); statusOf(err) != http.StatusTooManyRequests {
			t.Errorf("short of %d s: %v", wait, err)
		}
		now = now.Add(1)
		if err := try("wrong", guesser); statusOf(err) != http.StatusUnauthorized {
			t.Errorf("after %d s: %v", wait, err)
		}
	}
	now = now.Add(maxLock)
	if err := try(token, guesser); err != nil {
		t.Errorf("the right one after waiting: %v", err)
	}
	if err := try("wrong", guesser); statusOf(err) != http.StatusUnauthorized {
		t.Errorf("a wrong one after the right one: %v", err)
	}
}

// TestGuessersAreBounded has more networks guess than are told apart.
func TestGuessersAreBounded(t *testing.T) {
	var g guesses
	now := time.Unix(1e9, 0)
	from := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for i := range 3 * maxGuessers {
		g.note(from(i), now)
	}
	if len(g.by) > maxGuessers+1 {
		t.Errorf("%d are told apart", len(g.by))
	}
	if g.wait(from(1e6), now) == 0 {
		t.Error("one of many more need not wait")
	}
	if wait := g.wait(from(0), now); wait != 0 {
		t.Errorf("one that guessed once has to wait for %v", wait)
	}
	now = now.Add(2 * guessMemory)
	g.note(from(5), now)
	if len(g.by) != 1 {
		t.Errorf("%d are remembered too long", len(g.by))
	}
}

// formPage is a page that has the form for the token.
type formPage struct{ http.Handler }

func (formPage) Login(w http.ResponseWriter, failed string) {
	http.Error(w, "form: "+failed, http.StatusUnauthorized)
}

// listen serves s at a port of the loopback interface and returns its address.
func listen(t *testing.T, s *Server, r Rule) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	running(t, func(ctx context.Context) error { return s.ServeTCP(ctx, l, NewDoor(r)) })
	return "http://" + l.Addr().String()
}

func TestLogin(t *testing.T) {
	page := formPage{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("page")) })}
	told := make(chan string, 10)
	warn := func(what string, err error) { told <- what + ": " + err.Error() }
	address := listen(t, &Server{API: func() API { return &fake{} }, Page: page, Warn: warn}, Rule{Token: token})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	t.Cleanup(browser.CloseIdleConnections)
	visit := func(method, path string, form url.Values, want int, say string) *http.Response {
		t.Helper()
		request, err := http.NewRequest(method, address+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/html")
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set("Origin", address)
		}
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text := make([]byte, 200)
		n, _ := response.Body.Read(text)
		if response.StatusCode != want || !strings.Contains(string(text[:n]), say) {
			t.Errorf("%s %s: %s %q, want %d %q", method, path, response.Status, text[:n], want, say)
		}
		return response
	}
	visit("GET", "/", nil, 401, "form: \n")
	visit("GET", "/v1/status", nil, 401, "form: \n")
	visit("POST", "/login", url.Values{"token": {"wrong"}}, 401, "form: this is not the token")
	visit("POST", "/login", url.Values{"token": {token}, "next": {"//evil.example"}}, 401, `form: unknown parameter "next"`)
	visit("POST", "/login", url.Values{"token": {strings.Repeat("x", maxLogin)}}, 401, "form: http: request body too large")
	visit("POST", "/login", url.Values{"token": {" " + token + "\n"}}, 200, "page")
	visit("GET", "/v1/status", nil, 200, `"folders"`)
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if cookies := jar.Cookies(at); len(cookies) != 1 || strings.Contains(cookies[0].Value, token) {
		t.Errorf("the cookies are %v", cookies)
	}
	visit("GET", "/login", nil, 200, "page")
	if line := <-told; len(told) > 0 || !strings.HasPrefix(line, "someone has a wrong token for the status page: asked from 127.0.0.1:") {
		t.Errorf("the log says %q and %d lines more", line, len(told))
	}
}

func TestPassIsKeptFromOthers(t *testing.T) {
	d := NewDoor(Rule{Token: token})
	for origin, secure := range map[string]bool{"http://localhost:8077": false, "https://photos.example.org": true} {
		r := httptest.NewRequest("POST", loginPath, strings.NewReader("token="+token))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		if err := d.login(w, r, time.Now()); err != nil {
			t.Fatal(err)
		}
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != secure || c.MaxAge != 30*24*3600 {
			t.Errorf("from %s: %+v", origin, c)
		}
	}
}

// TestStrangersHearNoReasons asks for the health without the token.
func TestStrangersHearNoReasons(t *testing.T) {
	s := &Server{API: func() API { return &fake{} }, Ready: func() error { return errRefused }}
	address := listen(t, s, Rule{Token: token})
	client := &http.Client{}
	t.Cleanup(client.CloseIdleConnections)
	for _, test := range []struct {
		path, host, word string
		status           int
		want             string
	}{
		{"/healthz", "", "", 200, `{"ok":true}`},
		{"/healthz", "10.0.0.7", "", 200, `{"ok":true}`},
		{"/readyz", "", "", 503, `{"ok":false}`},
		{"/readyz", "evil.example", token, 503, `{"ok":false}`},
		{"/readyz", "", "wrong", 503, `{"ok":false}`},
		{"/readyz", "", token, 503, `{"ok":false,"reasons":["refused by the daemon"]}`},
		{"/debug/pprof/", "", token, 404, "nothing at"},
	} {
		request, err := http.NewRequest("GET", address+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = test.host
		if test.word != "" {
			request.Header.Set("Authorization", "Bearer "+test.word)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 200)
		n, _ := response.Body.Read(text)
		response.Body.Close()
		if response.StatusCode != test.status || !strings.Contains(string(text[:n]), test.want) {
			t.Errorf("%s at %q with %q: %s %q", test.path, test.host, test.word, response.Status, text[:n])
		}
	}
}
