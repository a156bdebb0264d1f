package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

var _ = register(scenario{
	name:      "R3",
	criterion: "power cut at ≥ 100 random moments: what the ledger calls done is whole; no 0-byte or partial final name; 0 lost",
	needs:     []need{loopDevices},
	run:       cutPower,
})

func cutPower(t *trial) {
	p := power{t: t}
	p.learn()
	cuts := t.size(120, 12)
	p.run(cuts/2, t.newDisk(512<<20))
	// With its ledger on another disk, whose syncs do not make renditions last by the way.
	p.run(cuts, t.newDisk(512<<20), t.newDisk(64<<20))
	p.begin(t.size(160, 40), t.newDisk(64<<20))
	p.judge()
}

// run has a site on disks lose its power until there were so many cuts.
func (p *power) run(cuts int, disks ...*disk) {
	u := setup{base: disks[0].at, folders: []string{"", "on_success: delete"}}
	p.site, p.disks, p.span = p.t.newSite(u), disks, 300*time.Millisecond
	if len(disks) > 1 {
		p.site.state = filepath.Join(disks[1].at, "state")
		p.t.check(os.Mkdir(p.site.state, 0o755))
		p.site.configure(u)
	}
	p.files, p.drops, p.left, p.temps = p.files+len(p.drops), nil, 0, 0
	for p.cuts < cuts {
		p.feed()
		p.live()
		p.inspect(p.fresh())
	}
	p.finish()
}

// A drop is a source and what a service knows it by.
type drop struct {
	picture      int
	path, output string
	deleted      bool // it is to be deleted once it is done
	claimed      int  // the first cut before which it was done, by the log or the ledger; 0: none
	said         int  // the last service that said so before the cut
	bad          bool // it has no rendition and will have none
}

// A power is an account of services whose disk lost its power.
type power struct {
	t     *trial
	sums  []string // by picture: of its rendition
	disks []*disk
	site  *site
	span  time.Duration

	drops []*drop
	left  int // of them, without a rendition
	temps int // left behind so far

	files, lost, cuts, busy, publishing        int // busy cuts came after something was done
	broken, partial, gone, unrecorded, unsound int
	first, begun                               int // cuts of first starts, and those that left a ledger
}

// drawn is how many pictures there are. Sources take them round and round.
const drawn = 100

// learn has the rendition of each picture made in peace.
func (p *power) learn() {
	sources := names("%05d.jpg", 0, drawn)
	sums := p.t.reference(setup{}, pictureSet(sources))
	for _, name := range sources {
		p.sums = append(p.sums, sums[thumbnailOf(name)])
	}
}

// feed drops sources, in turn into the folder that keeps them and the one that does not,
// until there is enough to do, and makes them lasting.
func (p *power) feed() {
	for ; p.left < inFlight+60; p.left++ {
		i := len(p.drops)
		d := &drop{picture: i % drawn, deleted: i%2 == 1}
		in, out := p.site.in, p.site.out
		if d.deleted {
			in, out = in+"2", out+"2"
		}
		name := fmt.Sprintf("%05d.jpg", i)
		d.path, d.output = filepath.Join(in, name), filepath.Join(out, thumbnailOf(name))
		p.t.check(dropInto(in, name, smallPicture(d.picture)))
		p.drops = append(p.drops, d)
	}
	for _, each := range p.disks {
		each.sync()
	}
}

// live lets a service live until the power is cut, at a random moment, and has the disks
// mounted again.
func (p *power) live() {
	d := p.site.start()
	if p.cuts%4 > 0 { // else it may be cut while it starts
		d.await("the first file", msg("done"))
	}
	p.t.pause(rand.N(p.span))
	if !d.alive() {
		p.t.fatalf("a service ended before the cut: %v: %s", d.end(), d.lastWords())
	}
	moment := time.Now()
	for _, each := range p.disks {
		each.cut()
	}
	p.t.pause(rand.N(50 * time.Millisecond)) // in which it sees nothing but errors
	d.kill()
	for _, each := range p.disks {
		each.unmount()
		each.mount()
	}
	p.cuts++
	p.hear(d, moment)
}

// hear takes down what a service has said to be done before the power was cut; later it
// would have been cut off itself. The span of the next life follows the work.
func (p *power) hear(d *service, cut time.Time) {
	said := p.site.journal.perPath(func(e event) bool { return e.life == d.life && e.Msg == "done" && e.at.Before(cut) })
	for _, x := range p.drops {
		if said[filepath.Base(x.path)] > 0 {
			x.claimed, x.said = cmp.Or(x.claimed, p.cuts), d.life
		}
	}
	if len(said) > 0 {
		p.busy++
	}
	switch {
	case p.left-len(said) < inFlight:
		p.span = max(p.span*3/4, 20*time.Millisecond)
	case len(said) < inFlight:
		p.span = min(p.span*5/4, 5*time.Second)
	}
}

