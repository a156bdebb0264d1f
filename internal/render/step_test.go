package render

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
)

// chart returns a w×h picture in which every pixel differs from its neighbours
// and some are transparent.
func chart(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x * 7), uint8(y * 5), uint8(x * y), uint8(255 - (x+y)%3*100)})
		}
	}
	return img
}

func ptr[T any](v T) *T { return &v }

// everyStep holds at least one of each step, with parameters of all kinds.
var everyStep = []Step{
	&Resize{Fit: Inside, Width: 40, Height: 30},
	&Resize{Fit: Inside, Width: 40},
	&Resize{Fit: Inside, Height: 300, Enlarge: true},
	&Resize{Fit: Outside, Width: 40, Height: 30, Filter: CatmullRom},
	&Resize{Fit: Cover, Width: 40, Height: 30, Gravity: "north"},
	&Resize{Fit: Cover, Width: 140, Height: 13, Enlarge: true, Gravity: "southeast"},
	&Resize{Fit: Contain, Width: 40, Height: 30, Filter: Box},
	&Resize{Fit: Contain, Width: 300, Height: 200, Enlarge: true},
	&Resize{Fit: Fill, Width: 33, Height: 47, Filter: Linear},
	&Resize{Fit: Fill, Width: 1, Height: 1, Filter: Nearest},
	&Crop{Width: 10, Height: 300},
	&Crop{Width: 10, Height: 20, X: ptr(5), Y: ptr(30000)},
	&Rotate{Angle: 0}, &Rotate{Angle: 90}, &Rotate{Angle: -90}, &Rotate{Angle: 180}, &Rotate{Angle: 360},
	&Rotate{Angle: 33.3}, &Rotate{Angle: -200}, &Rotate{Angle: 45},
	&Flip{}, &Flip{Direction: Vertical},
	&Grayscale{}, &Blur{Sigma: 2}, &Sharpen{Sigma: 0.5},
	&Brightness{Percent: 10}, &Contrast{Percent: -20}, &Saturation{Percent: 50}, &Gamma{Gamma: 1.5},
}

func TestEveryStepIsTried(t *testing.T) {
	tried := make(map[string]bool)
	for _, s := range everyStep {
		tried[s.Name()] = true
		if err := s.Validate(); err != nil {
			t.Errorf("%s %+v: %v", s.Name(), s, err)
		}
	}
	for _, name := range StepNames() {
		if s, ok := NewStep(name); !ok || s.Name() != name || !tried[name] {
			t.Errorf("step %q is not tried", name)
		}
	}
	if _, ok := NewStep("emboss"); ok {
		t.Error("there is a step called emboss")
	}
}

func TestSizeIsWhatApplyGives(t *testing.T) {
	for _, s := range everyStep {
		for _, in := range []image.Point{{1, 1}, {1, 60}, {60, 1}, {64, 48}, {48, 64}, {100, 37}, {41, 30}, {40, 30}} {
			w, h := s.size(in.X, in.Y)
			src := chart(in.X, in.Y)
			before := append([]uint8(nil), src.Pix...)
			got := s.apply(src).Rect
			if got != image.Rect(0, 0, w, h) || w < 1 || h < 1 {
				t.Errorf("%s %+v of %v: size says %d×%d, apply gives %v", s.Name(), s, in, w, h, got)
			}
			if string(before) != string(src.Pix) {
				t.Errorf("%s %+v of %v: wrote to its input", s.Name(), s, in)
			}
		}
	}
}

func TestResizeSizes(t *testing.T) {
	for _, test := range []struct {
		r    Resize
		in   image.Point
		want image.Point
	}{
		{Resize{Fit: Inside, Width: 128, Height: 128}, image.Pt(500, 375), image.Pt(128, 96)},
		{Resize{Fit: Inside, Width: 128, Height: 128}, image.Pt(375, 500), image.Pt(96, 128)},
		{Resize{Width: 128, Height: 128}, image.Pt(100, 50), image.Pt(100, 50)},
		{Resize{Width: 128, Height: 128, Enlarge: true}, image.Pt(100, 50), image.Pt(128, 64)},
		{Resize{Width: 128, Height: 128}, image.Pt(5000, 3), image.Pt(128, 1)},
		{Resize{Width: 100}, image.Pt(400, 300), image.Pt(100, 75)},
		{Resize{Height: 100}, image.Pt(400, 200), image.Pt(200, 100)},
		{Resize{Fit: Outside, Width: 100, Height: 100}, image.Pt(400, 200), image.Pt(200, 100)},
		{Resize{Fit: Outside, Width: 100, Height: 100}, image.Pt(80, 400), image.Pt(80, 400)},
		{Resize{Fit: Cover, Width: 100, Height: 100}, image.Pt(400, 200), image.Pt(100, 100)},
		{Resize{Fit: Cover, Width: 100, Height: 100}, image.Pt(80, 400), image.Pt(80, 100)},
		{Resize{Fit: Cover, Width: 100, Height: 100, Enlarge: true}, image.Pt(80, 400), image.Pt(100, 100)},
		{Resize{Fit: Contain, Width: 100, Height: 100}, image.Pt(50, 20), image.Pt(100, 100)},
		{Resize{Fit: Fill, Width: 300, Height: 300}, image.Pt(10, 20), image.Pt(300, 300)},
		// The exact height is 72.5; 73 keeps 1.7655 closer than 72 does.
		{Resize{Width: 128, Height: 128}, image.Pt(256, 145), image.Pt(128, 73)},
	} {
		w, h := test.r.size(test.in.X, test.in.Y)
		if got := image.Pt(w, h); got != test.want {
			t.Errorf("%+v of %v gives %v, want %v", test.r, test.in, got, test.want)
		}
	}
}

