package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// row is an expression that finds the row of a file by its name.
func row(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#rows > tr")].find((r) => r.querySelector(".name").textContent === %q)`, name)
}

// failure is the same among those that failed.
func failure(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#failed > li")].find((r) => r.querySelector(".name").textContent === %q)`, name)
}

func empty(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	want := filepath.Join(s.dir, "photos")
	t.expect(strings.Contains(b.text("#empty"), want), "the page does not say %s: %q", want, b.text("#empty"))
	t.expect(b.text("h1") == "Ready for pictures", "the headline is %q", b.text("h1"))
	t.expect(ask[bool](b, `document.getElementById("failures").hidden`), "there is a list of failures")
	t.note("it names %s", want)
}

func live(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	b.do(`self.mine = true`) // a reload would lose it
	s.drop("photos/2026/harbour.jpg", picture(1))
	took := b.until("the file's row", row("harbour.jpg")+` !== undefined`)
	b.until("its thumbnail", row("harbour.jpg")+`.querySelector("img").naturalWidth > 0`)
	links := ask[string](b, row("harbour.jpg")+`.querySelector("[data-f=links]").innerText`)
	t.expect(strings.Contains(links, "thumbnail 128×85") && strings.Contains(links, "web 900×600"), "its renditions are %q", links)
	t.expect(ask[string](b, row("harbour.jpg")+`.querySelector("[data-f=dir]").textContent`) == "2026", "its folder is not shown")
	t.expect(ask[bool](b, `document.getElementById("empty") === null`), "the page still tells how to begin")
	b.until("the count", `document.querySelector("#hero [data-f=done]").textContent === "1"`)
	b.until("the folder's count", `document.querySelector("#folders [data-f=done]").textContent === "1"`)
	b.until("a bar in the plot", `document.querySelectorAll("#plot-files .bars g").length === 1`)

	// Nothing moves away from who is at a row.
	b.do(row("harbour.jpg") + `.querySelector("a").focus()`)
	s.drop("photos/next.jpg", picture(2))
	b.until("that something new is told", `!document.getElementById("held").hidden`)
	t.expect(ask[int](b, `document.querySelectorAll("#rows > tr").length`) == 1, "rows move under the keyboard")
	b.click("#held button")
	b.until("the new row", row("next.jpg")+` !== undefined`)
	t.expect(ask[bool](b, `self.mine === true`), "the page was reloaded")
	t.note("a file that was dropped shows after %s", took)
}

func failed(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	s.drop("scans/torn.jpg", damaged(1))
	took := b.until("the failure", failure("torn.jpg")+` !== undefined`)
	reason := ask[string](b, failure("torn.jpg")+`.querySelector(".reason").innerText`)
	t.expect(strings.HasPrefix(reason, "Damaged"), "the reason is %q", reason)
	t.expect(ask[bool](b, `!document.getElementById("failures").hidden`), "the list of failures is hidden")
	t.expect(!ask[bool](b, row("torn.jpg")+`.querySelector("img").hasAttribute("src")`), "the page asks for the picture of what failed")

	// Still damaged: it comes back.
	before := ask[string](b, failure("torn.jpg")+`.querySelector("time").dateTime`)
	b.click("#failed button")
	b.until("another failure", fmt.Sprintf(`(%s)?.querySelector("time").dateTime !== %q`, failure("torn.jpg"), before))
	// Mended where it was put aside: it is done.
	t.check(os.WriteFile(filepath.Join(s.dir, "failed", "torn.jpg"), picture(2), 0o644))
	b.click("#failed button")
	mended := b.until("its renditions", fmt.Sprintf(`(%s)?.dataset.state === "done"`, row("torn.jpg")))
	b.until("an empty list of failures", `document.getElementById("failures").hidden`)
	t.expect(ask[int](b, `document.querySelectorAll("#rows > tr").length`) == 1, "the file has more than one row")

	s.drop("photos/a.jpg", damaged(3))
	s.drop("photos/b.jpg", damaged(4))
	b.until("two failures", `document.querySelectorAll("#failed > li").length === 2`)
	s.drop("photos/a.jpg", picture(3))
	b.until("the one that was replaced", `document.querySelectorAll("#failed > li").length === 1`)
	b.click("#failures .lead button")
	b.until("an answer", `document.querySelector(".lead .answer")?.textContent === "1 file is tried again"`)
	t.note("shown after %s, done %s after a retry", took, mended)
}

