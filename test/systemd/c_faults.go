package main

import (
	"strconv"
	"strings"
	"time"
)

// restarts returns how often systemd has started the service again.
func (t *trial) restarts() int {
	n, err := strconv.Atoi(t.property("NRestarts"))
	t.must(err)
	return n
}

// awaitRestart waits until systemd has started the service once more, and it is ready.
func (t *trial) awaitRestart(before int) time.Duration {
	return t.until("a restart", func() bool { return t.restarts() > before && t.property("SubState") == "running" })
}

func killCheck(t *trial) {
	before := t.restarts()
	sources := numbered("kill%03d.jpg", 200)
	t.drop("bob", photos, 1200, 900, sources...)
	t.until("the first renditions", func() bool { return t.stands(out + "/kill000_web.jpg") })
	t.root("kill -KILL " + t.mainPID())
	standing := 0
	for _, s := range sources {
		if t.stands(out + "/" + strings.TrimSuffix(s, ".jpg") + "_web.jpg") {
			standing++
		}
	}
	t.expect(standing < len(sources), "all renditions stood before the kill: it hit nothing")
	took := t.awaitRestart(before)
	for _, suffix := range []string{"_thumbnail.jpg", "_web.jpg", "_product.jpg"} {
		t.awaitRenditions(out, suffix, sources...)
	}
	t.see("killed with %d of %d done; back after %.1fs; all %d renditions decode", standing, len(sources), took.Seconds(), 3*len(sources))
}

// watchdogDropIn makes the watchdog impatient, so that the check is short.
const watchdogDropIn = "/etc/systemd/system/imgwatchd.service.d/watchdog.conf"

func watchdogCheck(t *trial) {
	t.root("mkdir -p $(dirname " + watchdogDropIn + ") && printf '[Service]\nWatchdogSec=3\n' >" + watchdogDropIn)
	t.root("systemctl daemon-reload && systemctl restart imgwatchd")
	before := t.restarts()
	t.root("kill -STOP " + t.mainPID())
	took := t.awaitRestart(before)
	said := t.root("journalctl --unit=imgwatchd --no-pager --output=cat _PID=1") // only what systemd says
	t.expect(strings.Contains(said, "Failed with result 'watchdog'"), "the journal does not say that the watchdog ended it")
	t.see("stopped process replaced after %.1fs (WatchdogSec=3)", took.Seconds())
	t.drop("bob", photos, 300, 200, "watched.jpg")
	t.awaitRenditions(out, "_thumbnail.jpg", "watched.jpg")
	t.root("rm " + watchdogDropIn + " && systemctl daemon-reload && systemctl restart imgwatchd")
}

func stopCheck(t *trial) {
	// What was in work when it was killed before left files of this kind; they go after an hour.
	const temporary = "find " + out + " -name '.*' -type f | sort"
	before := t.root(temporary)
	sources := numbered("stop%03d.jpg", 150)
	t.drop("bob", photos, 2400, 1800, sources...)
	t.until("the first renditions", func() bool { return t.stands(out + "/stop000_web.jpg") })
	began := time.Now()
	t.root("systemctl stop imgwatchd")
	took := time.Since(began)
	result := t.property("Result")
	t.expect(result == "success", "the stop ended with %s", result)
	limit := t.property("TimeoutStopUSec")
	t.expect(took < 30*time.Second, "it took %.1fs", took.Seconds())
	said := t.root("journalctl --unit=imgwatchd --no-pager --lines=50 --output=cat")
	t.expect(!strings.Contains(said, "timed out"), "systemd had to kill it")
	after := t.root(temporary)
	t.expect(after == before, "temporary files: %q before the stop, %q after it", before, after)
	t.root("systemctl start imgwatchd")
	t.awaitRenditions(out, "_web.jpg", sources...)
	t.see("stopped under load in %.1fs of %s, %s, nothing half-done; the rest after the start", took.Seconds(), limit, result)
}
