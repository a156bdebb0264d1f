package main

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"
)

var _ = register(scenario{
	name:      "R4",
	criterion: "SIGTERM under load ×50: in-flight finish, 0 redone, 0 temps left, exit 0; a second SIGTERM ends at once",
	run:       term,
})

func term(t *trial) {
	u := setup{top: "log: {level: debug}"} // at which a job that was given up is told of
	if !t.bin.knows("state_dir") {
		u.folders = []string{"on_success: move"} // without a ledger what stays is done again
	}
	s := t.newSite(u)
	rounds := t.size(50, 5)
	var sources []string
	load, least := 400, -1
	for done := 0; done < rounds; {
		for i := s.backlog(sources); i < load; i++ {
			name := fmt.Sprintf("%d/%05d.jpg", len(sources)/1000, len(sources))
			s.drop(name, smallPicture(len(sources)%1000))
			sources = append(sources, name)
		}
		left := s.termOnce(sources)
		if left == 0 {
			load *= 2 // too fast: that was no load
			continue
		}
		if least < 0 || left < least {
			least = left
		}
		done++
	}
	t.figure("rounds", rounds)
	t.figure("files", len(sources))
	t.figure("left_least", least)
	s.judge(sources)
	s.secondTerm()
}

// backlog returns how many sources have no output yet.
func (s *site) backlog(sources []string) int {
	published, n := s.published(), 0
	for _, source := range sources {
		if _, ok := published[thumbnailOf(source)]; !ok {
			n++
		}
	}
	return n
}

// termOnce starts a service, lets it work for a random while and ends it. It returns how
// much was left to do.
func (s *site) termOnce(sources []string) int {
	d := s.start()
	d.await("the first file", msg("done"))
	s.t.pause(time.Duration(rand.IntN(200)) * time.Millisecond)
	d.stop()
	s.t.expect(d.count(msg("stopped")) == 1, "a service does not say that it stopped")
	if given := d.count(msg("aborted")); given > 0 {
		s.t.failf("%d files in flight were given up", given)
	}
	if temps := s.temps(); len(temps) > 0 {
		s.t.failf("%d temporary files left, such as %s", len(temps), temps[0])
	}
	// Each output has its line: what was in flight was finished to the end.
	if out, said := len(s.published()), len(s.journal.perPath(msg("done"))); out != said {
		s.t.failf("%d outputs after %d files done", out, said)
	}
	return s.backlog(sources)
}

// judge finishes the work with a last service and looks at all that was done.
func (s *site) judge(sources []string) {
	s.finish(sources)
	lost, redone := s.lost(sources), repeated(s.journal.perPath(msg("done")))
	s.t.figure("lost", len(lost))
	s.t.figure("redone", len(redone))
	s.t.figure("temps", len(s.temps()))
	s.t.expect(len(lost) == 0, "lost %d files, such as %.99q", len(lost), lost)
	s.t.expect(len(redone) == 0, "%d files were worked on again", len(redone))
}

// repeated returns the paths that are counted more than once.
func repeated(counts map[string]int) []string {
	var more []string
	for path, n := range counts {
		if n > 1 {
			more = append(more, path)
		}
	}
	return more
}

// secondTerm gives a service work that takes long, and ends it twice.
func (s *site) secondTerm() {
	t := s.t
	slow := t.newSite(setup{
		top:     "presets: [{name: slow, steps: [{sharpen: {sigma: 3}}, {resize: {width: 100}}], output: {name: '{stem}_thumbnail.{ext}'}}]",
		folders: []string{"presets: [slow]"},
	})
	sources := names("%d.jpg", 0, inFlight+8)
	for i, name := range sources {
		slow.drop(name, largePicture(i%3))
	}
	d := slow.start()
	d.await("the first file", msg("done"))
	d.signal(syscall.SIGTERM)
	d.await("the drain", says("stopping: "))
	t.pause(time.Second) // less than 300 ms later it counts as an echo of the first; a busy machine is late
	before := d.count(msg("done"))
	if !d.alive() {
		t.fatalf("the drain was over before a second SIGTERM: too little work")
	}
	sent := time.Now()
	d.signal(syscall.SIGTERM)
	e := d.wait()
	took, more := time.Since(sent), d.count(msg("done"))-before
	t.figure("second_ms", took.Milliseconds())
	t.figure("second_done", more)
	t.expect(e == exit{code: 1}, "after a second SIGTERM: %v", e)
	// At once: no picture was waited for but those that the eight writers held.
	t.expect(more <= 8, "%d files were finished after a second SIGTERM", more)
	t.expect(took < 10*time.Second, "a second SIGTERM took %v", took)
	if temps := slow.temps(); len(temps) > 0 {
		t.failf("%d temporary files left after a second SIGTERM", len(temps))
	}
	t.expect(d.count(msg("done")) == len(slow.published()), "outputs and files done differ after a second SIGTERM")
}
