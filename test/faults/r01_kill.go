package main

import (
	"math/rand/v2"
	"time"
)

var _ = register(scenario{
	name:      "R1",
	criterion: "SIGKILL at ≥ 300 random moments over 2,000 files: 0 lost, 0 partial ever, redone per kill ≤ in flight, same bytes as an unkilled run",
	run:       kill,
})

// busySetup makes one rendition at the cost of some milliseconds, so that kills
// find files in every stage.
var busySetup = setup{
	top:     "presets: [{name: soft, steps: [{sharpen: {sigma: 20}}, {resize: {width: 128}}], output: {name: '{stem}_thumbnail.{ext}'}}]",
	folders: []string{"presets: [soft]"},
}

func kill(t *trial) {
	kills, files := t.size(300, 15), t.size(2000, 200)
	sources := names("%05d.jpg", 0, files)
	s := t.newSite(busySetup)
	o := s.observe()
	k := killer{site: s, sources: sources, span: 300 * time.Millisecond}
	for i := range kills {
		k.feed(inFlight + 10 + (files-inFlight-10)*i/kills)
		k.strike()
	}
	k.feed(files)
	s.finish(sources)
	k.follow()
	saw := o.stop()

	want := t.reference(busySetup, pictureSet(sources))
	same, different := compare(t.sums(s.out), want)
	lost := s.lost(sources)
	worst := k.worst()
	t.figure("kills", kills)
	t.figure("files", files)
	t.figure("idle_kills", k.idle)
	t.figure("kills_in_publish", k.publishing)
	t.figure("lost", len(lost))
	t.figure("partial", len(saw.partials))
	t.figure("redone", k.redone())
	t.figure("redone_max", worst)
	t.figure("in_flight", inFlight)
	t.figure("same_bytes", same)
	t.figure("looks", saw.looks)
	t.figure("decoded", saw.decoded)
	t.figure("hz", int(saw.hertz))
	t.expect(len(lost) == 0, "lost %d files, such as %.99q", len(lost), lost)
	t.expect(len(different) == 0, "%d outputs differ from those of an unkilled run, such as %.99q", len(different), different)
	t.expect(worst <= inFlight, "one kill had %d files done again, more than the %d in flight", worst, inFlight)
	t.expect(k.idle <= kills/2, "%d of %d kills found nothing to do: they prove little", k.idle, kills)
	saw.judge(t)
}

// pictureSet returns small pictures under these names.
func pictureSet(sources []string) map[string][]byte {
	set := make(map[string][]byte, len(sources))
	for i, name := range sources {
		set[name] = smallPicture(i)
	}
	return set
}

// finish lets a last service do what is left.
func (s *site) finish(sources []string) {
	d := s.serve()
	s.awaitOutputs(sources)
	d.awaitIdle()
	d.stop()
}

// A killer starts services and kills them, and keeps account of what is done again.
type killer struct {
	site    *site
	sources []string
	fed     int
	span    time.Duration // the longest life

	idle       int // kills that found nothing left to do
	publishing int // kills that left a temporary file

	temps int
	seen  map[string]stamp // the outputs after the last life
	made  map[string]int   // by output: the life that made it last
	again map[int]int      // by life: what was done when it was killed and was done again later
}

// feed drops sources until n are dropped.
func (k *killer) feed(n int) {
	for ; k.fed < n; k.fed++ {
		k.site.drop(k.sources[k.fed], smallPicture(k.fed))
	}
}

// strike starts a service and kills it at a random moment. The span follows the
// work: there is to be enough at each kill, and it is to last to the end.
func (k *killer) strike() {
	d := k.site.start()
	k.site.t.pause(time.Duration(rand.Int64N(int64(k.span))))
	if e := d.kill(); e.signal == 0 {
		k.site.t.fatalf("a service ended before it was killed: %v, the last it said: %s", e, d.lastWords())
	}
	k.follow()
	switch left := k.fed - len(k.seen); {
	case left == 0:
		k.idle++
		fallthrough
	case left < inFlight:
		k.span = max(k.span*3/4, 20*time.Millisecond)
	case left > 2*inFlight:
		k.span = min(k.span*5/4, 5*time.Second)
	}
	if temps := len(k.site.temps()); temps > k.temps {
		k.publishing++
		k.temps = temps
	}
}

// follow takes down what the last life did. An output that stood before and was made
// anew is charged to the kill after which nobody knew of it; one whose source was
// only said to be done again counts too.
func (k *killer) follow() {
	if k.seen == nil {
		k.seen, k.made, k.again = map[string]stamp{}, map[string]int{}, map[int]int{}
	}
	life := k.site.lives
	said := map[string]int{}
	for path, n := range k.site.journal.perPath(func(e event) bool { return e.life == life && e.Msg == "done" }) {
		said[thumbnailOf(path)] = n
	}
	for output, now := range k.site.published() {
		before, stood := k.seen[output]
		switch {
		case stood && (before != now || said[output] > 0):
			k.again[k.made[output]]++
			k.made[output] = life
		case !stood:
			k.made[output] = life
		}
		if said[output] > 1 {
			k.again[life]++ // without any kill
		}
		k.seen[output] = now
	}
}

func (k *killer) redone() int {
	sum := 0
	for _, n := range k.again {
		sum += n
	}
	return sum
}

// worst returns the most that one kill had done again.
func (k *killer) worst() int {
	most := 0
	for _, n := range k.again {
		most = max(most, n)
	}
	return most
}
