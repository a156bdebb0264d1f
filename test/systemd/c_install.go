package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// maxExposure is what systemd-analyze security may give the unit, of 10.
const maxExposure = 1.3

func bootCheck(t *trial) {
	system := t.root("systemctl --version | head -1")
	state := t.try("root", "systemctl is-system-running").stdout
	t.see("%s: %s", system, strings.TrimSpace(state))
	t.expect(state == "running\n", "the system is not well: %s", t.try("root", "systemctl --failed --plain --no-legend").stdout)
	links := t.root("ls /sys/class/net")
	t.expect(links == "lo", "there is a network: %s", links)
	t.makeUsers()
}

// makeUsers makes the people of this Debian: alice, who administers it, bob, who drops
// images, and mallory, who may do neither.
func (t *trial) makeUsers() {
	t.root(`for user in alice bob mallory; do useradd --create-home --shell /bin/bash $user; done
usermod -aG sudo alice
echo '%sudo ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/all && chmod 440 /etc/sudoers.d/all`)
}

// lintianCheck has the package judged by Debian's rules, on this machine.
func lintianCheck(t *trial) {
	lintian, err := exec.LookPath("lintian")
	if err != nil {
		t.skipf("lintian is not installed")
	}
	out, err := exec.CommandContext(t.ctx, lintian, "--allow-root", "--fail-on", "error,warning", t.deb).CombinedOutput()
	t.see("%s: %d tags", filepath.Base(t.deb), strings.Count(string(out), "\n"))
	t.expect(err == nil, "lintian: %v: %s", err, out)
}

// editor is what alice edits files with: it adds a preset to the configuration.
const editor = `#!/bin/sh
sed -i -e 's/^    presets: \[thumbnail, web\] .*/    presets: [thumbnail, web, product]/' \
  -e 's/^presets: \[\]$/presets:\n  - {name: product, steps: [{resize: {fit: contain, width: 800, height: 800, background: white}}], output: {format: jpeg}}/' "$1"
`

func readmeCheck(t *trial) {
	r, err := readReadme(t.module)
	t.must(err)
	t.pack(t.deb, "alice")
	t.must(os.WriteFile(t.at("/home/alice/photo.jpg"), picture(2000, 1500, 1), 0o644))
	t.must(os.WriteFile(t.at("/usr/local/bin/edit"), []byte(editor), 0o755))
	t.root(`echo 'export EDITOR=/usr/local/bin/edit' >>/home/alice/.profile`)
	for i, line := range r.commands[:len(r.commands)-1] {
		t.as("alice", line)
		if i == 0 {
			t.afterInstall()
		}
	}
	last := r.commands[len(r.commands)-1]
	var listed []string
	t.until(strings.Join(r.promised, " and "), func() bool {
		listed = strings.Fields(t.as("alice", last))
		return containsAll(listed, r.promised)
	})
	t.see("%d commands followed; %q lists %s", len(r.commands), strings.TrimSpace(strings.Split(last, "#")[0]), strings.Join(listed, " "))
	t.expect(t.root("systemctl is-enabled imgwatchd") == "enabled", "the service is not enabled")
}

// afterInstall looks at what the package did, before anything is configured.
func (t *trial) afterInstall() {
	state := t.root("systemctl is-enabled imgwatchd || true; systemctl is-active imgwatchd || true")
	t.expect(state == "disabled\ninactive", "after the installation the service is %q, want disabled and inactive", state)
	folders := t.root("stat -c '%n %U:%G %a' /srv/imgwatchd/photos /srv/imgwatchd/out /etc/imgwatchd/imgwatchd.yaml")
	const want = "/srv/imgwatchd/photos imgwatchd:imgwatchd 2775\n/srv/imgwatchd/out imgwatchd:imgwatchd 2775\n/etc/imgwatchd/imgwatchd.yaml root:root 644"
	t.expect(folders == want, "folders are %q", folders)
	broken := t.try("root", "dpkg --verify imgwatchd").stdout
	t.expect(broken == "", "dpkg --verify says %q", broken)
	t.see("depends on %s", t.root("dpkg-query -f '${Depends}' -W imgwatchd"))
}

// pack puts a package into the home of a user, in place of a former one.
func (t *trial) pack(deb, user string) {
	data, err := os.ReadFile(deb)
	t.must(err)
	home := "/home/" + user
	t.root("rm -f " + home + "/imgwatchd_*.deb")
	t.must(os.WriteFile(filepath.Join(t.at(home), filepath.Base(deb)), data, 0o644))
}

var exposureLine = regexp.MustCompile(`Overall exposure level for imgwatchd.service: ([0-9.]+)`)

func unitCheck(t *trial) {
	text := t.root("systemd-analyze security --no-pager imgwatchd.service")
	m := exposureLine.FindStringSubmatch(text)
	if m == nil {
		t.fatalf("no exposure level in %q", tail(text, 2))
	}
	exposure, err := strconv.ParseFloat(m[1], 64)
	t.must(err)
	t.see("exposure %.1f", exposure)
	t.expect(exposure <= maxExposure, "want at most %.1f", maxExposure)
	said := t.try("root", "systemd-analyze verify imgwatchd.service 2>&1").stdout
	t.expect(said == "", "systemd-analyze verify says %q", said)
}

// containsAll reports whether all names are among the listed ones.
func containsAll(listed, names []string) bool {
	for _, n := range names {
		if !has(listed, n) {
			return false
		}
	}
	return true
}

// uid returns the number of a user in the container.
func (t *trial) uid(user string) int {
	n, err := strconv.Atoi(t.root("id -u " + user))
	t.must(err)
	return n
}

// property returns a property of the unit.
func (t *trial) property(name string) string {
	return t.root(fmt.Sprintf("systemctl show --property=%s --value imgwatchd.service", name))
}

// mainPID returns the process id of the service in the container.
func (t *trial) mainPID() string { return t.property("MainPID") }
