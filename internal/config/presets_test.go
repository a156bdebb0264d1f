package config

import (
	"reflect"
	"testing"

	"imgwatchd/internal/render"
)

var white = func() (c render.Color) {
	if err := c.UnmarshalText([]byte("white")); err != nil {
		panic(err)
	}
	return c
}()

func TestBuiltinPresets(t *testing.T) {
	resize := func(fit render.Fit, w, h int, f render.Filter) render.Step {
		return &render.Resize{Fit: fit, Width: w, Height: h, Filter: f}
	}
	want := []*render.Preset{
		{
			Name:   "thumbnail",
			Steps:  []render.Step{resize("inside", 128, 128, "catmull-rom")},
			Output: render.Output{Name: "{stem}_thumbnail.{ext}", Format: "jpeg", Quality: 75, Scaling: "balanced", FlattenOn: white},
		},
		{
			Name:   "square",
			Steps:  []render.Step{resize("fill", 300, 300, "catmull-rom")},
			Output: render.Output{Name: "{stem}.{ext}", Quality: 75, Scaling: "balanced", FlattenOn: white},
		},
		{
			Name:   "soft-gray",
			Steps:  []render.Step{&render.Grayscale{}, &render.Blur{Sigma: 10}, resize("fill", 128, 128, "lanczos")},
			Output: render.Output{Name: "processed_{stem}.{ext}", Format: "png", Quality: 80, Scaling: "balanced", FlattenOn: white},
		},
		{
			Name:   "web",
			Steps:  []render.Step{resize("inside", 1600, 1600, "")},
			Output: render.Output{Name: "{stem}_web.{ext}", Format: "jpeg", Quality: 80, Scaling: "balanced", FlattenOn: white},
		},
	}
	var got []*render.Preset
	for _, p := range builtin() {
		got = append(got, p.render())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	for _, p := range got {
		if err := p.Validate(); err != nil {
			t.Errorf("preset %q: %v", p.Name, err)
		}
	}
}

func TestPresetOfTheFileTakesThePlaceOfABuiltInOne(t *testing.T) {
	c, err := Parse("f", []byte(sound+`
presets:
  - name: web
    steps:
      - crop: {width: 10, height: 20, x: 0, y: 5}
      - resize: {fit: contain, width: 8, height: 8, background: "#10203040"}
      - grayscale:
      - grayscale
      - rotate: {angle: 90}
    output: {format: JPG, strip_metadata: no}
`), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	x, y := 0, 5
	resize := &render.Resize{Fit: "contain", Width: 8, Height: 8}
	if err := resize.Background.UnmarshalText([]byte("#10203040")); err != nil {
		t.Fatal(err)
	}
	want := &render.Preset{
		Name: "web",
		Steps: []render.Step{
			&render.Crop{Width: 10, Height: 20, X: &x, Y: &y}, resize,
			&render.Grayscale{}, &render.Grayscale{}, &render.Rotate{Angle: 90},
		},
		Output: render.Output{Name: "{stem}_{preset}.{ext}", Format: "jpeg", Quality: 80, Scaling: "balanced", KeepMetadata: true, FlattenOn: white},
	}
	got, ok := c.Preset("web")
	if !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if names := c.PresetNames(); !reflect.DeepEqual(names, []string{"soft-gray", "square", "thumbnail", "web"}) {
		t.Errorf("presets %v", names)
	}
	if _, ok := c.Preset("poster"); ok {
		t.Error("there is a preset that nobody defined")
	}
}

func TestSameName(t *testing.T) {
	named := func(name, template string, f format) preset {
		return preset{Name: name, Output: rendition{Name: template, Format: f}}
	}
	for _, tt := range []struct {
		p, q preset
		want bool
	}{
		{named("a", "{stem}.{ext}", ""), named("b", "{stem}.{ext}", ""), true},
		{named("a", "{stem}.{ext}", "png"), named("b", "{stem}.{ext}", "jpeg"), false},
		{named("a", "{stem}.{ext}", "png"), named("b", "{stem}.{ext}", ""), true}, // of a PNG
		{named("a", "{stem}.{ext}", "png"), named("b", "{stem}.png", "jpeg"), true},
		{named("a", "{stem}_{preset}.{ext}", ""), named("b", "{stem}_{preset}.{ext}", ""), false},
		{named("a", "{stem}_b.{ext}", ""), named("b", "{stem}_{preset}.{ext}", ""), true},
		{named("a", "{stem}_{width}.{ext}", ""), named("b", "{stem}_{width}.{ext}", ""), false},
		{named("a", "a/{stem}.{ext}", ""), named("b", "b/{stem}.{ext}", ""), false},
	} {
		if got := sameName(tt.p, tt.q); got != tt.want || sameName(tt.q, tt.p) != tt.want {
			t.Errorf("sameName(%+v, %+v) = %v", tt.p.Output, tt.q.Output, got)
		}
	}
}
