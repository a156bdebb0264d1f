package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"imgwatchd/test/frame"
)

var _ = register(scenario{
	name:      "R17",
	criterion: "a file that panics, hangs or explodes the decoder: failed with the reason at its timeout; throughput of others unharmed",
	needs:     []need{tool("go")},
	run:       poison,
})

func poison(t *trial) {
	unknownFaults(t)
	t.bin = t.faulty()
	p := newPoisoner(t)
	p.alone()
	p.hoard()
	if t.short {
		p.compare("mixed", 400, p.some(3, "panic", "header"), p.some(1, "wait", "scans"))
	} else {
		p.compare("panics", 1500, p.some(15, "panic", "header"))
		p.compare("waits", 1500, p.some(3, "wait"))
		p.compare("bombs", 1500, p.some(1, "scans", "gif", "png", "tiff"))
		p.compare("spins", 1500, p.some(1, "spin"))
		p.outlive("aside", 3, launch{}, exit{code: 2})
	}
	p.outlive("aside", 1, launch{}, exit{code: 2})
	if missing := memoryLimits(); missing != "" {
		t.figure("deaths_explode", "untried")
		t.logf("no memory to run out of: %s", missing)
		return
	}
	g := t.newCgroup(512 << 20)
	p.outlive("explode", 1, launch{wrap: g.wrap()}, exit{-1, syscall.SIGKILL}, exit{code: 2})
	t.figure("oom_kills", g.kills())
}

// faulty builds the program with the decoder of faults.
func (t *trial) faulty() *binary {
	path, release, err := frame.Build(t.ctx, "-tags", "faults")
	t.check(err)
	t.cleanup(release)
	return &binary{path, t.bin.keys}
}

// fault returns a file for that decoder, which does the deed.
func fault(deed string) []byte { return faultOf(deed, 640, 480) }

// faultOf is fault for a picture that is said to be so large.
func faultOf(deed string, width, height int) []byte {
	return fmt.Appendf(nil, "IWFAULT %s %dx%d\n", deed, width, height)
}

// unknownFaults shows that the program as it is shipped has no such decoder.
func unknownFaults(t *trial) {
	s := t.newSite(setup{})
	deeds := []string{"panic", "header", "aside", "wait", "spin", "explode"}
	for _, deed := range deeds {
		s.drop(deed+".jpg", fault(deed))
	}
	d := s.serve()
	d.until("six files that are no images", func() bool { return d.count(msg("failed", "class", "malformed")) == len(deeds) })
	d.stop()
}

// A toxin is a file that is too much, and the class in which it is to fail, or several.
type toxin struct {
	data  []byte
	class string
}

// A poisoner gives toxins to services with a timeout of a second.
type poisoner struct {
	t      *trial
	toxins map[string]toxin // by kind
}

func newPoisoner(t *trial) *poisoner {
	return &poisoner{t, map[string]toxin{
		"panic":   {fault("panic"), "crashed"},
		"header":  {fault("header"), "crashed"},
		"aside":   {fault("aside"), "crashed"},
		"explode": {fault("explode"), "crashed timeout"},
		"wait":    {fault("wait"), "timeout"},
		"spin":    {fault("spin"), "timeout"},
		"scans":   {scanBomb(8, 499), "timeout"},
		"gif":     {gifBomb(8000, 1), "timeout"}, // the sharpening of so many pixels takes longer
		"png":     {pngBomb(8000, 8000, 8000), "timeout"},
		"tiff":    {tiffBomb(8000, 8000, 8000*8000), "timeout"},
		"more":    {scanBomb(1, 501), "malformed"},
		"frames":  {gifBomb(1, 2000), "too_large"},
	}}
}

// newSite makes a site where a small picture takes some milliseconds.
func (p *poisoner) newSite() *site {
	u := busySetup
	u.top += "\nlimits: {timeout: 1s}"
	return p.t.newSite(u)
}

