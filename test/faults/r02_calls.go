package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"imgwatchd/internal/job"
)

var _ = register(scenario{
	name:      "R2",
	criterion: "SIGKILL at every Nth of openat/write/fsync/rename/unlink on a 3-file job: 0 lost, 0 partial, same bytes, a sound ledger for every N",
	needs:     []need{tracing},
	run:       killAtCalls,
})

// struckKinds are the kinds of calls at which the service is killed.
var struckKinds = []kind{opening, writing, syncing, renaming, removing}

func killAtCalls(t *trial) {
	s := t.newThree()
	d := s.serve()
	s.settle(d, books{})
	d.stop()
	c := calls{t: t, want: t.sums(s.out)}
	total := c.count()
	stride := max(1, total/t.size(total, 40))
	at := rand.IntN(stride)
	for _, k := range struckKinds {
		for ; at < c.counts[k]; at += stride {
			c.strike(k, at+1)
		}
		at -= c.counts[k]
		t.figure(string(k), c.counts[k])
	}
	c.judge()
}

// A three is a site with a job of three files: one source is kept, one moved and one
// deleted. All that is made goes to one folder.
type three struct {
	*site
	sources [3]string // paths
}

func (t *trial) newThree() three {
	s := three{site: t.newSite(setup{folders: []string{"", "", ""}})}
	output := fmt.Sprintf("stable_for: 50ms\noutput: {dir: %q}\n", s.out)
	s.configure(setup{folders: []string{output, output + "on_success: move", output + "on_success: delete"}})
	for i, dir := range []string{s.in, s.in + "2", s.in + "3"} {
		name := fmt.Sprintf("%d.jpg", i+1)
		t.check(dropInto(dir, name, smallPicture(i)))
		s.sources[i] = filepath.Join(dir, name)
	}
	return s
}

// outputOf returns the path of what is made of source i.
func (s three) outputOf(i int) string {
	return filepath.Join(s.out, thumbnailOf(filepath.Base(s.sources[i])))
}

// settle waits until the service has brought all three to their ends. What the ledger knew
// to be done before is not said again.
func (s three) settle(d *service, before books) {
	d.until("the three files", func() bool { return s.settled(d, before) })
}

func (s three) settled(d *service, before books) bool {
	for i, path := range s.sources {
		said := d.count(msg("done", "path", filepath.Base(path))) > 0
		kept := i == 0
		switch {
		case !exists(s.outputOf(i)):
			return false
		case kept && !said && !before.done(path):
			return false
		case !kept && exists(path):
			return false
		}
	}
	return true
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// calls is an account of services that were killed at their calls.
type calls struct {
	t      *trial
	want   map[string]string // the sums of what a service makes that is let be
	counts map[kind]int      // the calls that such a service makes

	cases, missed                             int
	lost, partial, different, redone, unsound int
}

// count has a service do the whole job, and counts its calls.
func (c *calls) count() int {
	c.counts = make(map[kind]int)
	s := c.t.newThree()
	tracer := &tracer{}
	tracer.obey(func(call *call) verdict {
		c.counts[call.kind()]++
		return verdict{}
	})
	d := s.startWith(launch{tracer: tracer})
	s.settle(d, books{})
	d.stop()
	same, different := compare(c.t.sums(s.out), c.want)
	c.t.expect(len(different) == 0, "of the outputs of a service that is let be only %d are alike", same)
	total := 0
	for _, k := range struckKinds {
		total += c.counts[k]
	}
	return total
}

// strike kills a service before its nth call of a kind, looks at what it has left, and lets
// another one finish.
func (c *calls) strike(k kind, n int) {
	c.cases++
	s := c.t.newThree()
	o := s.observe()
	tracer := &tracer{}
	tracer.obey(killAt(k, n))
	d := s.startWith(launch{tracer: tracer})
	if c.missedIt(s, d) {
		c.missed++
	}
	b := s.readBooks(s.sources[:])
	if c.inspect(s, d, b, fmt.Sprintf("killed before %s %d", k, n)) > 0 {
		return // what is lost will not come
	}
	stood := s.published()

	next := s.serve()
	s.settle(next, b)
	next.stop()
	c.finish(s, b, stood, fmt.Sprintf("after a kill before %s %d", k, n))
	saw := o.stop()
	c.partial += len(saw.partials)
	c.t.expect(len(saw.partials) == 0, "partial: %.200q", saw.partials)
	c.t.expect(len(saw.trouble) == 0, "observe: %.200q", saw.trouble)
}

// killAt returns the rule that the process dies before its nth call of a kind.
func killAt(k kind, n int) rule {
	return func(call *call) verdict {
		if call.kind() == k {
			n--
		}
		return verdict{kill: n == 0}
	}
}

// missedIt waits for the end of a service, which is told to stop when the job is done. It
// reports whether that was its end: a service does not always make as many calls.
func (c *calls) missedIt(s three, d *service) bool {
	c.t.until("the kill or the end of the job", func() bool { return !d.alive() || s.settled(d, books{}) })
	d.signal(syscall.SIGTERM)
	e := d.wait()
	if e.signal != syscall.SIGKILL {
		c.t.expect(e == exit{}, "a service that was not killed ended with %v: %s", e, d.lastWords())
		return true
	}
	return false
}

// inspect looks at what a killed service has left: nothing partial, no source gone before
// its rendition stood, and a ledger that knows what was said to be done. It returns the number of files lost.
func (c *calls) inspect(s three, d *service, b books, when string) (lost int) {
	for name, sum := range c.t.sums(s.out) {
		if sum != c.want[name] {
			c.partial++
			c.t.failf("%s: %s is not whole", when, name)
		}
	}
	claimed := false
	for i, path := range s.sources {
		if !exists(s.outputOf(i)) && (!exists(path) || b.done(path)) {
			lost++
			c.t.failf("%s: %s has no rendition, stands %v and is done %v", when, path, exists(path), b.done(path))
		}
		said := d.count(msg("done", "path", filepath.Base(path))) > 0
		claimed = claimed || said
		if said && !b.done(path) {
			c.unsound++
			c.t.failf("%s: %s was said to be done, the ledger calls it %q", when, path, b.entries[path].State)
		}
	}
	// One that was never written whole has nothing to lose.
	if b.unsound != nil && (claimed || !strings.Contains(b.unsound.Error(), ".empty-")) {
		c.unsound++
		c.t.failf("%s: %v", when, b.unsound)
	}
	c.lost += lost
	return lost
}

// finish looks at what the next service has made of it.
func (c *calls) finish(s three, before books, stood map[string]stamp, when string) {
	_, different := compare(c.t.sums(s.out), c.want)
	c.different += len(different)
	c.t.expect(len(different) == 0, "%s: different: %q", when, different)
	after := s.readBooks(s.sources[:])
	if after.unsound != nil || after.counts[job.Done] != len(s.sources) {
		c.unsound++
		c.t.failf("%s: the ledger counts %v, %v", when, after.counts, after.unsound)
	}
	now := s.published()
	for i, path := range s.sources {
		name := filepath.Base(s.outputOf(i))
		if before.done(path) && now[name] != stood[name] {
			c.redone++
			c.t.failf("%s: %s was done and is made again", when, path)
		}
	}
}

func (c *calls) judge() {
	t := c.t
	t.figure("cases", c.cases)
	t.figure("missed", c.missed)
	t.figure("lost", c.lost)
	t.figure("partial", c.partial)
	t.figure("different", c.different)
	t.figure("redone", c.redone)
	t.figure("unsound", c.unsound)
	t.expect(c.missed <= c.cases/4, "%d of %d services ended without that call: they prove little", c.missed, c.cases)
}
