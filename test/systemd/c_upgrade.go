package main

import "strings"

func upgradeCheck(t *trial) {
	sum := t.root("sha256sum " + configuration)
	before := t.mainPID()
	was := t.root("stat -c %Y " + out + "/photo_web.jpg")
	t.pack(t.next, "alice")
	t.as("alice", "sudo apt install ./imgwatchd_*.deb")
	version := t.root("imgwatchd version")
	t.expect(strings.HasPrefix(version, "imgwatchd 99.0.0 "), "the version is %s", version)
	t.until("the new program", func() bool {
		return t.property("SubState") == "running" && t.mainPID() != before
	})
	t.expect(t.root("sha256sum "+configuration) == sum, "the configuration was changed")
	t.expect(t.root("systemctl is-enabled imgwatchd") == "enabled", "the service is not enabled any more")
	t.drop("bob", photos, 300, 200, "upgraded.jpg")
	t.awaitRenditions(out, "_thumbnail.jpg", "upgraded.jpg")
	t.expect(t.root("stat -c %Y "+out+"/photo_web.jpg") == was, "what was done was made again")
	t.see("to %s: runs it, configuration untouched, nothing done again", strings.Fields(version)[1])
	t.stoppedUpgrade()
}

// stoppedUpgrade installs over a service that does not run, which must stay so.
func (t *trial) stoppedUpgrade() {
	t.root("systemctl stop imgwatchd")
	t.as("alice", "sudo apt install --reinstall ./imgwatchd_*.deb")
	state := t.try("root", "systemctl is-active imgwatchd").stdout
	t.expect(state == "inactive\n", "a stopped service is %q after an upgrade", state)
	t.root("systemctl start imgwatchd")
}

func removeCheck(t *trial) {
	images := t.root("find /srv/imgwatchd -type f | wc -l")
	t.as("alice", "sudo apt remove -y imgwatchd")
	state := t.try("root", "systemctl is-active imgwatchd").stdout
	t.expect(state != "active\n", "the service still runs")
	t.expect(t.stands(configuration) && t.stands("/var/lib/imgwatchd/ledger.db"), "removal took the configuration or the ledger")
	t.expect(!t.stands("/usr/bin/imgwatchd"), "the program is still there")
	t.comeBack()
	t.as("alice", "sudo apt purge -y imgwatchd")
	for _, gone := range []string{"/etc/imgwatchd", "/var/lib/imgwatchd", "/run/imgwatchd", "/usr/lib/systemd/system/imgwatchd.service"} {
		t.expect(!t.stands(gone), "%s is still there after a purge", gone)
	}
	links := t.root("find /etc/systemd -name '*imgwatchd*' -type l")
	t.expect(links == "", "links are left: %s", links)
	now := t.root("find /srv/imgwatchd -type f | wc -l")
	t.expect(now == images, "of %s files in /srv/imgwatchd %s are left", images, now)
	t.see("removed, came back enabled, purged; %s files in /srv/imgwatchd untouched", now)
}

// comeBack installs the package again after a removal: the service is as it was before.
func (t *trial) comeBack() {
	t.as("alice", "sudo apt install ./imgwatchd_*.deb")
	t.expect(t.root("systemctl is-enabled imgwatchd") == "enabled", "after it came back the service is not enabled")
	t.root("systemctl start imgwatchd")
}
