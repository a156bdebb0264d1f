package main

import (
	"os"
	"path/filepath"
	"time"
)

var _ = register(scenario{
	name:      "R5",
	criterion: "fs.inotify.max_queued_events=16, 50,000 creates in a burst: 0 missed, overflow counted, one rescan not one per event",
	needs:     []need{root},
	run:       overflow,
})

func overflow(t *trial) {
	t.setSysctl("fs/inotify/max_queued_events", "16")
	quiet := time.Duration(t.size(20, 5)) * time.Second // longer than the burst takes
	s := t.newSite(setup{
		top:     "log: {level: debug}", // at which each scan is told of
		folders: []string{"{stable_for: " + quiet.String() + ", output: {durability: none}}"},
	})
	d := s.serve()
	d.await("the first scan", msg("scanned"))
	sources := names("%05d.jpg", 0, t.size(50000, 2500))
	took := s.burst(sources)
	s.awaitOutputs(sources)
	d.awaitIdle()
	d.stop()

	missed := s.lost(sources)
	overflows, rescans := d.count(msg("event queue overflowed, scanning the folder")), d.count(msg("scanned"))-1
	// Where the machine is so slow that the burst outlasts the quiet period, the scan after
	// that comes too early for the end of the burst, and there is one for each period.
	most := 1 + int(took/quiet)
	t.figure("creates", len(sources))
	t.figure("burst_ms", took.Milliseconds())
	t.figure("missed", len(missed))
	t.figure("overflows", overflows)
	t.figure("rescans", rescans)
	t.figure("rescans_most", most)
	t.expect(len(missed) == 0, "missed %d files, such as %.99q", len(missed), missed)
	t.expect(overflows > 0, "no overflow is told of")
	t.expect(rescans > 0 && rescans <= most, "%d rescans after a burst of %v, expected 1 to %d", rescans, took, most)
}

// burst creates files as fast as possible and returns how long that took.
func (s *site) burst(sources []string) time.Duration {
	began := time.Now()
	for i, name := range sources {
		s.t.check(os.WriteFile(filepath.Join(s.in, name), tinyPicture(i%100), 0o644))
	}
	return time.Since(began)
}
