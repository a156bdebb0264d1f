package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var _ = register(scenario{
	name:      "R19",
	criterion: "names: non-UTF-8, newline, leading dash, 255 bytes, case twins, NFC/NFD: processed or refused with reason; no silent overwrite",
	run:       oddNames,
})

func oddNames(t *trial) {
	n := newNaming(t)
	d := n.site.serve()
	n.awaitEnds(d)
	n.judge("at first")
	n.explain("running", t.size(1, 3))
	n.retryAndForget(below(n.site.in, n.failures))
	n.awaitEnds(d)
	n.judge("after retry and forget")
	d.stop()
	n.explain("stopped", t.size(1, 10))
	moved, failures := n.moved(), []string{}
	for _, source := range n.failures {
		failures = append(failures, moved[source])
	}
	n.retryAndForget(failures)
	d = n.site.serve()
	n.awaitEnds(d)
	n.judge("after retry and forget without a service")
	n.relative()
	d.stop()
	t.figure("names", len(n.sources))
	t.figure("done", len(n.made))
	t.figure("failed", len(n.failures))
	t.figure("ignored", len(unseen))
	t.figure("asked", n.asked)
	tooDeep(t)
	twins(t)
	caseBlind(t)
}

// usable are names whose renditions have a name, too.
var usable = slices.Concat([]string{
	"plain.jpg", "no extension", " leading space.jpg", "trailing space.jpg ", "trailing dot.jpg.", "dots....jpg",
	"-rf.jpg", "--help.jpg", "-", "--", "-c", "~.jpg", "nul", "con.jpg", "#hash?query=1&path=x+y;z.jpg",
	"\xff.jpg", "\xfe.jpg", "\ufffd.jpg", "caf\xe9.jpg", "\xc3(.jpg", "\xed\xa0\x80.jpg", "\xf0\x9f.jpg",
	"new\nline.jpg", "\n.jpg", "cr\r\nlf.jpg", "tab\t.jpg", "bell\a.jpg", "\x1b[31mred\x1b[0m.jpg", "\x1b]0;title\a.jpg", "del\x7f.jpg", "c1\u009b31m.jpg",
	"quote'\"`.jpg", `back\slash.jpg`, "percent%20%2e%2F%s%d%n%!v.jpg", "$(touch x)`id`;|&.jpg", "*?[a-z]{a,b}.jpg", "**", "<b>&amp;.jpg",
	"{stem}.jpg", "{ext}{hash}{preset}.jpg", "{.jpg", "}}.jpg", "x_thumbnail.jpg", "x.jpg:stream.jpg",
	"note.jpg", "note.jpg.error.json", // the note that is written when the one fails is called like the other
	"Case.jpg", "case.jpg", "CASE.jpg", "İ.jpg", "i.jpg", "ı.jpg", "straße.jpg", "STRASSE.jpg",
	"caf\u00e9.jpg", "cafe\u0301.jpg", "\u212b.jpg", "\u00c5.jpg", "A\u030a.jpg",
	"twin.jpg", "twin.png", "twin.jpeg", "twin.JPG", "twin", "twin.",
	"日本語 😀.jpg", "\u202egpj.exe.jpg", "zero\u200bwidth.jpg", "nbsp\u00a0.jpg", "\ufeffbom.jpg",
	"Dir/x.jpg", "dir/x.jpg", "new\nline dir/x.jpg", "\xff dir/x.jpg", "-dir/-x.jpg", "{stem}/{ext}.jpg", " /x.jpg", "dir./x.jpg", "%2e%2e/x.jpg", `\/x.jpg`,
	strings.Repeat("n", 241) + ".jpg", // the rendition's name has 255 bytes
	strings.Repeat("日", 80) + ".jpg",
	strings.Repeat("d", 255) + "/x.jpg",
	strings.Repeat("deep/", 100) + "x.jpg",
	strings.Repeat(strings.Repeat("p", 200)+"/", 15) + "x.jpg",
}, names("%d.jpg", 1, 5))

// tooLong are names whose renditions would have more than 255 bytes. The notes beside
// some of them have to be cut to the same name.
var tooLong = []string{
	strings.Repeat("m", 251) + ".jpg", strings.Repeat("m", 250) + "x.jpg", strings.Repeat("m", 255), strings.Repeat("é", 123) + ".jpg",
}

