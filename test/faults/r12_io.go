package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var _ = register(scenario{
	name:      "R12",
	criterion: "EIO, EINTR, short write, fsync EIO: never \"done\" while it lasts, retried from the source, error names path and operation",
	needs:     []need{tampering},
	run:       failCalls,
})

// A trouble is what goes wrong with calls of a service. {in}, {out} and {state} stand for
// the folders of its site.
type trouble struct {
	name    string
	kinds   []kind
	on      string // what the paths of their files begin with or, before a $, are
	verdict verdict
	odds    float64  // how likely it is; 0: certain
	says    []string // what the error has to name; nil: it is borne, and work goes on
}

var (
	eio         = verdict{fail: syscall.EIO}
	interrupted = verdict{fail: syscall.EINTR}

	changing = []kind{renaming, removing}
	all      = []kind{opening, reading, writing, syncing, renaming, removing}
)

var troubles = []trouble{
	{"open source", []kind{opening}, "{in}/", eio, 0, []string{"openat", ".jpg"}},
	{"read source", []kind{reading}, "{in}/", eio, 0, []string{"read", "{in}/"}},
	{"create output", []kind{opening}, "{out}/.", eio, 0, []string{"openat", "{out}/"}},
	{"write output", []kind{writing}, "{out}/.", eio, 0, []string{"write", "{out}/"}},
	{"lost write", []kind{writing}, "{out}/.", verdict{pretend: 100}, 0, []string{"short write", "{out}/"}},
	{"short write", []kind{writing}, "{out}/.", verdict{length: 100}, 0, nil},
	{"sync output", []kind{syncing}, "{out}/.", eio, 0, []string{"sync", "{out}/"}},
	{"sync folder", []kind{syncing}, "{out}$", eio, 0, []string{"sync", "{out}/"}},
	{"rename output", []kind{renaming}, "{out}/.", eio, 0, []string{"rename", "{out}/"}},
	{"delete source", changing, "{in}/", eio, 0, []string{"rename", "{in}/"}},
	{"write ledger", []kind{writing}, "{state}/ledger.db", eio, 0, []string{"write ledger", "{state}/ledger.db"}},
	{"sync ledger", []kind{syncing}, "{state}/ledger.db", eio, 0, []string{"write ledger", "{state}/ledger.db"}},
	{"interrupted source", all, "{in}", interrupted, 0.3, nil},
	{"interrupted output", all, "{out}", interrupted, 0.3, nil},
	{"interrupted ledger", all, "{state}/ledger.db", interrupted, 0.3, nil},
}

const hurtFiles = 3 // dropped before a fault, and as many while it lasts

func failCalls(t *trial) {
	c := clinic{t: t, want: t.reference(setup{}, pictureSet(names("%d.jpg", 0, 2*hurtFiles)))}
	for _, f := range troubles {
		c.admit(f)
	}
	for _, h := range c.hurt {
		h.awaitDone(hurtFiles)
		h.tracer.obey(h.rule())
		h.feed(hurtFiles, hurtFiles)
	}
	for _, h := range c.hurt {
		t.until(h.name+": the fault", func() bool { return h.met.Load() >= 2 })
	}
	t.pause(time.Duration(t.size(20, 3)) * time.Second)
	for _, h := range c.hurt {
		c.examine(h)
	}
	for _, h := range c.hurt {
		h.tracer.obey(nil)
	}
	for _, h := range c.hurt {
		c.discharge(h)
	}
	c.judge()
}

// A hurt is a site whose service meets a fault.
type hurt struct {
	patient
	fault  trouble
	tracer *tracer
	met    atomic.Int64 // calls that went wrong
}

// rule returns the rule that makes the fault.
func (h *hurt) rule() rule {
	on, exact := strings.CutSuffix(h.place(h.fault.on), "$")
	return func(c *call) verdict {
		if refused := refuseRings(c); refused != (verdict{}) {
			return refused
		}
		if !slices.Contains(h.fault.kinds, c.kind()) || h.fault.odds > 0 && rand.Float64() > h.fault.odds {
			return verdict{}
		}
		if file := c.file(); file != on && (exact || !strings.HasPrefix(file, on)) {
			return verdict{}
		}
		h.met.Add(1)
		return h.fault.verdict
	}
}

