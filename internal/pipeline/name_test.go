package pipeline

import (
	"strings"
	"testing"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/render"
)

func TestNames(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, test := range []struct {
		template string
		asked    codec.Format
		format   codec.Format
		layout   Layout
		source   string
		want     string // empty: refused
	}{
		{"", codec.JPEG, codec.JPEG, Mirror, "a/b.png", "a/b_p.jpg"},
		{"{stem}_thumbnail.{ext}", codec.JPEG, codec.JPEG, Mirror, "b.jpeg", "b_thumbnail.jpg"},
		{"{stem}.{ext}", "", codec.JPEG, Mirror, "b.JPG", "b.JPG"},
		{"{stem}.{ext}", "", codec.PNG, Mirror, "b.JPG", "b.png"},
		{"{stem}.{ext}", "", codec.JPEG, Mirror, "no extension", "no extension.jpg"},
		{"{stem}.{ext}", codec.PNG, codec.PNG, Flat, "a/b/c.x.tiff", "c.x.png"},
		{"{preset}/{width}x{height}/{stem}.{ext}", codec.PNG, codec.PNG, Mirror, "a/b.c", "a/p/7x5/b.png"},
		{"{hash}.{ext}", codec.PNG, codec.PNG, Mirror, "b.c", "0123456789abcdef.png"},
		{"{stem}", codec.PNG, codec.PNG, Mirror, "{ext}.png", "{ext}"},
		{"{stem}", codec.PNG, codec.PNG, Flat, "x/...png", ""},
		{"{stem}_{preset}", codec.PNG, codec.PNG, Flat, "x/" + strings.Repeat("n", 254), ""},
		{"{stem}.{ext}", codec.PNG, codec.PNG, Mirror, "x/.imgwatchd-a.png", ""},
	} {
		f := &Folder{Layout: test.layout}
		p := &render.Preset{Name: "p", Output: render.Output{Name: test.template, Format: test.asked}}
		got, err := nameOf(f, test.source, hash, render.Plan{Preset: p, Format: test.format, Width: 7, Height: 5})
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q of %q is %q, %v; want %q", test.template, test.source, got, err, test.want)
		}
	}
}

func TestCheckName(t *testing.T) {
	for template, want := range map[string]string{
		"{stem}.{ext}":            "",
		"{preset}/{hash}_x.{ext}": "",
		"{name}.{ext}":            `unknown field "{name}"`,
		"{stem":                   "brace",
		"}{stem}":                 "brace",
		"thumb.{ext}":             "same name",
		"../{stem}":               `".." leads out`,
		"/{stem}":                 "empty",
		"a//{stem}":               "empty",
		"./{stem}":                `"." leads out`,
		"{stem}\x00":              "zero byte",
		".imgwatchd-{stem}":       "reserved",
	} {
		err := CheckName(template)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", template, err, want)
		}
	}
}

func TestNumbered(t *testing.T) {
	for name, want := range map[string]string{"a.jpg": "a_2.jpg", "d.x/a": "d.x/a_2", ".a": ".a_2", "a.b.c": "a.b_2.c",
		"x/" + strings.Repeat("n", 251) + ".jpg": "x/" + strings.Repeat("n", 249) + "_2.jpg"} {
		if got := numbered(name, 2); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