// some returns n toxins of each kind, by name.
func (p *poisoner) some(n int, kinds ...string) map[string]toxin {
	some := make(map[string]toxin)
	for i := range n {
		for _, kind := range kinds {
			some[fmt.Sprintf("%s-%02d.jpg", kind, i)] = p.toxins[kind]
		}
	}
	return some
}

// alone gives toxins one after the other and measures how late they fail.
func (p *poisoner) alone() {
	s := p.newSite()
	d := s.serve()
	latest := time.Duration(0)
	kinds := []string{"more", "frames", "panic", "header", "wait", "scans"}
	if !p.t.short {
		kinds = append(kinds, "gif", "png", "tiff", "spin")
	}
	for _, kind := range kinds {
		toxin := p.toxins[kind]
		s.drop(kind+".jpg", toxin.data)
		dropped := time.Now()
		e := d.await("the end of "+kind, msg("failed", "path", kind+".jpg"))
		took := e.at.Sub(dropped)
		p.t.expect(e.Class == toxin.class && e.Error != "", "%s fails as %s: %.200s", kind, e.Class, e.Error)
		if toxin.class == "timeout" {
			p.t.expect(took >= time.Second, "%s fails after %v, before its timeout of a second", kind, took)
			latest = max(latest, took)
		}
	}
	d.stop()
	p.t.figure("timeout_ms", 1000)
	p.t.figure("latest_ms", latest.Milliseconds())
	p.t.expect(latest < 15*time.Second, "a file fails %v after it was dropped, and the timeout is a second", latest)
}

// hoard has a decoder hang that was given most of the memory for pictures. The
// others must get on, if need be by a new start of the service.
func (p *poisoner) hoard() {
	s := p.t.newSite(setup{ // a step before the resize makes it need the whole picture
		top: "presets: [{name: tone, steps: [{gamma: {gamma: 1.5}}, {resize: {width: 128}}]}]\n" +
			"limits: {timeout: 1s, memory: 64MiB}",
		folders: []string{"presets: [tone]"},
	})
	d := s.serve()
	s.drop("hoard.jpg", faultOf("wait", 1650, 1650))
	d.await("the timeout", msg("failed", "class", "timeout"))
	for i := range 10 {
		s.drop(fmt.Sprintf("%d.jpg", i), encodeJPEG(pattern(1500, 1500, i)))
	}
	took, ok := p.t.within(time.Minute, func() bool {
		if !d.alive() {
			d = s.start()
		}
		return len(s.published()) == 10
	})
	p.t.figure("hoard_ms", took.Milliseconds())
	p.t.figure("hoard_starts", s.lives)
	p.t.expect(ok, "a hanging decoder keeps the memory: %d of 10 others are done after %v", len(s.published()), took.Round(time.Second))
	d.kill()
}

// compare measures how fast good files are done with toxins among them and without.
func (p *poisoner) compare(what string, files int, toxins ...map[string]toxin) {
	all := make(map[string]toxin)
	for _, some := range toxins {
		maps.Copy(all, some)
	}
	without, with := p.rate(files, nil), p.rate(files, all)
	p.t.figure(what, len(all))
	p.t.figure(what+"_ratio", fmt.Sprintf("%.2f", with/without))
	p.t.logf("%s: %.0f files/s without, %.0f with %d among %d", what, without, with, len(all), files)
	least := 0.5
	if p.t.short { // a second of waiting is much of a few
		least = 0.25
	}
	p.t.expect(with/without >= least, "%s: %.0f files/s instead of %.0f", what, with, without)
}

// rate returns the good files done per second.
func (p *poisoner) rate(files int, toxins map[string]toxin) float64 {
	s := p.newSite()
	sources := s.feedAmong(files, toxins)
	d := s.serve()
	s.awaitOutputs(sources)
	d.until("the end of every file", func() bool {
		return d.count(msg("done")) == files && d.count(msg("failed")) == len(toxins)
	})
	s.judgeToxins(toxins)
	d.stop()
	began, done := d.find(msg("folder watched"))[0].at, d.find(msg("done"))
	return float64(files) / done[len(done)-1].at.Sub(began).Seconds()
}

