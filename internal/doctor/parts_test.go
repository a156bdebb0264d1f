package doctor

import (
	"slices"
	"strings"
	"testing"
)

func TestParseMounts(t *testing.T) {
	mounts := parseMounts(strings.NewReader(`27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
40 27 0:40 / /srv/two\040words rw,noatime shared:7 - nfs4 box:/x rw,vers=4.2
41 27 0:41 / /srv/two\040words/back\134slash ro - tmpfs tmpfs rw
nonsense
42 27 0:42 / /srv - tmpfs tmpfs
43 27 8:1 / /mnt rw,relatime - xfs /dev/sda1 ro,attr2
`))
	if len(mounts) != 4 {
		t.Fatalf("%+v", mounts)
	}
	for _, test := range []struct {
		path, at, kind string
		readOnly       bool
	}{
		{"/home", "/", "ext4", false},
		{"/srv/two words/in", "/srv/two words", "nfs4", false},
		{"/srv/two words2", "/", "ext4", false},
		{`/srv/two words/back\slash`, `/srv/two words/back\slash`, "tmpfs", true},
		{"/mnt/x", "/mnt", "xfs", true},
	} {
		m, ok := mountOf(mounts, test.path)
		if !ok || m.at != test.at || m.kind != test.kind || m.readOnly != test.readOnly {
			t.Errorf("%s: %+v", test.path, m)
		}
	}
	if inside := mountsBelow(mounts, "/srv"); len(inside) != 2 {
		t.Errorf("below /srv: %+v", inside)
	}
	if _, ok := mountOf(nil, "/"); ok {
		t.Error("there is a mount where none is known")
	}
}

func TestSplitWords(t *testing.T) {
	for value, want := range map[string][]string{
		``:                           nil,
		`a  b`:                       {"a", "b"},
		`-/a "-/b c" /d`:             {"-/a", "-/b c", "/d"},
		`"say \"x\"" back\\slash ""`: {`say "x"`, `back\slash`, ""},
	} {
		if got := splitWords(value); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}

func TestBindTargets(t *testing.T) {
	binds := []string{"/a:/a:rbind -/b:/b:norbind", "", "/c", "-/a:b c:/a:b c:rbind -/from:/to:rbind"}
	want := []string{"/a", "/b", "/c", "/a:b c", "/to"}
	if got := bindTargets(binds); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMay(t *testing.T) {
	w := who{uid: 10, groups: []int{20, 21}}
	for _, test := range []struct {
		bits, mode uint32
		uid, gid   int
		want       bool
	}{
		{4, 0o400, 10, 99, true},
		{4, 0o044, 10, 20, false}, // the owner's bits count, and no others
		{4, 0o040, 11, 21, true},
		{4, 0o004, 11, 21, false},
		{4, 0o004, 11, 99, true},
		{3, 0o020, 11, 20, false},
		{3, 0o030, 11, 20, true},
	} {
		if got := w.may(test.bits, test.mode, test.uid, test.gid); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	if !(who{}).may(7, 0, 1, 1) {
		t.Error("root may not")
	}
}

func TestCompareWatches(t *testing.T) {
	watches := func(n int) limit { return limit{"fs.inotify.max_user_watches", n, true} }
	many, deep := limit{"fs.inotify.max_user_instances", 128, true}, limit{"fs.inotify.max_queued_events", 16384, true}
	for _, test := range []struct {
		name                       string
		e                          examination
		watches, instances, events limit
		want                       Result
		text                       string
	}{
		{"room", examination{dirs: 100, counted: true, trees: 1}, watches(8192), many, deep, OK, "100 folders"},
		{"tight", examination{dirs: 8000, counted: true, trees: 1}, watches(8192), many, deep, Warn, "65536 > /etc/sysctl.d"},
		{"too many", examination{dirs: 100000, counted: true, trees: 1}, watches(8192), many, deep, Warn, "=262144"},
		{"not counted to the end", examination{dirs: 5000, trees: 1}, watches(8192), many, deep, Warn, "at least 5000"},
		{"unknown", examination{dirs: 5000, trees: 1}, limit{}, many, deep, Skipped, "does not say"},
		{"instances", examination{dirs: 1, counted: true, trees: 100}, watches(8192), many, deep, Warn, "max_user_instances=400"},
		{"events", examination{dirs: 1, counted: true, trees: 1}, watches(8192), many, limit{"fs.inotify.max_queued_events", 1024, true}, Warn, "burst"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.e.compareWatches(test.watches, test.instances, test.events)
			findings{t, test.e.checks}.want("watches", test.want, test.text)
		})
	}
}

func TestReadLimit(t *testing.T) {
	dir := t.TempDir()
	if l := readLimit(dir, "fs.inotify.max_user_watches"); l.known {
		t.Errorf("%+v", l)
	}
}

func TestAllowed(t *testing.T) {
	loopback := []string{"127.0.0.0/8", "::1/128"}
	for _, test := range []struct {
		networks []string
		want     string
		ok       bool
	}{
		{loopback, "any", false},
		{loopback, "10.0.0.0/8", false},
		{append(loopback, "10.0.0.0/8"), "10.0.0.0/8", true},
		{append(loopback, "10.0.0.0/8"), "10.1.2.3", true},
		{append(loopback, "10.1.0.0/16"), "10.0.0.0/8", false},
		{append(loopback, "10.1.2.3/32"), "10.1.2.3", true},
		{append(loopback, "0.0.0.0/0", "::/0"), "any", true},
		{append(loopback, "0.0.0.0/0", "::/0"), "fe80::/10", true},
		{append(loopback, "0.0.0.0/0"), "fe80::/10", false},
	} {
		if got := allowed(test.networks, test.want); got != test.ok {
			t.Errorf("%s among %q: %v", test.want, test.networks, got)
		}
	}
}
