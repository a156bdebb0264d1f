package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

var _ = register(scenario{
	name:      "R18",
	criterion: "output inside input, symlink loops, own outputs: refused, or 0 self-made jobs",
	needs:     []need{mounts},
	run:       circles,
})

func circles(t *trial) {
	refuseCircles(t)
	c := &circle{t: t, files: t.size(200, 10)}
	c.traps()
	c.outputInside()
	c.archiveInside()
	c.batch()
	t.figure("circles", c.tried)
	t.figure("files", c.sources)
	t.figure("self_made", c.selfMade)
}

// A misfit is a configuration that would feed itself, and the key that is at fault.
type misfit struct {
	key string
	setup
}

// circular returns such configurations.
func circular(s *site) []misfit {
	link, linkSub := filepath.Join(s.dir, "link"), filepath.Join(s.dir, "link-sub")
	s.t.check(os.Mkdir(filepath.Join(s.in, "sub"), 0o755))
	s.t.check(os.Symlink(s.in, link))
	s.t.check(os.Symlink(filepath.Join(s.in, "sub"), linkSub))
	one := func(key, format string, args ...any) misfit {
		return misfit{"folders[0]." + key, setup{folders: []string{fmt.Sprintf(format, args...)}}}
	}
	return []misfit{
		one("output.dir", "output: {dir: %s}", s.in),
		one("output.dir", "output: {dir: %s/thumbs}", s.in),
		one("output.dir", "output: {dir: %s/a/b/c}", s.in),
		one("output.dir", "output: {dir: %s/../in/x}", s.out),
		one("output.dir", "output: {dir: %s}", link),
		one("output.dir", "output: {dir: %s/x}", link),
		one("output.dir", "output: {dir: %s}", linkSub),
		one("output.dir", "{path: %s, output: {dir: %s/x}}", link, s.in),
		one("output.dir", "output: {dir: %s}", s.dir), // has the drop folder inside
		one("archive_dir", "{on_success: move, archive_dir: %s/done}", s.in),
		one("archive_dir", "{on_success: move, archive_dir: %s}", linkSub),
		one("failed_dir", "{on_failure: move, failed_dir: %s/failed}", s.in),
		{"state_dir", setup{top: "state_dir: " + s.in + "/state"}},
		{"folders[0].output.dir", setup{folders: []string{"output: {dir: " + s.in + "2}", ""}}},
		{"folders[1].path", setup{folders: []string{"", "path: " + link}}},
	}
}

// refuseCircles has them checked, and started.
func refuseCircles(t *trial) {
	s := t.newSite(setup{folders: []string{"", ""}}) // makes the directories of two folders
	bad, refused := circular(s), 0
	for _, r := range bad {
		s.configure(r.setup)
		check := t.command("config", "check", s.config)
		d := s.start()
		if d.refusesConfig() && d.count(says(r.key)) > 0 && check.code == 78 && strings.Contains(check.stderr, r.key) {
			refused++
			continue
		}
		t.failf("%s makes a circle, but config check ends with %d %q and run with %v", r.key, check.code, check.stderr, d.kill())
	}
	t.figure("configurations", len(bad))
	t.figure("refused", refused)
}

// refusesConfig waits until the service watches, or ends because its configuration is
// bad.
func (d *service) refusesConfig() bool {
	d.t.until("a service that watches or has ended", func() bool { return !d.alive() || d.count(msg("folder watched")) > 0 })
	return !d.alive() && d.end() == exit{code: 78}
}

// A circle counts what was worked on that nobody dropped.
type circle struct {
	t                        *trial
	files                    int // for each circle
	tried, sources, selfMade int
}

// watchful has a site look into its folder often.
const watchful = "rescan_interval: 1s"

// traps lays everything into a drop folder that leads elsewhere, or round and round.
func (c *circle) traps() {
	s := c.t.newSite(setup{folders: []string{watchful}})
	c.turn("links, hard links and a mount of the output in the drop folder", s, func() {}, func(sources []string) {
		own := filepath.Join(s.out, thumbnailOf(sources[0]))
		for name, to := range map[string]string{
			"out": s.out, "loop": s.in, "a/b/up": "../..", "self": "self", "to": "fro", "fro": "to",
			"own.jpg": own, "state": s.state, "twin.jpg": sources[0],
		} {
			link := filepath.Join(s.in, name)
			c.t.check(os.MkdirAll(filepath.Dir(link), 0o755))
			c.t.check(os.Symlink(to, link))
		}
		c.t.check(os.Link(own, filepath.Join(s.in, "hard.jpg")))
		s.bind(s.out, filepath.Join(s.in, "mirror"))
	})
}

