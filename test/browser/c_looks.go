package main

import (
	"fmt"
	"path"
)

// looks makes the screenshots that people look at.
func looks(t *trial) {
	scenes := []struct {
		name string
		set  func(*trial) (*site, *tab)
	}{
		{"empty", func(t *trial) (*site, *tab) {
			s, b := t.newSite(), t.newTab()
			b.openLive(s.url("/"))
			return s, b
		}},
		{"calm", calm},
		{"failures", troubled},
		{"busy", busy},
	}
	for _, scene := range scenes {
		s, b := scene.set(t)
		for _, on := range []screen{desktop, phone} {
			for _, theme := range []string{"light", "dark"} {
				b.show(on, theme)
				b.do(`document.querySelectorAll("img").forEach((i) => { i.loading = "eager" })`)
				b.until("thumbnails", `[...document.querySelectorAll("#rows img[src]")].every((i) => i.complete)`)
				b.shoot(fmt.Sprintf("%s-%s-%s", scene.name, on.name, theme))
			}
		}
		s.stop()
	}
	t.note("%d in %s", t.shots, t.choice.out)
}

var ordinary = []string{"DSC_0412.jpg", "IMG_20261103_141522.jpg", "harbour at dusk.jpg", "Müller & Söhne, Katalog S. 12.jpg", "2026/wedding/IMG_2231.jpg", "P1010993.JPG"}

func calm(t *trial) (*site, *tab) {
	s, b := t.newSite(), t.newTab()
	b.openLive(s.url("/"))
	for i := range 12 {
		name := ordinary[i%len(ordinary)]
		if i >= len(ordinary) {
			name = fmt.Sprintf("%d/%s", i, name)
		}
		s.drop("photos/"+name, picture(i))
	}
	s.drop("scans/letter 4711.jpg", picture(20))
	b.until("all of them", `document.querySelectorAll("#rows > tr").length === 13`)
	b.openLive(s.url("/"))
	return s, b
}

func troubled(t *trial) (*site, *tab) {
	s, b := calm(t)
	s.drop("photos/torn in half.jpg", damaged(30))
	s.drop("photos/notes.jpg", []byte("this is no picture at all"))
	s.drop("scans/<b>bold</b> \u202egnp.jpg", damaged(31))
	b.until("what failed", `document.querySelectorAll("#failed > li").length === 3`)
	b.do(`document.querySelector('tr[data-name="scans"] form[action="/v1/pause"] button').click()`)
	b.until("a paused folder", `document.querySelector('tr[data-name="scans"]').dataset.state === "rest"`)
	s.configure("worker: {read: 2}")
	t.check(s.cmd.Process.Signal(hangup))
	b.until("that the configuration was refused", `!document.getElementById("refused").hidden`)
	b.until("no answers", `document.querySelector(".answer") === null`)
	return s, b
}

// busy has more to do than is done until the pictures are taken.
func busy(t *trial) (*site, *tab) {
	s, b := t.newSite("workers: {transform: 1}"), t.newTab()
	b.openLive(s.url("/"))
	var some [12][]byte
	for i := range some {
		some[i] = picture(i)
	}
	for i := range 3000 {
		s.drop(fmt.Sprintf("photos/%d/%04d %s", i%7, i, path.Base(ordinary[i%len(ordinary)])), some[i%len(some)])
	}
	b.until("work", `Number(document.querySelector("#hero [data-f=done]").textContent.replace(",", "")) > 30`)
	return s, b
}