// feedAmong drops good files and toxins among them, and returns the good ones.
func (s *site) feedAmong(files int, toxins map[string]toxin) []string {
	sources := names("%05d.jpg", 0, files)
	for i, name := range sources {
		s.drop(name, smallPicture(i%1000))
	}
	for name, toxin := range toxins {
		s.drop(name, toxin.data)
	}
	return sources
}

// judgeToxins looks whether each has failed once, as it should.
func (s *site) judgeToxins(toxins map[string]toxin) {
	for name, toxin := range toxins {
		failed := s.journal.find(func(e event) bool { return e.Msg == "failed" && e.Path == name })
		if len(failed) != 1 || !slices.Contains(strings.Fields(toxin.class), failed[0].Class) {
			s.t.failf("%s fails %d times: %s", name, len(failed), linesOf(failed))
		}
	}
}

// judgeSetAside looks whether each has been set aside with a note of why. The line in the
// journal may be missing: another toxin may have killed the service just before it.
func (s *site) judgeSetAside(toxins map[string]toxin) {
	for name, toxin := range toxins {
		failed := s.journal.find(func(e event) bool { return e.Msg == "failed" && e.Path == name })
		if len(failed) > 1 || !slices.Contains(strings.Fields(toxin.class), s.noteOf(name)) {
			s.t.failf("%s fails %d times, and its note says %q: %s", name, len(failed), s.noteOf(name), linesOf(failed))
		}
	}
}

// noteOf returns the class in the note beside a file that was set aside, or "".
func (s *site) noteOf(name string) string {
	aside := filepath.Join(s.failed, name)
	if _, err := os.Lstat(aside); err != nil {
		return ""
	}
	text, err := os.ReadFile(aside + ".error.json")
	if err != nil {
		return ""
	}
	var note struct{ Class string }
	s.t.check(json.Unmarshal(text, &note))
	return note.Class
}

// outlive gives a service files of a kind that kills it, and starts it again each time, as
// systemd does, until they are set aside and all others are done. It may end in these ways.
func (p *poisoner) outlive(kind string, n int, l launch, ends ...exit) {
	t, s := p.t, p.newSite()
	toxins := p.some(n, kind)
	sources := s.feedAmong(t.size(300, 100), toxins)
	all := slices.AppendSeq(slices.Clone(sources), maps.Keys(toxins))
	ended := func() bool {
		failed := s.journal.perPath(msg("failed"))
		left := func(name string) bool { return failed[name] == 0 && !s.has(name) && s.noteOf(name) == "" }
		return !slices.ContainsFunc(all, left)
	}
	deaths := 0
	for {
		d := s.startWith(l)
		t.until("the end of every file or of the service", func() bool { return !d.alive() || ended() })
		if d.alive() {
			d.stop()
			break
		}
		t.expect(slices.Contains(ends, d.end()), "%s: the service ends with %v: %s", kind, d.end(), d.lastWords())
		if deaths++; deaths == 10*n {
			t.failf("%s: after %d deaths of the service %d files are not set aside", kind, deaths, n-s.journal.count(msg("failed")))
			break
		}
	}
	if lost := s.lost(sources); len(lost) > 0 {
		t.failf("%s: %d of the others are not done, such as %s", kind, len(lost), lost[0])
	}
	t.figure(fmt.Sprintf("deaths_%s_%d", kind, n), deaths)
	t.expect(deaths <= 3*n, "%s: %d files killed the service %d times", kind, n, deaths)
	if deaths < 10*n {
		s.judgeSetAside(toxins)
		d := s.serveWith(l) // it leaves them alone
		d.awaitIdle()
		d.stop()
	}
}
