package main

import (
	"image"
	"strings"
)

const configuration = "/etc/imgwatchd/imgwatchd.yaml"

func reloadCheck(t *trial) {
	t.root("cp " + configuration + " /root/good.yaml")
	before := t.mainPID()
	t.root("sed -i 's/width: 800, height: 800/width: 500, height: 400/' " + configuration)
	t.root("systemctl reload imgwatchd")
	t.until("the product in its new size", func() bool {
		return t.rendition(out+"/photo_product.jpg").size == image.Pt(500, 400)
	})
	t.see("good: photo_product.jpg made again as 500x400")
	t.badReload()
	t.expect(t.mainPID() == before, "the service was started anew")
	t.root("sed -i 's/^  levle: /  level: /' " + configuration)
	t.root("systemctl reload imgwatchd")
	t.drop("bob", photos, 300, 200, "after.jpg")
	t.awaitRenditions(out, "_product.jpg", "after.jpg")
}

// badReload reloads a configuration with an unknown key and looks whether the former one
// is in force.
func (t *trial) badReload() {
	t.root("sed -i 's/^  level: /  levle: /' " + configuration)
	a := t.try("root", "systemctl reload imgwatchd")
	t.expect(a.code != 0, "systemctl reload of a bad configuration says that all is well")
	t.expect(t.property("ActiveState") == "active", "the service is %s", t.property("ActiveState"))
	said := t.root("journalctl --unit=imgwatchd --no-pager --lines=20 --output=cat")
	t.expect(strings.Contains(said, "levle"), "the journal does not name the unknown key")
	t.drop("bob", photos, 300, 200, "meanwhile.jpg")
	t.awaitRenditions(out, "_product.jpg", "meanwhile.jpg")
	t.see("bad: exit code %d, fault in the journal, the former one still works", a.code)
}