// fresh returns the sources that were not done two cuts ago. What stood then is looked at
// again in the end.
func (p *power) fresh() []*drop {
	var fresh []*drop
	for _, x := range p.drops {
		if x.claimed == 0 || x.claimed > p.cuts-2 {
			fresh = append(fresh, x)
		}
	}
	return fresh
}

// inspect looks at what stands on the disk after the cut, and at what was said of it.
func (p *power) inspect(drops []*drop) {
	if temps := len(p.site.temps()); temps > p.temps {
		p.publishing++
		p.temps = temps
	}
	p.askLedger(drops)
	p.left = 0
	for _, x := range drops {
		sum, err := sumOf(x.output)
		whole := err == nil && sum == p.sums[x.picture]
		switch {
		case err == nil && !whole:
			p.partial++
			p.t.failf("after cut %d %s is not whole", p.cuts, x.output)
		case !whole && x.claimed > 0:
			p.broken++
			x.bad = true
			p.t.failf("after cut %d %s is done and has no rendition: %v", p.cuts, x.path, err)
		case !whole && !exists(x.path):
			p.gone++
			x.bad = true
			p.t.failf("after cut %d %s is gone and has no rendition: %v", p.cuts, x.path, err)
		}
		if !whole {
			p.left++
		}
	}
}

// askLedger looks up sources. What was said to be done the ledger must know, for good:
// only one that is to be deleted may be in work once more, for just that.
func (p *power) askLedger(drops []*drop) {
	paths := make([]string, len(drops))
	for i, x := range drops {
		paths[i] = x.path
	}
	b := p.site.readBooks(paths)
	if b.unsound != nil {
		p.unsound++
		p.t.failf("after cut %d: %v", p.cuts, b.unsound)
	}
	for _, x := range drops {
		done := b.done(x.path)
		if !done && x.claimed > 0 && (!x.deleted || x.said == p.site.lives) {
			p.unrecorded++
			p.t.failf("after cut %d %s was done, the ledger calls it %q", p.cuts, x.path, b.entries[x.path].State)
		}
		if done {
			x.claimed = cmp.Or(x.claimed, p.cuts)
		}
	}
}

// sumOf returns the SHA-256 of a file.
func sumOf(path string) (string, error) {
	data, err := os.ReadFile(path)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

// finish lets a last service do what is left.
func (p *power) finish() {
	d := p.site.serve()
	d.until("the outputs", func() bool {
		for _, x := range p.drops {
			if !x.bad && (!exists(x.output) || x.deleted && exists(x.path)) {
				return false
			}
		}
		return true
	})
	d.awaitIdle()
	d.stop()
	p.inspect(p.drops)
	p.lost += p.left
}

// begin cuts the power while a service starts that has no ledger yet. None it may leave, or
// one that is sound.
func (p *power) begin(cuts int, d *disk) {
	s := p.t.newSite(setup{base: d.at})
	for ; p.first < cuts; p.first++ {
		p.t.check(os.RemoveAll(s.state))
		p.t.check(os.Mkdir(s.state, 0o755))
		d.sync()
		start := s.start()
		start.until("the state directory to be locked", func() bool { return exists(filepath.Join(s.state, "lock")) })
		p.t.pause(rand.N(15 * time.Millisecond))
		d.cut()
		start.kill()
		d.unmount()
		d.mount()
		if exists(filepath.Join(s.state, "ledger.db")) {
			p.begun++
		}
		if b := s.readBooks(nil); b.unsound != nil {
			p.unsound++
			p.t.failf("after cut %d of a first start: %v", p.first, b.unsound)
		}
	}
}

func (p *power) judge() {
	t := p.t
	t.figure("cuts", p.cuts)
	t.figure("cuts_under_load", p.busy)
	t.figure("cuts_in_publish", p.publishing)
	t.figure("files", p.files+len(p.drops))
	t.figure("broken", p.broken)
	t.figure("unrecorded", p.unrecorded)
	t.figure("partial", p.partial)
	t.figure("lost", p.lost+p.gone)
	t.figure("first_starts", p.first)
	t.figure("begun", p.begun)
	t.figure("unsound", p.unsound)
	t.expect(p.lost == 0, "lost %d files", p.lost)
	t.expect(p.busy > p.cuts/2, "only %d of %d cuts came under load: they prove little", p.busy, p.cuts)
}
