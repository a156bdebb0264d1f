package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

var _ = register(scenario{
	name:      "R24",
	criterion: "a second instance on the same state refuses with a clear error; the first keeps serving",
	run:       second,
})

func second(t *trial) {
	s := t.newSite(setup{})
	// Other folders and the same state: only the state is in the way.
	other := t.newSite(setup{top: "state_dir: " + s.state})
	first := s.serve()
	refused, tries := 0, t.size(20, 3)
	for i := range tries {
		for _, rival := range []*site{s, other} {
			if rival.isRefused(s.state, first.pid()) {
				refused++
			}
		}
		name := fmt.Sprintf("%d.jpg", i)
		s.drop(name, smallPicture(i))
		s.awaitOutputs([]string{name})
	}
	t.figure("rivals", 2*tries)
	t.figure("refused", refused)
	t.expect(first.alive(), "the first instance ended: %s", first.lastWords())
	s.contend(first, t.size(10, 4))
}

// isRefused starts a rival of the process first and reports whether it ended as it
// should: with exit code 1, no word of a folder, and an error that names state and process.
func (s *site) isRefused(state string, first int) bool {
	d := s.start()
	d.t.until("the refusal", func() bool { return !d.alive() || d.count(msg("folder watched")) > 0 })
	if d.alive() {
		d.kill()
		s.t.failf("a second instance serves")
		return false
	}
	last := d.lastWords()
	clear := strings.Contains(last, filepath.Clean(state)) && strings.Contains(last, fmt.Sprint(first))
	s.t.expect(d.end() == exit{code: 1}, "a second instance ends with %v", d.end())
	s.t.expect(clear, "the error does not name the state_dir and the pid %d: %s", first, last)
	return clear && d.end() == exit{code: 1} && d.count(msg("folder watched")) == 0
}

// contend kills the first instance, which leaves its lock behind as a crash does, and
// starts several at the same time: exactly one must serve.
func (s *site) contend(first *service, n int) {
	first.kill()
	rivals := make([]*service, n)
	for i := range rivals {
		rivals[i] = s.start()
	}
	serving := func() (alive, watching int) {
		for _, d := range rivals {
			if d.alive() {
				alive++
			}
			if d.count(msg("folder watched")) > 0 {
				watching++
			}
		}
		return alive, watching
	}
	s.t.until("all but one to end", func() bool {
		alive, watching := serving()
		return alive <= 1 && watching >= 1 || watching > 1 || alive == 0
	})
	alive, watching := serving()
	s.t.figure("at_once", n)
	s.t.figure("serving", watching)
	s.t.expect(alive == 1 && watching == 1, "of %d started at once %d serve", n, watching)
	if alive == 1 {
		s.drop("last.jpg", smallPicture(0))
		s.awaitOutputs([]string{"last.jpg"})
	}
}
