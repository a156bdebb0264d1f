package pipeline

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/render"
)

// A yard is an output folder with links that lead out of it, and a neighbour that
// nothing may touch.
type yard struct {
	testing.TB
	base string
	out  string
	root *os.Root
}

func newYard(t testing.TB) *yard {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{TB: t, base: base, out: filepath.Join(base, "out")}
	for _, dir := range []string{"out/in", "neighbour"} {
		if err := os.MkdirAll(filepath.Join(base, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"up": "..", "beside": "../neighbour", "away": filepath.Join(base, "neighbour"), "within": "in"} {
		if err := os.Symlink(target, filepath.Join(y.out, link)); err != nil {
			t.Fatal(err)
		}
	}
	if y.root, err = os.OpenRoot(y.out); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.root.Close() })
	return y
}

// publish writes a file called name as a rendition is written, and reports
// whether that went well. What was written must be found under that name, and in
// truth below the output folder.
func (y *yard) publish(name string) bool {
	y.Helper()
	err := atomicfile.Write(y.root, name, []byte(name), atomicfile.Options{Durability: atomicfile.None})
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(filepath.Join(y.out, name))
	if err != nil {
		y.Errorf("%q was published, but not under its name: %v", name, err)
		return true
	}
	if !strings.HasPrefix(real, y.out+"/") {
		y.Errorf("%q was published as %q, outside of its folder", name, real)
	}
	if data, err := os.ReadFile(real); err != nil || !bytes.Equal(data, []byte(name)) {
		y.Errorf("%q was published as %q, error %v", name, data, err)
	}
	return true
}

// clear takes away what was published under name, with the folders made for it.
func (y *yard) clear(name string) {
	y.Helper()
	first, _, _ := strings.Cut(name, "/")
	if fi, err := y.root.Lstat(first); err == nil && fi.IsDir() && first != "in" {
		name = first
	}
	if err := y.root.RemoveAll(name); err != nil {
		y.Logf("%q stays: %v", name, err)
	}
}

// escapes counts what stands outside of the output folder and should not.
func (y *yard) escapes() int {
	y.Helper()
	beside, err := os.ReadDir(y.base)
	if err != nil {
		y.Fatal(err)
	}
	neighbours, err := os.ReadDir(filepath.Join(y.base, "neighbour"))
	if err != nil {
		y.Fatal(err)
	}
	return len(beside) - 2 + len(neighbours)
}

// faultOf returns why name could not be trusted below a folder, or "".
func faultOf(name string) string {
	switch {
	case !filepath.IsLocal(name):
		return "is not local"
	case path.Clean(name) != name:
		return "is not clean"
	case strings.Contains(name, "\x00"):
		return "holds a zero byte"
	case strings.HasPrefix(path.Base(name), atomicfile.TempPrefix):
		return "looks like a temporary file"
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) < 1 || len(part) > 255 || strings.Trim(part, ".") == "" && len(part) < 3 {
			return fmt.Sprintf("has the part %q", part)
		}
	}
	return ""
}

// wantSafe checks the name of a rendition of source, and what it is called when
// that name is taken.
func wantSafe(t testing.TB, layout Layout, source, name string) {
	t.Helper()
	if fault := faultOf(name); fault != "" {
		t.Errorf("rendition of %q is called %q, which %s", source, name, fault)
	}
	if dir, _ := path.Split(source); layout == Mirror && !strings.HasPrefix(name, dir) {
		t.Errorf("rendition of %q is called %q, in another folder", source, name)
	}
	if n := numbered(name, 7); !filepath.IsLocal(n) || path.Clean(n) != n || path.Dir(n) != path.Dir(name) {
		t.Errorf("the stand-in for %q is %q", name, n)
	}
}

// hostileParts are made to lead a path elsewhere or to be taken for something
// else on the way.
var hostileParts = []string{
	"a", "..", ".", "", "...", "....", " ", "~", "~root", "-rf", "--", "*", "?", "$(id)", "`id`", "|", ";", "&", "'", `"`,
	"%2e%2e", "%2e", "..%2f", "%00", "%c0%ae", "..\\..", "C:\\x", "CON", "nul", "a:b", "\\\\host\\x", "file://x",
	"\x00", "a\x00b", "\n", "a\nb", "\r", "\t", "\x1b[2J", "\x7f", "\xff\xfe", "\xc0\xae\xc0\xae", "\u2025", "\uff0e\uff0e",
	"e\u0301", "\u00e9", "\u202etxt", "\u200b", "{stem}", "{ext}", "{hash}", "{", "}", "{}", "{{stem}}",
	"up", "beside", "away", "within", ".hidden", atomicfile.TempPrefix + "0123456789abcdef", atomicfile.TempPrefix,
	strings.Repeat("n", 255), strings.Repeat("n", 256), strings.Repeat("é", 127), strings.Repeat(".", 255),
}

var hostileEnds = []string{"", ".jpg", ".JPG", ".", "..", "...", ".\n", ".jpg ", ".\x00", "/", "/.", "/..", "." + strings.Repeat("e", 254)}

