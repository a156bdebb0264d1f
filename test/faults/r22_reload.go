package main

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

var _ = register(scenario{
	name:      "R22",
	criterion: "SIGHUP with good and bad YAML under load ×100: bad: old config kept; 0 jobs lost, none done twice; good: in force",
	run:       reloads,
})

func reloads(t *trial) {
	r := newReloader(t)
	rounds := t.size(100, 10)
	fds := 0
	for i := range rounds {
		r.feed()
		if i%2 == 0 {
			r.good()
		} else {
			r.bad(i / 2)
		}
		r.expectInForce()
		if i == 0 {
			fds = r.service.descriptors()
		}
	}
	r.storm(t.size(50, 20))
	r.finish()
	left := r.service.descriptors()
	r.service.stop()
	r.judge()
	t.figure("reloads", r.asked)
	t.figure("good", r.service.count(msg(reloaded)))
	t.figure("bad", r.service.count(msg(refused)))
	t.figure("descriptors", left)
	t.expect(left <= fds+inFlight, "%d descriptors are open after %d reloads, %d were after one", left, r.asked, fds)
}

// What the service says to a reload.
const (
	reloaded = "configuration reloaded"
	refused  = "reload refused, the former configuration stays"
)

// A reloader drives a service with two folders. The first deletes its sources, so that an
// edited preset concerns only what comes after; its renditions tell by their width
// which configuration made them. The second keeps them, and no edit concerns it: what is done
// there must stay done.
type reloader struct {
	t       *trial
	site    *site
	service *service
	asked   int
	widths  []int    // of the good configurations, the last one last
	sources []string // in both folders
	probes  int
}

// narrowest is the width in the first configuration, and wrong that in every bad one.
const (
	narrowest = 32
	wrong     = 159
)

func newReloader(t *trial) *reloader {
	r := &reloader{t: t, widths: []int{narrowest}}
	r.site = t.newSite(r.setup(narrowest))
	r.service = r.site.serve()
	return r
}

// setup returns the settings that make renditions of this width.
func (r *reloader) setup(width int) setup {
	return setup{
		top: fmt.Sprintf("presets: [{name: edited, steps: [{resize: {width: %d}}], output: {name: '{stem}_thumbnail.{ext}'}}]", width),
		folders: []string{
			"{presets: [edited], on_success: delete, rescan_interval: 1s}",
			"rescan_interval: 1s",
		},
	}
}

// feed keeps the service busy in both folders.
func (r *reloader) feed() {
	load := r.t.size(100, 50)
	for done := r.service.count(msg("done")); 2*len(r.sources)+r.probes-done < load; {
		i := len(r.sources)
		name := fmt.Sprintf("%05d.jpg", i)
		r.t.check(dropInto(r.site.in, name, smallPicture(i%1000)))
		r.t.check(dropInto(r.site.in+"2", name, smallPicture(i%1000)))
		r.sources = append(r.sources, name)
	}
}

// configure writes a good configuration with a width of its own.
func (r *reloader) configure() {
	width := narrowest + len(r.widths)
	r.widths = append(r.widths, width)
	r.site.configure(r.setup(width))
}

// good has a good configuration put in force.
func (r *reloader) good() {
	r.configure()
	r.ask(reloaded)
}

// bad has one of many bad configurations refused.
func (r *reloader) bad(i int) {
	before := r.service.count(msg(refused))
	ways := r.waysToFail()
	way := ways[i%len(ways)]
	r.t.check(os.RemoveAll(r.site.config))
	way.write()
	r.ask(refused)
	r.t.expect(r.service.count(msg(refused)) == before+1, "a configuration with %s is refused more than once", way.what)
	r.t.check(os.RemoveAll(r.site.config)) // it may be a directory
}

// A spoiler leaves a bad configuration file, or none.
type spoiler struct {
	what  string
	write func()
}