// unseen are names that are left alone.
var unseen = []string{".hidden.jpg", ".jpg", "...jpg", "~$x.jpg", "x.jpg~", "x.jpg.part", "Thumbs.db", "@eaDir/x.jpg", ".dir/x.jpg", "._x.jpg", "X.TMP"}

// A naming is a site with all of these names, and what became of them. Each picture has
// a colour of its own, by which its rendition is known.
type naming struct {
	t       *trial
	site    *site
	sources []string // their colour is their place in it
	data    map[string][]byte
	asked   int // times

	made, failures []string
	free           []string       // those made that no other source competes with
	done, failed   map[string]int // by lossy name: how often the log is to tell of it
}

func newNaming(t *trial) *naming {
	s := t.newSite(setup{folders: []string{"rescan_interval: 2s"}})
	n := &naming{t: t, site: s, data: make(map[string][]byte)}
	n.sources = slices.Concat(usable, tooLong)
	for _, name := range usable {
		n.sources = append(n.sources, "bad/"+name)
	}
	for i, name := range slices.Concat(n.sources, unseen) {
		data := solid(name, i)
		if strings.HasPrefix(name, "bad/") {
			data = data[:len(data)-4]
		}
		n.data[name] = data
		s.drop(name, data)
	}
	return n
}

// solid returns a picture of one colour, in the format that the name says.
func solid(name string, number int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 96, 64))
	draw.Draw(img, img.Rect, image.NewUniform(colourOf(number)), image.Point{}, draw.Src)
	if path.Ext(name) != ".png" {
		return encodeJPEG(img)
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		panic(err) // a buffer takes everything
	}
	return buf.Bytes()
}

// shades is how many values each channel of a colour has, and shade how far they are apart.
const shades, shade = 7, 42

func colourOf(number int) color.RGBA {
	return color.RGBA{uint8(number % shades * shade), uint8(number / shades % shades * shade), uint8(number / shades / shades * shade), 255}
}

// numberOf returns the number of a picture's colour.
func numberOf(file string) (int, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	b := img.Bounds()
	r, g, blue, _ := img.At((b.Min.X+b.Max.X)/2, (b.Min.Y+b.Max.Y)/2).RGBA()
	nearest := func(v uint32) int { return (int(v>>8) + shade/2) / shade }
	return nearest(r) + shades*nearest(g) + shades*shades*nearest(blue), nil
}

// renditionOf returns the name of the rendition of any source.
func renditionOf(source string) string {
	dir, base := path.Split(source)
	if i := strings.LastIndexByte(base, '.'); i > 0 {
		base = base[:i]
	}
	return dir + base + "_thumbnail.jpg"
}

// lossy returns a name as JSON has it: what is no UTF-8 is replaced, byte by byte.
func lossy(name string) string { return string([]rune(name)) }

// awaitEnds waits until each source has come to its end as often as it should. At first
// nobody can say which of the sources that compete for a name gets it.
func (n *naming) awaitEnds(d *service) {
	told := func(text string) map[string]int { return n.site.journal.perPath(msg(text)) }
	if n.done == nil {
		d.until("all ends", func() bool {
			return n.site.journal.count(msg("done"))+n.site.journal.count(msg("failed")) >= len(n.sources)
		})
		n.sort()
	}
	behind := func(want map[string]int, text string) (string, bool) {
		got := told(text)
		for name, times := range want {
			if got[name] < times {
				return name, true
			}
		}
		return "", false
	}
	for text, want := range map[string]map[string]int{"done": n.done, "failed": n.failed} {
		d.until("all that is "+text, func() bool { _, some := behind(want, text); return !some })
		for name, times := range told(text) {
			n.t.expect(times <= want[name], "%q is %s %d times, not %d", name, text, times, want[name])
		}
	}
}

// sort finds out which sources have renditions, and that each name has gone to one of
// those that could have it.
func (n *naming) sort() {
	rivals := make(map[string][]string)
	for _, source := range n.sources {
		if !strings.HasPrefix(source, "bad/") && !slices.Contains(tooLong, source) {
			rivals[renditionOf(source)] = append(rivals[renditionOf(source)], source)
		}
	}
	for rendition, sources := range rivals {
		number, err := numberOf(filepath.Join(n.site.out, rendition))
		i := slices.IndexFunc(sources, func(s string) bool { return slices.Index(n.sources, s) == number })
		if err != nil || i < 0 {
			n.t.failf("rendition %.99q: colour %d, %v", rendition, number, err)
			continue
		}
		n.made = append(n.made, sources[i])
		if len(sources) == 1 {
			n.free = append(n.free, sources[0])
		}
	}
	n.done, n.failed = make(map[string]int), make(map[string]int)
	for _, source := range n.sources {
		if slices.Contains(n.made, source) {
			n.done[lossy(source)]++
			continue
		}
		n.failures = append(n.failures, source)
		n.failed[lossy(source)]++
	}
}