// hostile are names that would be something else than text in a page, or would show
// as something else than they are.
var hostile = []string{
	`<script>alert(1);.jpg`,
	`<svg onload=alert(1)>.jpg`,
	`"><img src=x onerror=alert(1)>.jpg`,
	`' onmouseover='alert(1).jpg`,
	`javascript:alert(1).jpg`,
	`{{.Status}}&lt;b&gt;.jpg`,
	"photo\u202egpj.exe.jpg",
	"two\nlines\ttab.jpg",
	"esc\x1b[31mred.jpg",
	"caf\xe9 \xff\xfe.jpg",
	"zero\u200bwidth\ufeff.jpg",
	"-rf %2e%2e %00 + #?.jpg",
	"\u05d0\u05d1\u05d2 (1).jpg",
	strings.Repeat("long", 61) + ".jpg",
}

func hostileNames(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	for i, name := range hostile {
		data := picture(i)
		if i%3 == 0 {
			data = damaged(i)
		}
		s.drop(filepath.Join("photos", "dir "+name, name), data)
	}
	b.until("all of them", fmt.Sprintf(`document.querySelectorAll("#rows > tr").length === %d`, len(hostile)))
	inert := func(how string) {
		t.expect(!ask[bool](b, `self.pwned`), "%s: a name was run", how)
		t.expect(ask[int](b, `document.querySelectorAll("main script, main svg[onload], main img[src=x], [onmouseover], [onerror], main b b").length`) == 0, "%s: a name became an element", how)
		names := ask[string](b, `[...document.querySelectorAll("#rows .name")].map((n) => n.textContent).join("\u0000")`)
		for _, c := range "\u202e\n\t\x1b\u200b\ufeff" {
			t.expect(!strings.ContainsRune(names, c), "%s: %U is not made visible", how, c)
		}
		for _, want := range []string{`<script>alert(1);.jpg`, "photoU+202Egpj.exe.jpg", `two\nlines\ttab.jpg`, "caf\ufffd \ufffd\ufffd.jpg"} {
			t.expect(strings.Contains("\x00"+names+"\x00", "\x00"+want+"\x00"), "%s: there is no %q", how, want)
		}
		t.expect(ask[bool](b, `document.documentElement.scrollWidth <= innerWidth`), "%s: a name makes the page wider than the window", how)
	}
	inert("by the script")
	b.shoot("names-desktop-light")
	b.openLive(s.url("/"))
	inert("by the server")
	b.show(phone, "dark")
	inert("on a phone")
	b.shoot("names-phone-dark")

	n := ask[int](b, `document.querySelectorAll("#failed > li").length`)
	t.check(os.RemoveAll(filepath.Join(s.dir, "photos", "dir "+hostile[9])))
	b.do(`document.querySelector("#failed button").click()`)
	b.until("an answer", `document.getElementById("say").textContent !== ""`)
	t.expect(len(b.said()) == 0, "the console complains")
	t.note("%d names in two ways, %d of them failed", len(hostile), n)
}

func showPictures(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	s.drop("photos/a.jpg", picture(1))
	b.until("its thumbnail", row("a.jpg")+`?.querySelector("img").naturalWidth === 160`)
	link := ask[string](b, row("a.jpg")+`.querySelector("a").href`)
	response, err := http.Get(link)
	t.check(err)
	response.Body.Close()
	h := response.Header
	t.expect(response.StatusCode == 200 && h.Get("Content-Type") == "image/jpeg" && h.Get("X-Content-Type-Options") == "nosniff" &&
		strings.Contains(h.Get("Content-Security-Policy"), "sandbox") && strings.HasPrefix(h.Get("Content-Disposition"), "inline"),
		"a rendition is served as %s %v", response.Status, h)
	rendition := filepath.Join(s.dir, "out", "a_thumbnail.jpg")
	t.check(os.WriteFile(rendition, []byte("<script>alert(1)</script>"), 0o644))
	for _, path := range []string{strings.TrimPrefix(link, s.url("")), "/image/1/rendition/none", "/image/99/source", "/image/1/source/../../../etc/passwd", "/static/../page.go", "/image/%2e%2e/source"} {
		response, err := http.Get(s.url(path))
		t.check(err)
		response.Body.Close()
		t.expect(response.StatusCode == http.StatusNotFound, "%s answers %s", path, response.Status)
	}
	t.check(os.Remove(filepath.Join(s.dir, "photos", "a.jpg")))
	b.open(s.url("/"))
	b.until("its thumbnail, that is kept", row("a.jpg")+`?.querySelector("img").naturalWidth === 160`)
	t.note("served by ID, as what they are, and not once they were replaced")
}