// outputInside leads the output into the drop folder behind the back of the service.
func (c *circle) outputInside() {
	lead := func(what string, to func(s *site, sub string)) {
		s := c.t.newSite(setup{folders: []string{watchful}})
		sub := filepath.Join(s.in, "sub")
		c.t.check(os.Mkdir(sub, 0o755))
		c.turn(what, s, func() { to(s, sub) }, func([]string) {})
	}
	lead("the output is a mount of a folder in the drop folder", func(s *site, sub string) { s.bind(sub, s.out) })
	lead("the output became a link into the drop folder", func(s *site, sub string) {
		c.t.check(os.Remove(s.out))
		c.t.check(os.Symlink(sub, s.out))
	})
}

// archiveInside mounts the folder that sources are moved to into the drop folder.
func (c *circle) archiveInside() {
	s := c.t.newSite(setup{folders: []string{"{on_success: move, " + watchful + "}"}})
	c.turn("the archive is mounted in the drop folder", s, func() { s.bind(s.archive, filepath.Join(s.in, "mirror")) }, func([]string) {})
}

// turn gives a circle every chance to turn: in a first life of the service, in which it
// is closed, and in a second. What closes it comes before the sources, or after their
// outputs.
func (c *circle) turn(what string, s *site, before func(), after func(sources []string)) {
	sources := names("%d.jpg", 0, c.files)
	d := s.serve()
	before()
	for i, name := range sources {
		s.drop(name, smallPicture(i))
	}
	s.awaitOutputs(sources)
	after(sources)
	c.rest()
	if d.alive() && !c.judge(what, s, sources) {
		d.kill()
		return // it turns
	}
	d.stop()
	c.tried++
	c.sources += len(sources)
	s.drop("late.jpg", smallPicture(c.files))
	if d = s.start(); d.refusesConfig() {
		return
	}
	d.awaitWatched()
	sources = append(sources, "late.jpg")
	s.awaitOutputs(sources)
	c.rest()
	d.stop()
	c.judge(what, s, sources)
}

// rest lets some scans pass.
func (c *circle) rest() { c.t.pause(time.Duration(c.t.size(5, 2)) * time.Second) }

// judge looks for what was worked on that is no source, or more than once, and for
// renditions that are not of a source.
func (c *circle) judge(what string, s *site, sources []string) bool {
	worked := s.journal.perPath(func(e event) bool { return slices.Contains([]string{"done", "failed", "skipped"}, e.Msg) })
	strange := s.published()
	for _, name := range sources {
		worked[name]--
		delete(strange, thumbnailOf(name))
	}
	jobs, one := 0, ""
	for path, n := range worked {
		if n > 0 {
			jobs, one = jobs+n, path
		}
	}
	c.selfMade += jobs
	c.t.expect(jobs == 0, "%s: %d self-made jobs, such as %q", what, jobs, one)
	c.t.expect(len(strange) == 0, "%s: %d renditions of no source", what, len(strange))
	return jobs == 0 && len(strange) == 0
}

// batch runs twice over a folder into a folder inside.
func (c *circle) batch() {
	s := c.t.newSite(setup{})
	sources := names("%d.jpg", 0, c.files)
	for i, name := range sources {
		s.drop(name, smallPicture(i))
	}
	link := filepath.Join(s.dir, "link")
	c.t.check(os.Symlink(s.in, link))
	for _, out := range []string{filepath.Join(s.in, "thumbs"), filepath.Join(link, "thumbs")} {
		a := c.t.command("batch", s.in, "-o", out, "--preset", "thumbnail", "--json", "--state", s.state)
		c.t.expect(a.code == 0, "batch into a folder inside: exit code %d: %s", a.code, a.stderr)
		listed := strings.Count(a.stdout, `"source":`)
		c.selfMade += max(listed-len(sources), 0)
		c.t.expect(listed == len(sources), "batch into a folder inside looks at %d files", listed)
	}
	for _, out := range []string{s.in, link, s.dir} {
		a := c.t.command("batch", s.in, "-o", out, "--preset", "thumbnail", "--overwrite")
		c.t.expect(a.code == 2, "batch into its own source: exit code %d: %s", a.code, a.stderr)
	}
	c.tried++
	c.sources += len(sources)
}

// bind mounts a directory at another place of the site, which is made when missing.
func (s *site) bind(dir, at string) {
	s.t.check(os.MkdirAll(at, 0o755))
	s.t.cleanup(func() { s.t.check(unix.Unmount(at, unix.MNT_DETACH)) })
	s.t.check(unix.Mount(dir, at, "", unix.MS_BIND, ""))
}