func (r *reloader) waysToFail() []spoiler {
	text := func(what, text string) spoiler {
		return spoiler{what, func() { r.t.check(os.WriteFile(r.site.config, []byte(text), 0o644)) }}
	}
	laid := func(what, top, folder string) spoiler {
		return spoiler{what, func() {
			u := r.setup(wrong)
			u.top += "\n" + top
			if folder != "" {
				u.folders[0] = folder
			}
			r.site.configure(u)
		}}
	}
	whole, err := r.site.settings(r.setup(wrong))
	r.t.check(err)
	return []spoiler{
		{"no file", func() {}},
		{"a directory in its place", func() { r.t.check(os.Mkdir(r.site.config, 0o755)) }},
		text("no text", ""),
		text("zero bytes", string(make([]byte, 4096))),
		text("half of the text", string(whole[:len(whole)/2])),
		text("a bracket too many", string(whole)+"\n]"),
		text("a tab", "folders:\n\t- name: main\n"),
		text("no YAML", "\xff\xd8\xff\xe0"),
		text("a list", "[1, 2, 3]"),
		text("deep brackets", string(bytes.Repeat([]byte("["), 100_000))),
		text("two documents", string(whole)+"\n---\n"+string(whole)),
		text("a key twice", string(whole)+"\nlog: {level: info}\n"),
		laid("an unknown key", "presetz: []", ""),
		laid("a wrong type", "workers: {read: many}", ""),
		laid("a wrong word", "log: {level: loud}", ""),
		laid("a value out of bounds", "limits: {timeout: 1ms}", ""),
		laid("no folder", "folders: []", ""),
		laid("an unknown preset", "", "presets: [edted]"),
		laid("the output in the drop folder", "", "{presets: [edited], output: {dir: "+r.site.in+"/x}}"),
		laid("the second folder once more", "", "{presets: [edited], path: "+r.site.in+"2}"),
		laid("a bad pattern", "", "{presets: [edited], exclude: ['[']}"),
		laid("two presets of one name", "", "presets: [edited, thumbnail]"),
	}
}

// ask sends SIGHUP and waits for the answer, which must be the one that is wanted.
func (r *reloader) ask(want string) {
	answers := func() int { return r.service.count(msg(reloaded)) + r.service.count(msg(refused)) }
	before, wanted := answers(), r.service.count(msg(want))
	r.service.signal(syscall.SIGHUP)
	r.asked++
	r.service.until("an answer to SIGHUP", func() bool { return answers() > before })
	if r.service.count(msg(want)) == wanted {
		r.t.fatalf("not %q, but: %s", want, r.service.lastWords())
	}
}

// probe drops a file and returns how wide its rendition is, by which one knows the
// configuration that it was made by.
func (r *reloader) probe() int {
	name := fmt.Sprintf("probe-%04d.jpg", r.probes)
	r.probes++
	r.site.drop(name, smallPicture(r.probes))
	r.service.until("the probe", func() bool { return r.site.has(name) })
	return r.widthOf(name)
}

// expectInForce looks whether the last good configuration is in force.
func (r *reloader) expectInForce() {
	got, want := r.probe(), r.widths[len(r.widths)-1]
	r.t.expect(got == want, "after %d reloads a rendition is %d pixels wide, not %d", r.asked, got, want)
}

// widthOf returns the width of a rendition, or 0.
func (r *reloader) widthOf(source string) int {
	data, err := os.ReadFile(filepath.Join(r.site.out, thumbnailOf(source)))
	if err != nil || whole(data) != nil {
		return 0
	}
	c, _, _ := image.DecodeConfig(bytes.NewReader(data))
	return c.Width
}

// storm asks for reloads faster than they are answered. In the end the last configuration
// is in force.
func (r *reloader) storm(n int) {
	ways := r.waysToFail()
	for i := range n {
		r.feed()
		r.t.check(os.RemoveAll(r.site.config))
		if i%2 == 0 {
			ways[i/2%len(ways)].write()
		} else {
			r.configure()
		}
		r.service.signal(syscall.SIGHUP)
		r.asked++
		r.t.pause(rand.N(20 * time.Millisecond))
	}
	r.t.check(os.RemoveAll(r.site.config))
	r.configure()
	r.service.signal(syscall.SIGHUP)
	r.asked++
	last := r.widths[len(r.widths)-1]
	r.service.until("the last configuration in force", func() bool { return r.probe() == last })
}

// finish waits until all is done.
func (r *reloader) finish() {
	r.site.awaitOutputs(r.sources)
	r.service.awaitIdle()
}

// judge looks for what is lost, was done twice, or was made by a bad configuration.
func (r *reloader) judge() {
	lost, spoilt, redone := 0, 0, 0
	for _, source := range r.sources {
		width := r.widthOf(source)
		second, err := os.ReadFile(filepath.Join(r.site.out+"2", thumbnailOf(source)))
		switch {
		case width == 0 || err != nil || whole(second) != nil:
			lost++
		case !slices.Contains(r.widths, width):
			spoilt++
		}
	}
	for _, folder := range []string{"main", "main2"} {
		done := r.site.journal.perPath(func(e event) bool { return e.Msg == "done" && e.Folder == folder })
		redone += len(repeated(done))
	}
	r.t.figure("jobs", 2*len(r.sources)+r.probes)
	r.t.figure("lost", lost)
	r.t.figure("redone", redone)
	r.t.figure("by_a_bad_one", spoilt)
	r.t.expect(lost == 0, "lost %d files", lost)
	r.t.expect(redone == 0, "%d files were worked on again", redone)
	r.t.expect(spoilt == 0, "%d renditions were made by a bad configuration", spoilt)
}

// descriptors returns how many the process has open.
func (d *service) descriptors() int {
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.pid()))
	d.t.check(err)
	return len(open)
}
