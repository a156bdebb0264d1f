package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

func strict(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	s.drop("photos/a.jpg", picture(1))
	s.drop("photos/b.jpg", damaged(2))
	b.until("both", row("a.jpg")+` && `+failure("b.jpg")+` !== undefined`)
	b.until("a thumbnail", row("a.jpg")+`.querySelector("img").naturalWidth > 0`)
	b.openLive(s.url("/?state=failed"))
	b.show(phone, "dark")
	b.click("#failed button")
	b.until("an answer", `document.getElementById("say").textContent !== ""`)
	said, elsewhere := b.said(), b.elsewhere(s)
	t.expect(len(said) == 0, "the console says %q", said)
	t.expect(len(elsewhere) == 0, "requests to %q", elsewhere)
	t.expect(ask[int](b, `document.querySelectorAll("[style], style, script:not([src])").length`) == 0, "there is something inline")
	// The policy itself must hold: what it forbids does not happen.
	b.do(`document.body.append(Object.assign(document.createElement("script"), {textContent: "self.ran = true"}))`)
	t.expect(!ask[bool](b, `self.ran === true`), "an inline script ran")
	b.until("a complaint", `true`)
	t.expect(len(b.said()) > 0, "a broken policy is not heard of")
	t.note("%d requests, all to the daemon; a script that was put in did not run", len(b.asked))
}

// clocks finds a time of the plots, with the daemon's zone.
var clocks = regexp.MustCompile(`at \d\d:\d\d UTC([+-]\d\d:\d\d)?\. This minute`)

func scriptless(t *trial) {
	s := t.newSite()
	s.drop("photos/a.jpg", picture(1))
	s.drop("scans/torn.jpg", damaged(2))
	b := t.newTab()
	b.openLive(s.url("/"))
	b.until("both", row("a.jpg")+` !== undefined && `+failure("torn.jpg")+` !== undefined`)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	t.check(err)
	b.open(s.url("/"))
	text := b.html()
	for _, want := range []string{"a.jpg", "torn.jpg", "Damaged", "As of ", "128×85"} {
		t.expect(strings.Contains(text, want), "%q is not shown", want)
	}
	t.expect(clocks.MatchString(text), "the zone of the plots' times is not told")
	await := func(what, want string) {
		t.until(what, func() bool { return strings.Contains(b.html(), want) })
	}
	b.click(`tr[data-name="photos"] form[action="/v1/pause"] button`)
	await("a paused folder", `action="/v1/resume"`)
	b.click(`tr[data-name="photos"] form[action="/v1/resume"] button`)
	await("a folder that is not paused", `<tr role="row" data-name="photos" data-state="well">`)
	t.check(os.WriteFile(filepath.Join(s.dir, "failed", "torn.jpg"), picture(3), 0o644))
	b.click("#failed button")
	await("an empty list of failures", `id="failures" aria-labelledby="h-failed" hidden`)
	s.drop("photos/gone.jpg", damaged(4))
	t.until("another failure", func() bool {
		b.open(s.url("/"))
		return strings.Contains(b.html(), `<bdi class="name" data-f="base">gone.jpg`)
	})
	t.until("what was retried", func() bool {
		b.open(s.url("/?state=done"))
		return strings.Contains(b.html(), "torn.jpg")
	})
	t.check(os.Remove(filepath.Join(s.dir, "photos", "gone.jpg")))
	b.click("#failed button")
	await("what could not be done", "it is not there any more")
	b.shoot("problem-desktop-light")
	b.click("main a")
	await("the page", `id="filter"`)
	b.click("#filter button")
	await("the result of a search", `value="done" selected`)
	b.shoot("scriptless-desktop-light")
	t.note("read, searched, paused, resumed and retried by forms")
}

// foreign has the page of another site try what a form or a script of it can.
func foreign(t *trial) {
	s := t.newSite()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.check(err)
	evil := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>evil</title><form method="post" action="%s"><input name="folder" value="photos"><button>win</button></form><iframe src="%s"></iframe>`,
			s.url("/v1/pause"), s.url("/"))
	})}
	served := make(chan error, 1)
	go func() { served <- evil.Serve(l) }()
	t.undo = append(t.undo, func() { evil.Close(); <-served })

	b := t.newTab()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		b.open(fmt.Sprintf("http://%s:%d/", host, l.Addr().(*net.TCPAddr).Port))
		framed := ask[bool](b, `new Promise((done) => setTimeout(() => { try { done(frames[0].document.querySelector("h1") !== null) } catch { done(false) } }, 500))`)
		t.expect(!framed, "the page lets itself be shown in a frame of %s", host)
		for _, attempt := range []string{
			`fetch(%q, {method: "POST", mode: "no-cors", body: new URLSearchParams({folder: "photos"})}).then(() => "", (e) => String(e))`,
			`fetch(%q, {method: "POST", mode: "no-cors", credentials: "include", headers: {"Content-Type": "text/plain"}, body: "folder=photos"}).then(() => "", (e) => String(e))`,
		} {
			ask[string](b, fmt.Sprintf(attempt, s.url("/v1/pause")))
		}
		readable := ask[bool](b, fmt.Sprintf(`fetch(%q).then((r) => r.text()).then((text) => text !== "", () => false)`, s.url("/v1/status")))
		t.expect(!readable, "%s reads the status", host)
		b.click("button")
		b.until("the answer to the form", fmt.Sprintf(`location.port === "%d"`, s.port))
		b.mu.Lock()
		status := b.statuses[s.url("/v1/pause")]
		b.mu.Unlock()
		t.expect(status == http.StatusForbidden, "the form of %s was answered with %d", host, status)
	}
	time.Sleep(200 * time.Millisecond)
	b.openLive(s.url("/"))
	t.expect(folderState(b, "photos") == "Watching", "another site has paused the folder")
	b.do(`document.querySelector('tr[data-name="photos"] form[action="/v1/pause"] button').click()`)
	b.until("that the own page can", `document.querySelector('tr[data-name="photos"]').dataset.state === "rest"`)
	t.note("forms, fetches and frames of two other origins came to nothing")
}

func token(t *trial) {
	s := &site{}
	secret := "correct horse battery staple 0123456789"
	path := filepath.Join(t.folder(), "token")
	t.check(os.WriteFile(path, []byte(secret+"\n"), 0o600))
	s = t.newSite(fmt.Sprintf(`http: {listen: "0.0.0.0:PORT", token_file: %q}`, path))
	b := t.newTab()
	b.open(s.url("/"))
	t.expect(ask[bool](b, `document.getElementById("token") !== null`), "the page is shown to everyone")
	b.shoot("login-desktop-light")
	b.do(`document.getElementById("token").value = "wrong"`)
	b.click("button")
	b.until("that it is wrong", `document.getElementById("fault") !== null`)
	b.show(phone, "dark")
	b.shoot("login-phone-dark")
	b.do(fmt.Sprintf(`document.getElementById("token").value = %q`, secret))
	b.click("button")
	b.until("the page", `document.getElementById("headline") !== null`)
	b.until("a live page", `document.getElementById("live").dataset.live === "on"`)
	t.expect(ask[string](b, `document.cookie`) == "", "a script can read the cookie")
	s.drop("photos/a.jpg", picture(1))
	b.until("a thumbnail", row("a.jpg")+`?.querySelector("img").naturalWidth > 0`)
	b.do(`document.querySelector('tr[data-name="photos"] form[action="/v1/pause"] button').click()`)
	b.until("a paused folder", `document.querySelector('tr[data-name="photos"]').dataset.state === "rest"`)
	t.note("a wrong one is refused, the right one opens the page, its events and its pictures")
}
