package main

import (
	"encoding/json"
	"image"
	"os"
	"strings"
)

const (
	photos = "/srv/imgwatchd/photos"
	out    = "/srv/imgwatchd/out"
	failed = "/srv/imgwatchd/failed/photos"
)

func dropCheck(t *trial) {
	t.renditionsOfPhoto()
	t.root("usermod -aG imgwatchd bob")
	t.drop("bob", photos, 1000, 1000, "b.jpg")
	t.awaitRenditions(out, "_thumbnail.jpg", "b.jpg")
	mode := t.root("stat -c '%U:%G %a' " + photos + "/b.jpg")
	t.expect(strings.HasPrefix(mode, "bob:imgwatchd "), "bob's file belongs to %s, want group imgwatchd", mode)
	t.see("b.jpg of bob (%s)", mode)
	a := t.try("mallory", "cp /home/mallory/.profile "+photos+"/m.jpg")
	t.expect(a.code != 0, "mallory, who is not of the group, could drop a file")
	t.must(os.WriteFile(t.at("/var/tmp/broken.jpg"), picture(400, 300, 3)[:2000], 0o644))
	t.as("bob", "cp /var/tmp/broken.jpg "+photos)
	t.until("the broken file in "+failed, func() bool { return t.stands(failed + "/broken.jpg.error.json") })
	t.expect(!t.stands(photos+"/broken.jpg"), "the broken file was copied, not moved")
	t.see("broken.jpg set aside")
}

// renditionsOfPhoto looks at what became of the photo of the README, with the preset
// that alice added.
func (t *trial) renditionsOfPhoto() {
	t.awaitRenditions(out, "_product.jpg", "photo.jpg")
	service := t.uid("imgwatchd")
	for name, want := range map[string]image.Point{
		"photo_thumbnail.jpg": image.Pt(128, 96), "photo_web.jpg": image.Pt(1600, 1200), "photo_product.jpg": image.Pt(800, 800),
	} {
		got := t.rendition(out + "/" + name)
		t.expect(got == file{want, service, 0o644}, "%s is %v of user %d with mode %v, want %v of %d with 0644", name, got.size, got.uid, got.mode, want, service)
	}
	t.see("photo.jpg of alice: 128x96, 1600x1200 and 800x800, owner imgwatchd, mode 0644")
	kept := t.root("stat -c '%U:%G' " + photos + "/photo.jpg")
	t.expect(kept == "alice:imgwatchd", "the source belongs to %s", kept)
}

// An entry is one line of the journal.
type entry struct{ message, priority string }

// journal returns what the service has said since it was first started.
func (t *trial) journal() []entry {
	var entries []entry
	d := json.NewDecoder(strings.NewReader(t.root("journalctl --unit=imgwatchd --output=json --no-pager _COMM=imgwatchd")))
	for d.More() {
		var line struct {
			Message  any    `json:"MESSAGE"` // bytes that are no text come as a list of numbers
			Priority string `json:"PRIORITY"`
		}
		t.must(d.Decode(&line))
		text, _ := line.Message.(string)
		entries = append(entries, entry{text, line.Priority})
	}
	return entries
}

func journalCheck(t *trial) {
	count := func(name, priority string, words ...string) {
		n := 0
		for _, e := range t.journal() {
			all := true
			for _, w := range words {
				all = all && strings.Contains(e.message, w)
			}
			if all {
				n++
				t.expect(e.priority == priority, "%s has priority %s, want %s: %s", name, e.priority, priority, e.message)
			}
		}
		t.expect(n == 1, "there are %d lines of %s, want 1", n, name)
		t.see("%s once, priority %s", name, priority)
	}
	count("photo.jpg done", "6", `"done"`, "photo.jpg")
	count("broken.jpg failed", "4", `"failed"`, "broken.jpg")
}