func TestContainPads(t *testing.T) {
	red := Color{color.NRGBA{255, 0, 0, 255}}
	img := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	r := Resize{Fit: Contain, Width: 4, Height: 4, Background: red, Gravity: "south"}
	got := r.apply(img)
	for y, want := range []color.NRGBA{red.NRGBA, red.NRGBA, {255, 255, 255, 255}, {255, 255, 255, 255}} {
		if c := got.NRGBAAt(1, y); c != want {
			t.Errorf("row %d is %v, want %v", y, c, want)
		}
	}
}

func TestGravityHolds(t *testing.T) {
	img := chart(30, 20)
	for gravity, corner := range map[Gravity]image.Point{
		"northwest": {0, 0}, "north": {10, 0}, "northeast": {20, 0},
		"west": {0, 5}, "center": {10, 5}, "": {10, 5}, "east": {20, 5},
		"southwest": {0, 10}, "south": {10, 10}, "southeast": {20, 10},
	} {
		got := (&Crop{Width: 10, Height: 10, Gravity: gravity}).apply(img)
		if got.NRGBAAt(0, 0) != img.NRGBAAt(corner.X, corner.Y) {
			t.Errorf("gravity %q does not begin at %v", gravity, corner)
		}
	}
}

func TestRotateIsClockwise(t *testing.T) {
	img := chart(3, 2)
	got := (&Rotate{Angle: 90}).apply(img)
	if got.NRGBAAt(1, 0) != img.NRGBAAt(0, 0) {
		t.Error("the top left corner did not come to the top right")
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		step Step
		want string // each line begins a fault
	}{
		{&Resize{}, "width: width or height must be given"},
		{&Resize{Fit: "stretch", Width: -1}, `fit: "stretch" is not one of|width: -1 is not between`},
		{&Resize{Fit: Fill, Width: 10}, `width: fit "fill" needs both`},
		{&Resize{Width: 1, Filter: "bicubic"}, `filter: "bicubic" is not one of`},
		{&Resize{Width: 1, Gravity: "up"}, `gravity: "up" is not one of`},
		{&Resize{Width: 100000}, "width: 100000 is not between 0 and 30000"},
		{&Crop{}, "width: 0 is not|height: 0 is not"},
		{&Crop{Width: 1, Height: 1, X: ptr(1)}, "x: x and y must be given together"},
		{&Crop{Width: 1, Height: 1, X: ptr(-1), Y: ptr(0), Gravity: "north"}, "gravity: give either|x: -1 is not"},
		{&Rotate{Angle: 1000}, "angle: 1000 is not"},
		{&Flip{Direction: "both"}, `direction: "both" is not`},
		{&Blur{}, "sigma: 0 is not"},
		{&Sharpen{Sigma: 1e9}, "sigma: 1e+09 is not"},
		{&Brightness{Percent: 101}, "percent: 101 is not"},
		{&Contrast{Percent: -101}, "percent: -101 is not"},
		{&Saturation{Percent: 101}, "percent: 101 is not"},
		{&Gamma{}, "gamma: 0 is not"},
	} {
		err := test.step.Validate()
		lines := strings.Split(fmt.Sprint(err), "\n")
		want := strings.Split(test.want, "|")
		ok := len(lines) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = strings.HasPrefix(lines[i], want[i])
		}
		if !ok {
			t.Errorf("%s %+v: fault is\n%v\nwant\n%s", test.step.Name(), test.step, err, strings.ReplaceAll(test.want, "|", "\n"))
		}
	}
}

func TestColor(t *testing.T) {
	for text, want := range map[string]color.NRGBA{
		"white": {255, 255, 255, 255}, "Black": {0, 0, 0, 255}, "transparent": {},
		"#FF8000": {255, 128, 0, 255}, "#f80": {255, 136, 0, 255}, "#01020304": {1, 2, 3, 4},
	} {
		var c, back Color
		if err := c.UnmarshalText([]byte(text)); err != nil || c.NRGBA != want {
			t.Errorf("%q is %v, %v; want %v", text, c.NRGBA, err, want)
		}
		written, err := c.MarshalText()
		if err != nil || back.UnmarshalText(written) != nil || back != c {
			t.Errorf("%q is written as %q, which reads as %v", text, written, back)
		}
	}
	for _, text := range []string{"", "#", "#12", "#12345", "#1234567", "#gggggg", "ff8000", "mauve"} {
		if err := new(Color).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken for a colour", text)
		}
	}
}
