package watcher

import (
	"strings"
	"testing"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

func TestTakesFile(t *testing.T) {
	for _, c := range []struct {
		include, exclude []string
		file             string
		want             bool
	}{
		{nil, nil, "a.jpg", true},
		{nil, nil, "-rf", true},
		{nil, nil, "new\nline.png", true},
		{nil, nil, "\xff\xfe.png", true},
		{nil, nil, strings.Repeat("x", 255), true},
		{nil, nil, ".hidden.jpg", false},
		{nil, nil, "deep/below/.hidden.jpg", false},
		{nil, nil, "deep/thumbs.DB", false},
		{nil, nil, "upload.jpg.part", false},
		{nil, nil, "upload.JPG.CrDownload", false},
		{nil, nil, "~$letter.jpg", false},
		{nil, nil, "a.jpg~", false},
		{nil, nil, "@eaDir", true}, // a file, not the directory
		{[]string{"**"}, nil, "a/b/c.jpg", true},
		{[]string{"*.jpg"}, nil, "a/b/C.JPG", true},
		{[]string{"*.jpg"}, nil, "a/b/c.png", false},
		{[]string{"*.{jpg,png}"}, nil, "c.png", true},
		{[]string{"a/*.jpg"}, nil, "a/c.jpg", true},
		{[]string{"a/*.jpg"}, nil, "a/b/c.jpg", false},
		{[]string{"a/**/*.jpg"}, nil, "a/b/c.jpg", true},
		{[]string{"RAW/"}, nil, "2024/raw/x/c.jpg", true},
		{[]string{"RAW/"}, nil, "raw", false},
		{[]string{"RAW/"}, nil, "c.jpg", false},
		{[]string{"2024/raw/"}, nil, "2024/raw/c.jpg", true},
		{[]string{"2024/raw/"}, nil, "x/2024/raw/c.jpg", false},
		{[]string{"*"}, []string{"*_draft.*"}, "a_DRAFT.jpg", false},
		{nil, []string{"out/**"}, "out/a.jpg", false},
		{[]string{".*"}, nil, ".a.jpg", false}, // the default list always holds
	} {
		if got := newFilter(c.include, c.exclude).takesFile(c.file); got != c.want {
			t.Errorf("include %q exclude %q: takes %q: %v, want %v", c.include, c.exclude, c.file, got, c.want)
		}
	}
}

func TestHidesDir(t *testing.T) {
	f := newFilter([]string{"*.jpg"}, []string{"out/", "archive/2023", "cache/**"})
	for _, c := range []struct {
		dir  string
		want bool
	}{
		{"photos", false},
		{".git", true},
		{"a/b/.stversions", true},
		{"a/@EADIR", true},
		{"__macosx", true},
		{"session.tmp", true},
		{"out", true},
		{"a/OUT", true},
		{"outer", false},
		{"archive", false},
		{"archive/2023", true},
		{"a/archive/2023", false},
		{"cache", true},
	} {
		if got := f.hidesDir(c.dir); got != c.want {
			t.Errorf("hides %q: %v, want %v", c.dir, got, c.want)
		}
	}
}

func TestDefaultIgnoreIsValidAndACopy(t *testing.T) {
	list := DefaultIgnore()
	for _, p := range list {
		if !doublestar.ValidatePattern(p) {
			t.Errorf("%q is not a valid pattern", p)
		}
	}
	list[0] = "changed"
	if DefaultIgnore()[0] == "changed" {
		t.Error("a caller can change the list")
	}
}

func TestValidate(t *testing.T) {
	good := Options{Root: "/srv/in", Include: []string{"**", "*.{jpg,png}", "raw/"}}
	if err := good.Validate(); err != nil {
		t.Errorf("good options: %v", err)
	}
	for field, o := range map[string]Options{
		"path":            {Root: "relative"},
		"mode":            {Root: "/in", Mode: 9},
		"stable_for":      {Root: "/in", StableFor: -time.Second},
		"rescan_interval": {Root: "/in", RescanInterval: -1},
		"poll_interval":   {Root: "/in", PollInterval: -1},
		"include":         {Root: "/in", Include: []string{"[a-"}},
		"exclude":         {Root: "/in", Exclude: []string{"ok", "/rooted"}},
		`exclude: "/"`:    {Root: "/in", Exclude: []string{"/"}},
	} {
		err := o.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("%+v: error %v, want one that begins with %q", o, err, field)
		}
	}
}

func FuzzFilter(f *testing.F) {
	f.Add("**/*.jpg", "a/b.jpg")
	f.Add("raw/", "raw/\xff")
	f.Add("{a,b}/[!c]*", "a/d\n")
	f.Add("\\", "x")
	f.Add("0/", "/a")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern) > 100 || len(name) > 255 || checkPatterns("include", []string{pattern}) != nil {
			t.Skip()
		}
		only, without := newFilter([]string{pattern}, nil), newFilter(nil, []string{pattern})
		if only.takesFile(name) && !newFilter(nil, nil).takesFile(name) {
			t.Errorf("including %q lifts the default list for %q", pattern, name)
		}
		if !strings.HasSuffix(pattern, "/") && only.takesFile(name) && without.takesFile(name) {
			t.Errorf("%q both matches %q and does not", pattern, name)
		}
	})
}
