package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

var _ = register(scenario{
	name:      "R11",
	criterion: "ENOSPC, EROFS, EACCES, output folder deleted, state disk full for 60 s, then healed: 0 partial, source untouched, resumes ≤ 10 s, no hot loop, ≤ 1 log line/s",
	needs:     []need{loopDevices, mounts, tool("setpriv")},
	run:       fallSick,
})

const (
	earlyFiles = 8  // done before a site falls sick
	sickFiles  = 40 // dropped while it is sick
)

func fallSick(t *trial) {
	want := t.reference(setup{}, pictureSet(names("%d.jpg", 0, earlyFiles+sickFiles)))
	ward := ward{t: t, want: want, patients: []*patient{
		t.fullMemory("full", "limits: {min_free: 0}"),
		t.fullMemory("floor", "limits: {min_free: 8MiB}"),
		t.fullDisk(),
		t.readOnly(),
		t.denied(),
		t.deleted(),
		t.fullState(),
	}}
	ward.admit()
	ward.suffer(time.Duration(t.size(60, 10)) * time.Second)
	ward.recover()
	ward.judge()
}

// A patient is a site whose machine falls sick and gets well again.
type patient struct {
	name string
	*site
	launch launch
	fall   func() // what makes it sick
	heal   func() // what makes it well

	d      *service
	stamps map[string]stamp // of the sources, as they were dropped
	since  time.Time        // when it fell sick
	cpu    time.Duration    // what it had used by then
	lines  int              // what it had said by then
	healed time.Time
}

// sickSetup has sources deleted, so that it shows when one is believed done too early.
func sickSetup(top string) setup {
	return setup{top: top, folders: []string{"on_success: delete"}}
}

// fullMemory is a patient whose output folder stands on a small filesystem in memory.
func (t *trial) fullMemory(name, top string) *patient {
	s := t.newSite(setup{})
	memory := filepath.Join(s.dir, "memory")
	t.check(os.Mkdir(memory, 0o755))
	t.mountTmpfs(memory, "16m")
	s.out = filepath.Join(memory, "out")
	t.check(os.Mkdir(s.out, 0o755))
	s.configure(sickSetup(top))
	p := &patient{name: name, site: s}
	p.fillOn(memory)
	return p
}

// fillOn has the filesystem of a directory filled up.
func (p *patient) fillOn(dir string) {
	filler := filepath.Join(dir, "filler")
	p.fall = func() { p.t.check(fill(filler)) }
	p.heal = func() { p.t.check(os.Remove(filler)) }
}

// fill writes a file until nothing more fits, not even a byte.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		_, err := f.Write(make([]byte, size))
		if errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			return err
		}
	}
	return f.Sync()
}

// onDisk returns a site whose output folder stands on a disk of its own.
func (t *trial) onDisk() (*site, *disk) {
	d := t.newDisk(16 << 20)
	s := t.newSite(setup{})
	s.out = filepath.Join(d.at, "out")
	t.check(os.Mkdir(s.out, 0o755))
	s.configure(sickSetup("limits: {min_free: 0}"))
	return s, d
}

func (t *trial) fullDisk() *patient {
	s, d := t.onDisk()
	p := &patient{name: "full_ext4", site: s}
	p.fillOn(d.at)
	return p
}

func (t *trial) readOnly() *patient {
	s, d := t.onDisk()
	return &patient{
		name: "read_only", site: s,
		fall: func() { t.system("mount", "-o", "remount,ro", d.at) },
		heal: func() { t.system("mount", "-o", "remount,rw", d.at) },
	}
}

// humble starts a service for which permissions count, though it is root's.
var humble = launch{wrap: []string{"setpriv", "--bounding-set=-dac_override,-dac_read_search"}}

func (t *trial) denied() *patient {
	s := t.newSite(sickSetup(""))
	return &patient{
		name: "denied", site: s, launch: humble,
		fall: func() { t.check(os.Chmod(s.out, 0o555)) },
		heal: func() { t.check(os.Chmod(s.out, 0o755)) },
	}
}

// deleted is a patient whose output folder is deleted and cannot be made again.
func (t *trial) deleted() *patient {
	s := t.newSite(setup{})
	shelf := filepath.Join(s.dir, "shelf")
	s.out = filepath.Join(shelf, "out")
	t.check(os.MkdirAll(s.out, 0o755))
	s.configure(sickSetup(""))
	return &patient{
		name: "deleted", site: s, launch: humble,
		fall: func() {
			t.check(os.RemoveAll(s.out))
			t.check(os.Chmod(shelf, 0o555))
		},
		heal: func() {
			t.check(os.Chmod(shelf, 0o755))
			t.check(os.Mkdir(s.out, 0o755))
		},
	}
}

func (t *trial) fullState() *patient {
	s := t.newSite(sickSetup(""))
	t.mountTmpfs(s.state, "16m")
	p := &patient{name: "full_state", site: s}
	p.fillOn(s.state)
	return p
}

