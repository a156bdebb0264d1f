package main

import "strings"

// farFolder lies outside of /srv, and what leaves it goes to two other places: one on the same
// filesystem, which is another mount only to the service, and one on another filesystem.
const farFolder = `  - {name: far, path: /data/in, stable_for: 100ms, presets: [thumbnail], output: {dir: /data/out}, on_success: move, archive_dir: /archive, failed_dir: /elsewhere/failed}`

func foldersCheck(t *trial) {
	t.root(`mkdir -p /data/in /data/out /archive /elsewhere && mount -t tmpfs none /elsewhere && mkdir /elsewhere/failed
chown imgwatchd:imgwatchd /data/in /data/out /archive /elsewhere/failed && chmod 2775 /data/in /data/out /archive /elsewhere/failed
cp ` + configuration + ` /root/before.yaml && sed -i 's#^folders:$#folders:\n` + farFolder + `#' ` + configuration)
	t.root("sudo -u imgwatchd imgwatchd config check")
	a := t.try("root", "sudo -u imgwatchd imgwatchd doctor")
	t.expect(a.code == 1 && strings.Contains(a.stdout, "drop-in"), "doctor does not miss the drop-in: exit code %d: %s", a.code, a.stdout)
	t.root("imgwatchd systemd drop-in --write && systemctl daemon-reload && systemctl restart imgwatchd")
	t.drop("bob", "/data/in", 640, 480, "far.jpg")
	t.as("bob", "head -c 500 "+photos+"/photo.jpg >/data/in/cut.jpg")
	t.awaitRenditions("/data/out", "_thumbnail.jpg", "far.jpg")
	t.until("the source in the archive", func() bool { return t.root("ls /archive") == "far.jpg" })
	t.until("the broken file set aside", func() bool {
		return t.root("ls /elsewhere/failed") == "cut.jpg\ncut.jpg.error.json"
	})
	left := t.root("ls -A /data/in")
	t.expect(left == "", "in the drop folder there is still %q", left)
	t.see("doctor misses the drop-in; with it a rendition in /data/out, sources moved to another mount and to another filesystem")
	t.root("mv /root/before.yaml " + configuration + " && rm /etc/systemd/system/imgwatchd.service.d/folders.conf")
	t.root("systemctl daemon-reload && systemctl restart imgwatchd && umount /elsewhere")
}