// hostileName makes up a path that no watcher should ever report, or that it may.
func hostileName(random *rand.Rand) string {
	parts := make([]string, 1+random.IntN(4))
	for i := range parts {
		parts[i] = hostileParts[random.IntN(len(hostileParts))]
		if random.IntN(3) == 0 {
			parts[i] += hostileParts[random.IntN(len(hostileParts))]
		}
		if random.IntN(8) == 0 {
			parts[i] = fmt.Sprintf("%c%c%s", random.IntN(256), random.Uint32N(0x3000), string([]byte{byte(random.Uint32()), byte(random.Uint32())}))
		}
	}
	name := strings.Join(parts, "/") + hostileEnds[random.IntN(len(hostileEnds))]
	if random.IntN(10) == 0 {
		return "/" + name
	}
	return name
}

// hostileTemplates hold what a configuration might; those that CheckName refuses
// never get as far as a name.
var hostileTemplates = []string{
	"{stem}.{ext}", "{stem}", "{stem}_{preset}.{ext}", "{stem}/{stem}.{ext}", "{preset}/{stem}", "{hash}/{ext}/{stem}", "{hash}.{ext}",
	".{stem}", "..{stem}", "{stem}..", "{ext}{stem}", "{stem}/up", "up/{stem}", "within/{stem}", "{stem}{stem}/{width}x{height}", "{hash}{ext}/{ext}{stem}",
	"../{stem}", "/{stem}", "{stem}/..", "{stem}/../../x", "./{stem}", "{stem}//x", "{stem}\x00", "{{stem}}", atomicfile.TempPrefix + "{stem}",
}

// allowed returns the templates that a configuration may hold.
func allowed(t *testing.T, templates []string) []string {
	t.Helper()
	var ok []string
	for _, template := range templates {
		if CheckName(template) == nil {
			ok = append(ok, template)
		}
	}
	if len(ok) < 10 || len(ok) == len(templates) {
		t.Fatalf("%d of %d templates are allowed", len(ok), len(templates))
	}
	return ok
}

// TestNamesNeverEscape gives hostile names to every template, checks what comes
// out, and publishes files under a share of it.
func TestNamesNeverEscape(t *testing.T) {
	const want = 10_000
	random := rand.New(rand.NewPCG(19, 1))
	templates := allowed(t, hostileTemplates)
	y := newYard(t)
	seen := make(map[string]bool)
	made, published := 0, 0
	for len(seen) < want {
		source := hostileName(random)
		if seen[source] {
			continue
		}
		seen[source] = true
		for i, template := range templates {
			layout := []Layout{Mirror, Flat}[(len(seen)+i)%2]
			p := &render.Preset{Name: "p", Output: render.Output{Name: template}}
			name, err := nameOf(&Folder{Layout: layout}, source, "0123456789abcdef", render.Plan{Preset: p, Format: codec.JPEG, Width: 7, Height: 5})
			if err != nil {
				continue
			}
			made++
			wantSafe(t, layout, source, name)
			if i == len(seen)%(3*len(templates)) && y.publish(name) {
				published++
			}
		}
	}
	escapes := y.escapes()
	t.Logf("names=%d templates=%d made=%d published=%d escapes=%d", len(seen), len(templates), made, published, escapes)
	if escapes != 0 || published < want/20 {
		t.Errorf("%d escapes, %d files published", escapes, published)
	}
}

// FuzzNames tries to lead a rendition out of its folder by the template, the
// source and whatever else goes into its name.
func FuzzNames(f *testing.F) {
	random := rand.New(rand.NewPCG(19, 2))
	for i, template := range hostileTemplates {
		f.Add(template, hostileName(random), "p", "0123456789abcdef", uint8(i))
		f.Add(template, "a/b.jpg", hostileParts[i], hostileParts[len(hostileParts)-1-i], uint8(i))
	}
	shared := newYard(f)
	f.Fuzz(func(t *testing.T, template, source, preset, hash string, kind uint8) {
		if CheckName(template) != nil || len(template)+len(source)+len(preset) > 2000 {
			return
		}
		formats := codec.Encodable()
		plan := render.Plan{Format: formats[int(kind)%len(formats)], Width: int(kind) + 1, Height: 1}
		plan.Preset = &render.Preset{Name: preset, Output: render.Output{Name: template}}
		if kind&0x80 != 0 {
			plan.Preset.Output.Format = plan.Format
		}
		for _, layout := range []Layout{Mirror, Flat} {
			name, err := nameOf(&Folder{Layout: layout}, source, hash, plan)
			if err != nil || len(name) > 3000 {
				continue
			}
			wantSafe(t, layout, source, name)
			y := *shared
			y.TB = t
			y.publish(name)
			if n := y.escapes(); n != 0 {
				t.Errorf("%q of %q is %q: %d escapes", template, source, name, n)
			}
			y.clear(name)
		}
	})
}
