package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var _ = register(scenario{
	name:      "R14",
	criterion: "memory limit 512 MB, bombs and 12 MP photos mixed, ≥ 20 min: 0 OOM, flat RSS, every photo done, every bomb failed with its reason",
	needs:     []need{memoryLimits},
	run:       scarceMemory,
})

func scarceMemory(t *trial) {
	m := &miser{t: t, group: t.newCgroup(512 << 20), deck: deck()}
	m.site = t.newSite(setup{
		top:     "workers: {read: 0, transform: 0, write: 0}", // all as an operator finds it
		folders: []string{"{presets: [thumbnail, web], on_success: delete}"},
	})
	warmUp, lasts := time.Minute, 20*time.Minute
	if t.short {
		warmUp, lasts = time.Second, 8*time.Second
	}
	d := m.site.serveWith(launch{wrap: m.group.wrap()})
	m.feed(d, warmUp)
	m.samples = nil
	m.feed(d, lasts)
	d.until("all ends", func() bool { return d.count(ended) >= len(m.dropped) })
	d.stop()
	m.judge(d)
}

// ended matches the end of a file.
func ended(e event) bool { return e.Msg == "done" || e.Msg == "failed" }

// A card is a file to drop, and the class in which it is to fail; "": it is to be done.
type card struct {
	kind, class string
	data        []byte
	size        int64 // of the file, if it is more than data: the rest is a hole
}

// deck returns what is dropped in a round: photos, what else is sound, though it asks for
// much, and bombs.
func deck() []card {
	var cards []card
	for i := range 24 {
		cards = append(cards, card{kind: "photo", data: largePicture(i % 4)})
	}
	half := largePicture(0)
	return append(cards, []card{
		{"small", "", smallPicture(1), 0},
		{"brink.png", "", pngBomb(13_000, 13_000, 13_000), 0}, // all that is allowed
		{"many scans", "", scanBomb(1, 300), 0},
		{"many frames", "", gifBomb(1500, 900), 0}, // of which the first counts
		{"long text", "", pngBomb(64, 64, 64, textChunk("zTXt", 100<<20)), 0},
		{"long profile", "", pngBomb(64, 64, 64, textChunk("iCCP", 100<<20)), 0},
		{"long strip", "", tiffBomb(2000, 2000, 100<<20), 0},
		{"padded", "", smallPicture(2), 100 << 20},

		{"pixels.png", "too_large", pngBomb(100_000, 100_000, 1), 0},
		{"memory.png", "too_large", pngBomb(16_300, 16_300, 16_300), 0},
		{"short.png", "malformed", pngBomb(13_000, 13_000, 12_999), 0},
		{"pixels.gif", "too_large", gifBomb(30_000, 0), 0},
		{"memory.gif", "too_large", gifBomb(12_000, 1), 0},
		{"frames.gif", "too_large", gifBomb(1, 100_000), 0},
		{"memory.tiff", "too_large", tiffBomb(16_300, 16_300, 16_300*16_300), 0},
		{"pixels.jpg", "too_large", jpegClaim(65_500, 65_500), 0},
		{"vast.jpg", "malformed", jpegClaim(16_000, 16_000), 0}, // decoded at a quarter it would fit
		{"scans.jpg", "malformed", scanBomb(1, 501), 0},
		{"half.jpg", "malformed", half[:len(half)/2], 0},
		{"pixels.bmp", "too_large", bmpClaim(30_000, 30_000), 0},
		{"short.bmp", "malformed", bmpClaim(4000, 3000), 0},
		{"huge file", "too_large", smallPicture(3), 1 << 30},
	}...)
}

// A miser drops files into a service that has little memory, and takes down how much it
// uses.
type miser struct {
	t       *trial
	site    *site
	group   *cgroup
	deck    []card // its order is another in each round
	dropped []card
	samples []int64
}

// feed keeps the service busy for a time.
func (m *miser) feed(d *service, lasts time.Duration) {
	const ahead = 4
	for over := time.Now().Add(lasts); time.Now().Before(over); m.t.pause(100 * time.Millisecond) {
		for len(m.dropped)-d.count(ended) < ahead {
			m.drop()
		}
		if !d.alive() {
			m.t.fatalf("the service ends: %v, %d were killed for their memory: %s", d.end(), m.group.kills(), d.lastWords())
		}
		m.samples = append(m.samples, d.memory())
	}
}

// drop drops the next file, under a name that tells its number.
func (m *miser) drop() {
	i := len(m.dropped) % len(m.deck)
	if i == 0 {
		rand.Shuffle(len(m.deck), func(i, j int) { m.deck[i], m.deck[j] = m.deck[j], m.deck[i] })
	}
	c := m.deck[i]
	temp := filepath.Join(m.site.in, ".drop")
	m.t.check(os.WriteFile(temp, c.data, 0o644))
	m.t.check(os.Truncate(temp, max(c.size, int64(len(c.data)))))
	m.t.check(os.Rename(temp, filepath.Join(m.site.in, nameOf(len(m.dropped)))))
	m.dropped = append(m.dropped, c)
}

func nameOf(number int) string { return fmt.Sprintf("%06d.jpg", number) }

// judge compares the end of each file with what it was to be, and the memory in the
// first fifth of the time with that in the last.
func (m *miser) judge(d *service) {
	ends := make(map[string][]event)
	for _, e := range d.find(ended) {
		ends[e.Path] = append(ends[e.Path], e)
	}
	photos, bombs := 0, 0
	for i, c := range m.dropped {
		got := ends[nameOf(i)]
		if len(got) != 1 || got[0].Class != c.class {
			m.t.failf("%s, a %s which is to end as %q, has %d ends: %s", nameOf(i), c.kind, c.class, len(got), linesOf(got))
		}
		switch {
		case c.kind == "photo":
			photos++
		case c.class != "":
			bombs++
		}
	}
	fifth := len(m.samples) / 5
	first, last := median(m.samples[:fifth]), median(m.samples[len(m.samples)-fifth:])
	growth := 100 * float64(last-first) / float64(first)
	m.t.figure("files", len(m.dropped))
	m.t.figure("photos", photos)
	m.t.figure("bombs", bombs)
	m.t.figure("oom_kills", m.group.kills())
	m.t.figure("rss_first_mb", first>>20)
	m.t.figure("rss_last_mb", last>>20)
	m.t.figure("rss_max_mb", slices.Max(m.samples)>>20)
	m.t.figure("growth_percent", fmt.Sprintf("%.1f", growth))
	m.t.expect(m.group.kills() == 0, "killed for its memory")
	m.t.expect(m.t.short || growth <= 10, "the memory in use grows by %.1f percent", growth)
	m.t.expect(len(m.site.temps()) == 0, "temporary files are left: %.99s", strings.Join(m.site.temps(), " "))
}

// linesOf returns what the log says of events.
func linesOf(events []event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "%.300s ", e.line)
	}
	return b.String()
}

func median(values []int64) int64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