// refuseRings is the rule that the kernel gives no ring: what is synced by one is not in the
// call, where a fault would find it.
func refuseRings(c *call) verdict {
	if c.number == unix.SYS_IO_URING_SETUP {
		return verdict{fail: syscall.EPERM}
	}
	return verdict{}
}

// place puts the folders of the site into text.
func (h *hurt) place(text string) string {
	return strings.NewReplacer("{in}", h.in, "{out}", h.out, "{state}", h.state).Replace(text)
}

// A clinic is where faults are tried at the same time.
type clinic struct {
	t    *trial
	want map[string]string // the sums of all renditions
	hurt []*hurt

	early, failed, touched, unnamed, lost, different, temps int
}

// admit starts a service under a tracer that lets it be, for now.
func (c *clinic) admit(f trouble) {
	h := &hurt{fault: f, tracer: &tracer{}}
	h.tracer.obey(refuseRings)
	h.patient = patient{name: f.name, site: c.t.newSite(sickSetup("")), stamps: make(map[string]stamp)}
	h.d = h.serveWith(launch{tracer: h.tracer})
	h.feed(0, hurtFiles)
	c.hurt = append(c.hurt, h)
}

// examine looks at what a service has done under its fault.
func (c *clinic) examine(h *hurt) {
	if h.fault.says == nil {
		h.awaitDone(2 * hurtFiles)
		return
	}
	if n := h.d.count(msg("failed")); n > 0 {
		c.failed += n
		c.t.failf("%s: %d files were held to be at fault, such as %.999s", h.name, n, h.d.find(msg("failed"))[0].line)
	}
	if n := h.d.count(msg("done")) - hurtFiles; n > 0 {
		c.early += n
		c.t.failf("%s: %d files were done", h.name, n)
	}
	for _, name := range names("%d.jpg", hurtFiles, hurtFiles) {
		fi, err := os.Lstat(filepath.Join(h.in, name))
		if err != nil || stampOf(fi) != h.stamps[name] {
			c.touched++
			c.t.failf("%s: the source %s was touched: %v", h.name, name, err)
		}
	}
	if named := h.d.find(h.isNamed); len(named) == 0 {
		c.unnamed++
		c.t.failf("%s: no error names all of %q, the last word is %s", h.name, h.fault.says, h.d.lastWords())
	}
}

// isNamed matches the error that tells of the fault.
func (h *hurt) isNamed(e event) bool {
	text := e.Error + e.field("source_left")
	return !slices.ContainsFunc(h.fault.says, func(word string) bool { return !strings.Contains(text, h.place(word)) })
}

// discharge waits until all is done, now that the fault is over, and looks at it.
func (c *clinic) discharge(h *hurt) {
	ended := func(e event) bool { return e.Msg == "done" || e.Msg == "failed" }
	h.d.until(h.name+": files done", func() bool { return h.d.count(ended) >= 2*hurtFiles })
	h.d.stop()
	sources := names("%d.jpg", 0, 2*hurtFiles)
	c.lost += len(h.lost(sources))
	_, different := compare(c.t.sums(h.out), c.want)
	c.different += len(different)
	c.temps += len(h.temps())
	c.t.expect(len(different) == 0, "%s: different: %q", h.name, different)
	c.t.expect(len(h.temps()) == 0, "%s: left behind %q", h.name, h.temps())
	left := c.t.sums(h.in)
	c.t.expect(len(left) == 0, "%s: the sources stand yet: %v", h.name, left)
	c.t.logf("%s: %d calls went wrong", h.name, h.met.Load())
}

func (c *clinic) judge() {
	met := int64(0)
	for _, h := range c.hurt {
		met += h.met.Load()
	}
	t := c.t
	t.figure("faults", len(c.hurt))
	t.figure("calls_gone_wrong", met)
	t.figure("done_under_fault", c.early)
	t.figure("failed", c.failed)
	t.figure("touched", c.touched)
	t.figure("unnamed", c.unnamed)
	t.figure("lost", c.lost)
	t.figure("different", c.different)
	t.figure("temps", c.temps)
	t.expect(c.lost == 0, "lost %d files", c.lost)
}
