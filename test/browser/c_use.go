package main

import (
	"fmt"
	"strings"
	"time"
)

func folderState(b *tab, name string) string {
	return ask[string](b, fmt.Sprintf(`document.querySelector('#folders tr[data-name="%s"] .state').innerText.trim()`, name))
}

func controls(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	b.click(`tr[data-name="photos"] form[action="/v1/pause"] button`)
	b.until("a paused folder", `document.querySelector('tr[data-name="photos"]').dataset.state === "rest"`)
	t.expect(b.text("h1") == "1 folder is paused", "the headline is %q", b.text("h1"))
	b.until("that it is said", `document.getElementById("say").textContent !== ""`)
	s.drop("photos/a.jpg", picture(1))
	time.Sleep(time.Second)
	t.expect(ask[int](b, `document.querySelectorAll("#rows > tr").length`) == 0, "a paused folder works")
	b.click(`tr[data-name="photos"] form[action="/v1/resume"] button`)
	b.until("what was dropped meanwhile", row("a.jpg")+` !== undefined`)
	b.click(`tr[data-name="scans"] form[action="/v1/rescan"] button`)
	b.until("an answer", `document.querySelector('tr[data-name="scans"] .answer')?.textContent === "The folder is looked through again"`)

	s.configure("nonsense: 1")
	t.check(s.cmd.Process.Signal(hangup))
	b.until("that the configuration was refused", `!document.getElementById("refused").hidden`)
	t.expect(strings.Contains(b.text("#refused"), "nonsense"), "the fault is not named: %q", b.text("#refused"))
	s.configure()
	t.check(s.cmd.Process.Signal(hangup))
	b.until("that it is in force", `document.getElementById("refused").hidden`)
	t.note("paused, resumed, looked through; a refused configuration is told and forgotten")
}

func search(t *trial) {
	s := t.newSite()
	for i := range 60 {
		s.drop(fmt.Sprintf("photos/%02d.jpg", i), picture(i%5))
	}
	s.drop("scans/contract 100%.jpg", picture(7))
	s.drop("scans/bad_one.jpg", damaged(8))
	b := t.newTab()
	b.openLive(s.url("/"))
	b.until("all of them", `document.querySelector("#hero [data-f=done]").textContent === "61" && document.querySelector("#hero [data-f=failed]").textContent === "1"`)
	b.openLive(s.url("/"))
	count := func() int { return ask[int](b, `document.querySelectorAll("#rows > tr").length`) }
	t.expect(count() == 50, "the first page has %d files", count())
	b.click(`a[rel="next"]`)
	b.until("the second page", `document.querySelectorAll("#rows > tr").length === 12`)
	s.drop("photos/new.jpg", picture(9))
	b.until("that it is done", `document.querySelector("#hero [data-f=done]").textContent === "62"`)
	t.expect(count() == 12, "something new is among what is old")

	for _, test := range []struct {
		query string
		want  int
	}{
		{"q=CONTRACT", 1}, {"q=100%25", 1}, {"q=_", 1}, {"q=%2520", 0}, {"folder=scans", 2}, {"state=failed", 1},
		{"folder=photos&state=failed", 0}, {"q=photos/0&state=done", 10},
	} {
		b.open(s.url("/?" + test.query))
		t.expect(count() == test.want, "%s finds %d files, not %d", test.query, count(), test.want)
	}
	b.openLive(s.url("/?q=special"))
	s.drop("photos/other.jpg", picture(10))
	s.drop("photos/SPECIAL.jpg", picture(11))
	b.until("the one that is searched for", row("SPECIAL.jpg")+` !== undefined`)
	t.expect(count() == 1, "%d files are shown of a search", count())
	b.do(`document.getElementById("q").value = "contract"`)
	b.click("#filter button")
	b.until("the result", row("contract 100%.jpg")+` !== undefined`)
	t.note("62 files in two pages; by text, folder and state, also those that come later")
}

// normal is a function that makes a text of an element, without what changes with time.
const normal = `(root) => {
	const text = (node) => {
		if (node.nodeType === Node.TEXT_NODE) return node.data.replace(/\s+/g, " ");
		if (node.nodeType !== Node.ELEMENT_NODE) return "";
		if (node.localName === "time") return "<time " + Date.parse(node.dateTime) + ">";
		if (node.matches(".answer")) return "";
		const attributes = [...node.attributes].map((a) => a.name + "=" + (a.name === "class" ? a.value.replace(/\s*fresh/, "") : a.value))
			.filter((a) => a !== "class=").sort().join(" ");
		return "<" + node.localName + " " + attributes + ">" + [...node.childNodes].map(text).join("") + "</>";
	};
	return text(root).replace(/\s+/g, " ").replace(/> | (?=<)/g, (m) => m.trim());
}`

// same compares what the script has drawn, all of it from events, with what the server
// draws of the same.
func same(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	for i, name := range hostile {
		data := picture(i)
		if i%4 == 0 {
			data = damaged(i)
		}
		s.drop("photos/in "+name+"/"+name, data)
	}
	s.drop("scans/s.jpg", picture(50))
	b.until("all of them", fmt.Sprintf(`document.querySelectorAll("#rows > tr").length === %d`, len(hostile)+1))
	b.click(`tr[data-name="scans"] form[action="/v1/pause"] button`)
	b.until("a paused folder", `document.querySelector('tr[data-name="scans"]').dataset.state === "rest"`)
	parts := []string{"#hero h1", "#hero .figures", "#plot-files", "#plot-queue", "#stages", "#folders", "#failed", "#rows"}
	difference := ""
	t.until("the same from both", func() bool { // numbers that change with time are to come to rest
		difference = ask[string](b, fmt.Sprintf(`(async () => {
			const normal = %s, other = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
			for (const part of %s) {
				const mine = normal(document.querySelector(part)), theirs = normal(other.querySelector(part));
				if (mine !== theirs) {
					let i = 0;
					while (mine[i] === theirs[i]) i++;
					return part + ": …" + mine.slice(Math.max(0, i - 60), i + 60) + " | …" + theirs.slice(Math.max(0, i - 60), i + 60);
				}
			}
			return "";
		})()`, normal, quoted(parts)))
		return difference == ""
	}, func() string { return difference })
	t.note("%d parts, with %d files", len(parts), len(hostile)+1)
}

func lost(t *trial) {
	s := t.newSite()
	b := t.newTab()
	b.openLive(s.url("/"))
	s.stop()
	took := b.until("that the connection is lost", `document.getElementById("live").dataset.live === "lost"`)
	b.until("how old it is", `/What you see is from \d+ s ago/.test(document.getElementById("live").innerText)`)
	t.expect(b.text("#say") == "The connection to the daemon is lost", "it is not said but %q", b.text("#say"))
	b.shoot("lost-desktop-light")
	s.drop("photos/meanwhile.jpg", picture(1))
	s.start()
	back := b.until("a live page", `document.getElementById("live").dataset.live === "on"`)
	b.until("what came meanwhile", row("meanwhile.jpg")+` !== undefined`)
	t.note("told after %s, back %s after the daemon", took, back)
}