// judge looks whether every rendition has the pixels of its source, and whether every
// source that failed is whole in the failed folder, with its reason.
func (n *naming) judge(when string) {
	want, got := make(map[string]int), make(map[string]int)
	for _, source := range n.made {
		want[renditionOf(source)] = slices.Index(n.sources, source)
	}
	for rendition := range n.site.published() {
		number, err := numberOf(filepath.Join(n.site.out, rendition))
		n.t.expect(err == nil, "%s: %v", when, err)
		got[rendition] = number
	}
	for rendition, number := range got {
		was, ok := want[rendition]
		n.t.expect(ok && was == number, "%s: %.99q has the pixels of %.99q", when, rendition, n.sources[min(number, len(n.sources)-1)])
	}
	n.t.expect(len(got) == len(want), "%s: %d renditions, not %d", when, len(got), len(want))
	for _, name := range unseen {
		data, err := os.ReadFile(filepath.Join(n.site.in, name))
		n.t.expect(err == nil && bytes.Equal(data, n.data[name]), "%s: %q was not left alone: %v", when, name, err)
	}
	n.judgeFailed(when)
}

func (n *naming) judgeFailed(when string) {
	moved := n.moved()
	for _, source := range n.failures {
		n.t.expect(moved[source] != "", "%s: %.99q is not whole in the failed folder", when, source)
	}
	notes := make(map[string]bool)
	n.t.check(eachFile(n.site.failed, func(file string, _ fs.DirEntry) error {
		text, err := os.ReadFile(filepath.Join(n.site.failed, file))
		var note struct{ Source, Reason string }
		if err == nil && json.Unmarshal(text, &note) == nil && note.Reason != "" {
			notes[note.Source] = true
		}
		return err
	}))
	missing := 0
	for _, source := range n.failures {
		if !notes[lossy(filepath.Join(n.site.in, source))] {
			missing++
			n.t.logf("%s: no note for %.99q", when, source)
		}
	}
	n.t.expect(missing == 0, "%s: %d failed sources have no note", when, missing)
	var entries []struct{ Path, Class, Reason string }
	n.ask(&entries, "failed", "--json")
	listed := make(map[string]int)
	for _, e := range entries {
		listed[e.Path]++
		n.t.expect(e.Class != "" && e.Reason != "", "%s: no reason for %.99q", when, e.Path)
	}
	unnamed, one := 0, ""
	for _, source := range n.failures {
		if listed[lossy(filepath.Join(n.site.in, source))] == 0 {
			unnamed, one = unnamed+1, source
		}
	}
	n.t.expect(unnamed == 0 && len(entries) == len(n.failures), "%s: failed names %d of %d sources, and not %d such as %.99q", when, len(entries), len(n.failures), unnamed, one)
}

// moved returns where in the failed folder each source is: under its own name or, where that
// is taken, another.
func (n *naming) moved() map[string]string {
	moved := make(map[string]string)
	n.t.check(eachFile(n.site.failed, func(file string, _ fs.DirEntry) error {
		data, err := os.ReadFile(filepath.Join(n.site.failed, file))
		for _, source := range n.failures {
			if path.Dir(source) == path.Dir(file) && bytes.Equal(data, n.data[source]) {
				moved[source] = filepath.Join(n.site.failed, file)
			}
		}
		return err
	}))
	return moved
}

// ask runs a verb and reads its JSON.
func (n *naming) ask(answer any, args ...string) {
	n.asked++
	a := n.t.command(append([]string{args[0], "-c", n.site.config}, args[1:]...)...)
	if err := json.Unmarshal([]byte(a.stdout), answer); err != nil || a.code != 0 {
		n.t.failf("imgwatchd %s: exit code %d, %v, %.300s", args[0], a.code, err, a.stderr)
	}
}

