package main

import (
	"os"
	"regexp"
	"strings"
)

// statusLine tells what waits and how fast it is worked on, while there is something.
var statusLine = regexp.MustCompile(`(?m)^\s*Status: "(.* [1-9]\d* in work, [\d.]+ files/s)"$`)

func statusCheck(t *trial) {
	t.drop("bob", photos, 2400, 1800, numbered("status%03d.jpg", 200)...)
	var said string
	t.until("a status line", func() bool {
		if m := statusLine.FindStringSubmatch(t.root("systemctl status --no-pager imgwatchd")); m != nil {
			said = m[1]
		}
		return said != ""
	})
	t.see("%q", said)
	t.see("files of a round are synced %s", t.howSynced())
}

// howSynced says whether the kernel syncs many files at once for the service, which it is to
// do in its sandbox, too, wherever it does so at all.
func (t *trial) howSynced() string {
	if disabled, err := os.ReadFile("/proc/sys/kernel/io_uring_disabled"); err != nil || strings.TrimSpace(string(disabled)) != "0" {
		return "as this kernel lets it"
	}
	t.until("a ring", func() bool { return strings.Contains(t.root("ls -l /proc/"+t.mainPID()+"/fd"), "[io_uring]") })
	return "at once"
}

func verbsCheck(t *trial) {
	for _, user := range []string{"root", "bob"} {
		t.as(user, "imgwatchd status")
		t.as(user, "imgwatchd explain "+photos+"/photo.jpg")
		t.see("health as %s: %q", user, t.as(user, "imgwatchd health"))
	}
	a := t.try("mallory", "imgwatchd status")
	t.expect(a.code == 1, "mallory, who is not of the group, is answered: exit code %d", a.code)
	failed := t.as("bob", "imgwatchd failed")
	t.expect(strings.Contains(failed, "broken.jpg"), "imgwatchd failed says %q", failed)
	a = t.try("root", "sudo -u imgwatchd imgwatchd doctor")
	t.expect(a.code == 0, "doctor: exit code %d: %s", a.code, a.stdout)
	t.see("doctor: %s", tail(a.stdout, 1))
	for path, want := range map[string]string{"/": "200", "/healthz": "200", "/readyz": "200", "/metrics": "200", "/v1/status": "200"} {
		status := t.get("127.0.0.1:8077", path)
		t.expect(status == want, "GET %s is answered by %s, want %s", path, status, want)
	}
	status := t.get("drop.example:8077", "/v1/status")
	t.expect(status != "200", "a request for another host is answered by %s", status)
	t.see("the page answers, but not as drop.example (%s)", status)
}

// get asks the status page in the container, and returns the status of the answer.
func (t *trial) get(host, path string) string {
	answer := t.root("exec 3<>/dev/tcp/127.0.0.1/8077 && printf 'GET " + path + " HTTP/1.1\\r\\nHost: " + host + "\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -c 1000 <&3")
	words := strings.Fields(answer)
	if len(words) < 2 {
		t.fatalf("GET %s is answered by %q", path, answer)
	}
	return words[1]
}
