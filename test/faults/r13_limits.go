package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var _ = register(scenario{
	name:      "R13",
	criterion: "32 descriptors; 10 inotify watches: keeps serving, the error names the sysctl, unwatched folders are polled, 0 missed",
	needs:     []need{tool("prlimit"), tool("unshare"), userNamespaces},
	run:       starve,
})

func starve(t *trial) {
	fewDescriptors(t)
	fewWatches(t)
}

// fewDescriptors gives the service a backlog and new files in many directories, with
// fewer descriptors than its workers would like to have open.
func fewDescriptors(t *trial) {
	const most = 32
	s := t.newSite(setup{top: "workers: {read: 0, transform: 0, write: 0}"}) // as many as there are descriptors for
	n := t.size(2000, 100)
	var sources []string
	put := func() {
		name := fmt.Sprintf("%d/a/b/%05d.jpg", len(sources)%20, len(sources))
		s.drop(name, smallPicture(len(sources)))
		sources = append(sources, name)
	}
	for range n / 2 {
		put()
	}
	d := s.serveWith(launch{wrap: []string{"prlimit", fmt.Sprintf("--nofile=%d", most)}})
	for range n / 2 {
		put()
	}
	s.awaitOutputs(sources)
	d.awaitIdle()
	put()
	s.awaitOutputs(sources)
	answers := t.command("failed", "--json", "-c", s.config)
	t.expect(answers.code == 0, "the service does not answer: %s", answers.stderr)
	d.stop()

	missed, failed, degraded := s.lost(sources), d.count(msg("failed")), d.count(msg("folder degraded"))
	redone := repeated(s.journal.perPath(msg("done")))
	t.figure("descriptors", most)
	t.figure("files", len(sources))
	t.figure("missed", len(missed))
	t.figure("failed", failed)
	t.figure("redone", len(redone))
	t.figure("degraded", degraded)
	t.expect(len(missed) == 0, "%d descriptors: missed %d files, such as %.99q", most, len(missed), missed)
	t.expect(degraded == 0, "%d descriptors: the folder was degraded %d times", most, degraded)
	t.expect(failed == 0, "%d descriptors: %d files failed for them", most, failed)
}

// fewWatches gives the service more directories than it may watch. The limit is that of a
// user namespace of its own; the rest of the machine keeps its own.
func fewWatches(t *trial) {
	const most = 10
	s := t.newSite(setup{folders: []string{"{rescan_interval: 24h, poll_interval: 1s, output: {durability: none}}"}})
	dirs := t.size(300, 30)
	before, after, later := names("%03d/before.jpg", 0, dirs), names("%03d/after.jpg", 0, dirs), names("new-%03d/a/b.jpg", 0, dirs)
	put := func(list []string) {
		for i, name := range list {
			s.drop(name, smallPicture(i))
		}
	}
	put(before)
	limit := fmt.Sprintf(`echo %d > /proc/sys/user/max_inotify_watches && exec "$@"`, most)
	d := s.serveWith(launch{wrap: []string{"unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh"}})
	word := d.await("word of the limit", msg("inotify limit reached, polling what cannot be watched"))
	s.awaitOutputs(before)
	for _, list := range [][]string{after, later} {
		put(list)
		s.awaitOutputs(list)
	}
	polled := d.await("polled folders", func(e event) bool { return e.Msg == "folder watched" && e.field("mode") == "events+poll" })
	watches := d.watches()
	d.stop()

	missed := s.lost(slices.Concat(before, after, later))
	t.figure("watches", watches)
	t.figure("dirs", 3*dirs+1)
	t.figure("polled", polled.field("polled"))
	t.figure("missed_of_polled", len(missed))
	t.expect(watches == most, "%d directories are watched, %d may be", watches, most)
	t.expect(strings.Contains(word.Error, "inotify") && strings.Contains(word.Error, fmt.Sprint(" = ", most, " ")), "the error does not name the sysctl: %s", word.line)
	t.expect(len(missed) == 0, "%d watches: missed %d files, such as %.99q", most, len(missed), missed)
}

// watches returns how many inotify watches the process has, by the kernel's account.
func (d *service) watches() int {
	n := 0
	infos, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", d.pid()))
	d.t.check(err)
	for _, info := range infos {
		text, err := os.ReadFile(info)
		d.t.check(ignoreMissing(err))
		n += strings.Count(string(text), "inotify wd:")
	}
	return n
}

// userNamespaces is the need for limits of one's own.
func userNamespaces() string { return refusal("unshare", "--user", "--map-root-user", "true") }