// explain asks about names, in JSON and in words: about each, or every so many.
func (n *naming) explain(when string, every int) {
	verdicts := make(map[string]string)
	for _, name := range n.made {
		verdicts[name] = "done"
	}
	for _, name := range n.failures {
		verdicts[name] = "left" // moved to the failed folder
	}
	for _, name := range unseen {
		verdicts[name] = "ignored"
	}
	all := slices.Sorted(maps.Keys(verdicts))
	for i := 0; i < len(all); i += every {
		name, file := all[i], filepath.Join(n.site.in, all[i])
		var account struct{ Path, Verdict, Why string }
		n.ask(&account, "explain", "--json", "--", file)
		n.t.expect(account.Path == lossy(file) && account.Verdict == verdicts[name] && account.Why != "", "%s: explain %.99q: %.300q", when, name, account)
		words := n.t.command("explain", "-c", n.site.config, "--", file)
		n.asked++
		n.t.expect(words.code == 0 && printable(words.stdout), "%s: explain %.99q: %d %.300q", when, name, words.code, words.stdout)
	}
	list := n.t.command("failed", "-c", n.site.config)
	n.t.expect(list.code == 0 && printable(list.stdout), "%s: failed: %d %.300q", when, list.code, list.stdout)
	n.t.expect(strings.Count(list.stdout, "\n") == 2*len(n.failures), "%s: failed has %d lines for %d sources", when, strings.Count(list.stdout, "\n"), len(n.failures))
}

// printable reports whether text does a terminal no harm.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

// retryAndForget has the sources that failed, which may be named by either of their
// places, tried again, and those forgotten that no other competes with.
func (n *naming) retryAndForget(failures []string) {
	for i := range n.edit("retry", failures) {
		n.failed[lossy(n.failures[i])]++
	}
	for i := range n.edit("forget", below(n.site.in, n.free)) {
		n.done[lossy(n.free[i])]++
	}
}

// edit does something to sources, which must succeed for each, and returns for which it
// did, as indices.
func (n *naming) edit(verb string, paths []string) map[int]bool {
	var results []struct {
		Path    string
		Count   int
		Problem string
	}
	n.ask(&results, append([]string{verb, "--json", "--"}, paths...)...)
	if len(results) != len(paths) {
		n.t.fatalf("%s: %d results for %d sources", verb, len(results), len(paths))
	}
	done := make(map[int]bool)
	for i, r := range results {
		if r.Count == 1 {
			done[i] = true
		}
		n.t.expect(r.Count == 1 && r.Path == lossy(paths[i]), "%s %.99q: %d for %.99q: %.300s", verb, paths[i], r.Count, r.Path, r.Problem)
	}
	return done
}

// below returns the paths of names in a directory.
func below(dir string, names []string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = filepath.Join(dir, name)
	}
	return paths
}

// relative names a source by a path that looks like a flag.
func (n *naming) relative() {
	for _, name := range []string{"-rf.jpg", "--", "-c"} {
		a := n.t.commandIn(n.site.in, "explain", "-c", n.site.config, "--", name)
		n.asked++
		n.t.expect(a.code == 0 && strings.Contains(a.stdout, "\ndone at "), "explain -- %q: %d %q %q", name, a.code, a.stdout, a.stderr)
	}
}

// tooDeep drops a file whose path is longer than the 4,096 bytes that a system call takes.
func tooDeep(t *trial) {
	s := t.newSite(setup{})
	d := s.serve()
	in, err := os.OpenRoot(s.in)
	t.check(err)
	defer in.Close()
	name := strings.Repeat(strings.Repeat("x", 200)+"/", 25) + "deep.jpg"
	t.check(in.MkdirAll(path.Dir(name), 0o755))
	t.check(in.WriteFile(name, solid(name, 1), 0o644))
	d.await("the end of a file with a long path", func(e event) bool { return e.Path == name && (e.Msg == "done" || e.Msg == "failed") })
	account := t.command("explain", "-c", s.config, filepath.Join(s.in, name))
	t.expect(account.code == 0, "explain a long path: %d %.300s", account.code, account.stderr)
	if d.count(msg("done")) == 1 {
		out, err := os.OpenRoot(s.out)
		t.check(err)
		defer out.Close()
		data, err := out.ReadFile(renditionOf(name))
		t.expect(err == nil && whole(data) == nil && strings.Contains(account.stdout, "\ndone at "), "a long path: no rendition, or not explained")
	}
	d.stop()
}