// A ward is where patients lie at the same time.
type ward struct {
	t        *trial
	want     map[string]string // the sums of all renditions
	patients []*patient
	observer *observer

	cpu, rate float64       // the most of any: per cent of a processor, lines in a second
	resumed   time.Duration // the longest

	touched, lost, different, early, temps int
}

// admit starts the services and has them do their first files in health.
func (w *ward) admit() {
	var outs []string
	for _, p := range w.patients {
		outs = append(outs, p.out)
		p.stamps = make(map[string]stamp)
		p.d = p.serveWith(p.launch)
		p.feed(0, earlyFiles)
	}
	w.observer = w.patients[0].observe(outs...)
	for _, p := range w.patients {
		p.awaitDone(earlyFiles)
	}
}

// feed drops sources and remembers how they stood.
func (p *patient) feed(first, n int) {
	for i := range n {
		name := fmt.Sprintf("%d.jpg", first+i)
		p.drop(name, smallPicture(first+i))
		fi, err := os.Lstat(filepath.Join(p.in, name))
		if err == nil { // else it was done and deleted this fast
			p.stamps[name] = stampOf(fi)
		}
	}
}

// awaitDone waits until n files are done and their sources deleted.
func (p *patient) awaitDone(n int) {
	p.d.until(p.name+": files done", func() bool { return p.d.count(msg("done")) >= n })
}

// suffer has all of them sick for a time, in which nothing may be done and little be said.
func (w *ward) suffer(length time.Duration) {
	for _, p := range w.patients {
		p.fall()
		p.since, p.cpu, p.lines = time.Now(), p.d.cpu(), p.d.count(anything)
		p.feed(earlyFiles, sickFiles)
	}
	w.t.pause(length)
	for _, p := range w.patients {
		w.examine(p)
	}
}

// examine looks at a patient at the end of its sickness.
func (w *ward) examine(p *patient) {
	seconds := time.Since(p.since).Seconds()
	busy := 100 * (p.d.cpu() - p.cpu).Seconds() / seconds
	lines := p.d.count(anything) - p.lines
	w.t.logf("%s: %.1f %% of a processor, %d lines in %.0f s", p.name, busy, lines, seconds)
	w.cpu, w.rate = max(w.cpu, busy), max(w.rate, float64(lines)/seconds)
	w.t.expect(busy < 5, "%s: it used %.1f %% of a processor", p.name, busy)
	const atOnce = 3 // lines that tell of the fall, whatever comes after
	w.t.expect(float64(lines) <= seconds+atOnce, "%s: it said %d lines in %.0f s", p.name, lines, seconds)
	if n := p.d.count(msg("done")) - earlyFiles; n > 0 {
		w.early += n
		w.t.failf("%s: %d files were done while it was sick", p.name, n)
	}
	for i := range sickFiles {
		name := fmt.Sprintf("%d.jpg", earlyFiles+i)
		fi, err := os.Lstat(filepath.Join(p.in, name))
		if err != nil || stampOf(fi) != p.stamps[name] {
			w.touched++
			w.t.failf("%s: the source %s was touched: %v", p.name, name, err)
		}
	}
}

// recover heals all of them and waits until they have done everything.
func (w *ward) recover() {
	for _, p := range w.patients {
		p.heal()
		p.healed = time.Now()
	}
	for _, p := range w.patients {
		p.awaitDone(earlyFiles + sickFiles)
		first := p.d.find(msg("done"))[earlyFiles]
		resumed := first.at.Sub(p.healed)
		w.t.logf("%s: resumed after %v", p.name, resumed)
		w.resumed = max(w.resumed, resumed)
		w.t.expect(resumed <= 10*time.Second, "%s: it resumed after %v", p.name, resumed)
	}
}

// judge looks at what all of it has come to.
func (w *ward) judge() {
	for _, p := range w.patients {
		p.d.stop()
		sources := names("%d.jpg", earlyFiles, sickFiles)
		w.lost += len(p.lost(sources))
		got := w.t.sums(p.out)
		for _, name := range sources {
			if output := thumbnailOf(name); got[output] != w.want[output] {
				w.different++
				w.t.failf("%s: %s is different", p.name, output)
			}
		}
		w.temps += len(p.temps())
	}
	saw := w.observer.stop()
	w.t.figure("patients", len(w.patients))
	w.t.figure("cpu_percent", fmt.Sprintf("%.1f", w.cpu))
	w.t.figure("lines_per_s", fmt.Sprintf("%.2f", w.rate))
	w.t.figure("resumed_s", fmt.Sprintf("%.1f", w.resumed.Seconds()))
	w.t.figure("done_while_sick", w.early)
	w.t.figure("touched", w.touched)
	w.t.figure("lost", w.lost)
	w.t.figure("different", w.different)
	w.t.figure("partial", len(saw.partials))
	w.t.figure("temps", w.temps)
	w.t.expect(w.temps == 0, "%d temporary files left", w.temps)
	saw.judge(w.t)
}
