package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

var _ = register(scenario{
	name:      "R7",
	criterion: "one file written 1,000 times: 1 job; 1,000 chmods: none; 1,000 touches: 1 more at most",
	run:       storms,
})

func storms(t *trial) {
	w := weather{times: t.size(1000, 100), quiet: time.Duration(t.size(2, 1)) * time.Second}
	s := t.newSite(setup{folders: []string{"stable_for: " + w.quiet.String()}})
	w.site = s
	d := s.serve()
	drop := func(name string) { s.copyIn(name, smallPicture(0)) }
	dropDone := func(name string) { drop(name); s.awaitOutputs([]string{name}) }

	written := w.storm("written", drop, func(path string, i int) error {
		return os.WriteFile(path, smallPicture(i), 0o644)
	})
	// This one passes over a file while it settles, is worked on and is done.
	chmod := w.storm("chmod", drop, func(path string, i int) error {
		return os.Chmod(path, 0o600+os.FileMode(i%2)*0o44)
	})
	touched := w.storm("touched", dropDone, func(path string, _ int) error {
		return os.Chtimes(path, time.Time{}, time.Now())
	})
	s.copyIn("last.jpg", smallPicture(w.times-1))
	s.awaitOutputs([]string{"last.jpg"})
	d.stop()

	jobs := s.journal.perPath(anything) // whatever became of them
	writes, chmods, touches := jobs[written], jobs[chmod]-1, jobs[touched]-1
	sums := t.sums(s.out)
	same := sums[thumbnailOf(written)] == sums[thumbnailOf("last.jpg")]
	t.figure("times", w.times)
	t.figure("write_jobs", writes)
	t.figure("chmod_jobs", chmods)
	t.figure("touch_jobs", touches)
	t.figure("last_bytes", same)
	t.expect(writes == 1, "a file that was written %d times was worked on %d times", w.times, writes)
	t.expect(same, "the output is not that of what was written last")
	t.expect(chmods == 0, "a file was worked on %d times more for %d chmods", chmods, w.times)
	t.expect(touches <= 1, "a file was worked on %d times more for %d touches", touches, w.times)
}

// weather brings storms: something is done to a file many times, for longer than the quiet
// period, but without a pause as long as that.
type weather struct {
	site  *site
	times int
	quiet time.Duration
}

// storm makes a file, has a storm blow over it and returns its name. On a machine that
// paused meanwhile it tries another file.
func (w weather) storm(kind string, begin func(name string), blow func(path string, i int) error) string {
	s := w.site
	for try := range 10 {
		name := fmt.Sprintf("%s-%d.jpg", kind, try)
		begin(name)
		longest := w.blow(name, blow)
		s.awaitOutputs([]string{name})
		s.letSettle(fmt.Sprintf("after-%s-%d.jpg", kind, try))
		if longest < w.quiet {
			return name
		}
		s.t.logf("a pause of %v in a storm, for which the machine is to blame", longest)
	}
	s.t.fatalf("the machine is too slow for a storm without a pause of %v", w.quiet)
	panic("unreachable")
}

// blow does it all and returns the longest time from the begin of one to the end of the next.
func (w weather) blow(name string, blow func(path string, i int) error) time.Duration {
	longest, former := time.Duration(0), time.Now()
	for i := range w.times {
		began := time.Now()
		w.site.t.check(blow(filepath.Join(w.site.in, name), i))
		longest, former = max(longest, time.Since(former)), began
		w.site.t.pause(w.quiet * 3 / 2 / time.Duration(w.times))
	}
	return longest
}

// letSettle waits until a file that is dropped now is done: what was touched before has
// settled by then, and is done or in work.
func (s *site) letSettle(name string) {
	s.copyIn(name, smallPicture(0))
	s.awaitOutputs([]string{name})
}