// rivals are sources that want names of each other, now or when one is renamed.
var rivals = []string{
	"t.jpg", "t.png", "t.jpeg", "T.jpg", "t_1.jpg", "t_1.png", "caf\u00e9.jpg", "cafe\u0301.jpg", "\u212b.jpg", "\u00c5.jpg", "Dir/t.jpg", "dir/t.jpg",
}

// compete drops rivals into a folder for each policy, with outputs below the directory
// that prepare returns, and returns how many were done under each.
func compete(t *trial, prepare func(s *site) string) map[string]int {
	policies := []string{"overwrite", "skip", "rename", "fail"}
	s := t.newSite(setup{folders: policies[:0:0]})
	outputs := prepare(s)
	u := setup{top: "{presets: [{name: copy, output: {name: '{stem}.{ext}', format: jpeg}}], limits: {min_free: 0}}"}
	for _, policy := range policies {
		u.folders = append(u.folders, fmt.Sprintf("{name: %s, path: %s, output: {dir: %s}, on_conflict: %s, presets: [copy]}",
			policy, filepath.Join(s.in, policy), filepath.Join(outputs, policy), policy))
		for i, name := range rivals {
			s.drop(filepath.Join(policy, name), solid(name, i))
		}
	}
	s.configure(u)
	d := s.serve()
	d.until("all ends", func() bool {
		return d.count(msg("done"))+d.count(msg("failed"))+d.count(msg("skipped")) >= len(rivals)*len(policies)
	})
	d.stop()
	done := make(map[string]int)
	for _, policy := range policies {
		done[policy] = s.judgeNames(policy, filepath.Join(outputs, policy))
	}
	return done
}

// judgeNames compares what the log says of a folder with what stands in its output: each
// source that was done must have its own pixels under the name that it is said to have.
func (s *site) judgeNames(folder, output string) int {
	events := s.journal.find(msg("done", "folder", folder))
	for _, e := range events {
		file := filepath.Join(output, path.Dir(e.Path), strings.Join(e.Outputs, " "))
		number, err := numberOf(file)
		if err != nil || number != slices.Index(rivals, e.Path) {
			s.t.failf("%s: %q is done, but %q has the pixels of %q, %v", folder, e.Path, file, rivals[min(number, len(rivals)-1)], err)
		}
	}
	standing := 0
	s.t.check(eachFile(output, func(string, fs.DirEntry) error { standing++; return nil }))
	s.t.expect(standing == len(events), "%s: %d sources are done, and %d renditions stand", folder, len(events), standing)
	return len(events)
}

// twins competes where names differ if their bytes do.
func twins(t *trial) {
	done := compete(t, func(s *site) string { return s.out })
	t.figure("rivals", len(rivals))
	for policy, n := range done {
		want := 9 // t, T, t_1, two of café, two of Å, Dir and dir
		if policy == "rename" {
			want = len(rivals)
		}
		t.expect(n == want, "%s: %d of %d rivals are done, not %d", policy, n, len(rivals), want)
	}
}

// caseBlind competes where upper and lower case are the same.
func caseBlind(t *trial) {
	kind := "none"
	compete(t, func(s *site) string {
		at := filepath.Join(s.dir, "disk")
		t.check(os.Mkdir(at, 0o755))
		kind = t.mountCaseBlind(filepath.Join(s.dir, "image"), at)
		return at
	})
	t.figure("case_blind", kind)
}

// mountCaseBlind mounts such a filesystem in a file and returns its name, or "none" where
// there is no way to.
func (t *trial) mountCaseBlind(file, at string) string {
	t.check(os.WriteFile(file, nil, 0o600))
	t.check(os.Truncate(file, 64<<20))
	t.cleanup(func() {
		if why := refusal("mountpoint", "-q", at); why == "" {
			t.expect(refusal("umount", at) == "", "%s stays mounted", at)
		}
	})
	ways := []struct{ name, format, mount string }{
		{"vfat", "mkfs.vfat $1", "mount -o loop,utf8 $1 $2"},
		{"ntfs", "mkfs.ntfs -q -F -f $1", "lowntfs-3g -o ignore_case $1 $2"},
	}
	for _, w := range ways {
		why := refusal("sh", "-ec", w.format+" && "+w.mount, "sh", file, at)
		if why == "" {
			return w.name
		}
		t.logf("no case-blind filesystem: %s: %s", w.name, why)
	}
	return "none"
}
