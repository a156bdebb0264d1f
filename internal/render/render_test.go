package render

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"runtime"
	"strings"
	"sync"
	"testing"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
)

// encoded returns img as a file and its header.
func encoded(t *testing.T, img image.Image, f codec.Format) ([]byte, codec.Header) {
	t.Helper()
	data, err := codec.Encode(img, f, codec.EncodeOptions{Quality: 95})
	if err != nil {
		t.Fatal(err)
	}
	return data, header(t, data)
}

func header(t *testing.T, data []byte) codec.Header {
	t.Helper()
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), codec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// made carries out presets on a file.
func made(t *testing.T, data []byte, presets ...*Preset) []Rendition {
	t.Helper()
	h := header(t, data)
	var plans []Plan
	for _, p := range presets {
		plan, err := NewPlan(p, h, 1<<28)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	renditions, err := Render(context.Background(), data, h, plans)
	if err != nil {
		t.Fatal(err)
	}
	return renditions
}

func pixelsOf(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := codec.Decode(context.Background(), data, header(t, data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestRenditionsAreAsPlanned(t *testing.T) {
	data, _ := encoded(t, chart(64, 48), codec.PNG)
	presets := []*Preset{
		{Name: "thumb", Steps: []Step{&Resize{Width: 32, Height: 32}}, Output: Output{Format: codec.JPEG}},
		{Name: "turned", Steps: []Step{&Rotate{Angle: 90}, &Crop{Width: 10, Height: 20}}},
		{Name: "as is", Output: Output{Format: codec.GIF}},
	}
	want := []struct {
		format codec.Format
		size   image.Point
	}{{codec.JPEG, image.Pt(32, 24)}, {codec.PNG, image.Pt(10, 20)}, {codec.GIF, image.Pt(64, 48)}}
	for i, r := range made(t, data, presets...) {
		h := header(t, r.Data)
		if h.Format != want[i].format || h.Width != want[i].size.X || h.Height != want[i].size.Y {
			t.Errorf("%s is %s %d×%d, want %v", r.Preset.Name, h.Format, h.Width, h.Height, want[i])
		}
		if r.Width != h.Width || r.Height != h.Height || r.Format != h.Format {
			t.Errorf("%s was planned as %s %d×%d, is %s %d×%d", r.Preset.Name, r.Format, r.Width, r.Height, h.Format, h.Width, h.Height)
		}
	}
}

func TestTransparencyIsKeptOrFlattened(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 8, 8)) // wholly transparent
	data, _ := encoded(t, img, codec.PNG)
	blue := Color{color.NRGBA{0, 0, 255, 255}}
	rs := made(t, data,
		&Preset{Output: Output{}},
		&Preset{Output: Output{Format: codec.JPEG}},
		&Preset{Output: Output{Format: codec.JPEG, FlattenOn: blue}},
		&Preset{Output: Output{Format: codec.BMP, FlattenOn: blue}},
	)
	for i, want := range []color.NRGBA{{}, {255, 255, 255, 255}, {0, 0, 254, 255}, {0, 0, 255, 255}} {
		got := color.NRGBAModel.Convert(pixelsOf(t, rs[i].Data).At(4, 4)).(color.NRGBA)
		if got != want {
			t.Errorf("%s: pixel is %v, want %v", rs[i].Format, got, want)
		}
	}
}

func TestGrayIsStoredAsGray(t *testing.T) {
	data, _ := encoded(t, chart(16, 16), codec.JPEG)
	for _, f := range []codec.Format{codec.JPEG, codec.PNG} {
		r := made(t, data, &Preset{Steps: []Step{&Grayscale{}}, Output: Output{Format: f}})[0]
		if img := pixelsOf(t, r.Data); img.ColorModel() != color.GrayModel {
			t.Errorf("%s: gray picture is stored as %T", f, img)
		}
	}
}

func TestSameFormat(t *testing.T) {
	for _, test := range []struct {
		in   codec.Header
		want codec.Format
	}{
		{codec.Header{Format: codec.TIFF}, codec.TIFF},
		{codec.Header{Format: codec.WebP}, codec.JPEG},
		{codec.Header{Format: codec.WebP, Alpha: true}, codec.PNG},
	} {
		if got := sameFormat(test.in); got != test.want {
			t.Errorf("%+v becomes %s, want %s", test.in, got, test.want)
		}
	}
}

func TestPlanRefusesToExplode(t *testing.T) {
	h := codec.Header{Format: codec.PNG, Width: 1, Height: 20000, Orientation: 1}
	p := &Preset{Name: "big", Steps: []Step{&Resize{Fit: Outside, Width: 30000, Height: 30000, Enlarge: true}}}
	_, err := NewPlan(p, h, 1<<28)
	if job.ClassOf(err) != job.TooLarge || !strings.Contains(err.Error(), `"big"`) {
		t.Errorf("error is %v, want too large, naming the preset", err)
	}
}

func TestPlanKnowsItsMemory(t *testing.T) {
	h := codec.Header{Format: codec.PNG, Width: 1000, Height: 1000, Orientation: 1, DecodeMemory: 4_000_000}
	small, err := NewPlan(&Preset{Steps: []Step{&Resize{Width: 10}}}, h, 1<<28)
	if err != nil {
		t.Fatal(err)
	}
	blurred, err := NewPlan(&Preset{Steps: []Step{&Blur{Sigma: 1}, &Resize{Width: 10}}}, h, 1<<28)
	if err != nil {
		t.Fatal(err)
	}
	if got := Memory(h, []Plan{small}); got < 8_000_000 {
		t.Errorf("decoding and copying 1 MP takes %d bytes", got)
	}
	if Memory(h, []Plan{small, blurred}) <= Memory(h, []Plan{small}) {
		t.Error("a blur at full size costs nothing")
	}
}

// TestPlannedMemoryBoundsTheSteps counts everything that a step allocates, what
// the collector could take back at once included.
func TestPlannedMemoryBoundsTheSteps(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	for _, s := range everyStep {
		for _, in := range []image.Point{{300, 200}, {1, 100}, {1000, 1}, {700, 3}} {
			src := chart(in.X, in.Y)
			planned := cost(s, in.X, in.Y)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s.apply(src)
			runtime.ReadMemStats(&after)
			used := int64(after.TotalAlloc-before.TotalAlloc) + pixels(in.X, in.Y)*bytesPerPixel
			if used > planned+1<<14 {
				t.Errorf("%s %+v of %v: planned %d bytes, used %d", s.Name(), s, in, planned, used)
			}
		}
	}
}

func TestBandsAreSeamless(t *testing.T) {
	img := chart(40, 300)
	for _, s := range []Step{&Blur{Sigma: 3}, &Sharpen{Sigma: 5}, &Blur{Sigma: 0.2}} {
		got, err := inBands(context.Background(), img, s.(local).reach(), s.apply)
		if err != nil {
			t.Fatal(err)
		}
		if want := s.apply(img); got.Rect != want.Rect || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s %+v in bands is not what it is in one piece", s.Name(), s)
		}
	}
}

func TestBandsStopWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := inBands(ctx, chart(4, 10000), 10, func(img *image.NRGBA) *image.NRGBA {
		calls++
		cancel()
		return img
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("error is %v after %d bands", err, calls)
	}
}

// TestLongPicturesCost holds on to what a picture of one row or column costs.
func TestLongPicturesCost(t *testing.T) {
	p := &Preset{Steps: []Step{&Resize{Width: 128, Height: 128}}}
	for _, h := range []codec.Header{{Width: 8_000_000, Height: 1}, {Width: 1, Height: 8_000_000}} {
		h.Orientation = 1
		plan, err := NewPlan(p, h, 1<<28)
		if err != nil {
			t.Fatal(err)
		}
		if got := Memory(h, []Plan{plan}); got < 8_000_000*(4+4) {
			t.Errorf("%d×%d is planned to take only %d bytes", h.Width, h.Height, got)
		}
	}
}

func TestLargePicturesAreNotRefusedForTheirSum(t *testing.T) {
	h := codec.Header{Format: codec.JPEG, Width: 15000, Height: 10000, Orientation: 1}
	for _, r := range []*Resize{{Width: 20000, Height: 20000}, {Width: 14000, Height: 14000}} {
		if _, err := NewPlan(&Preset{Steps: []Step{r}}, h, 268402689); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestStopsWhenTold(t *testing.T) {
	data, h := encoded(t, chart(16, 16), codec.PNG)
	plan, err := NewPlan(&Preset{Steps: []Step{&Grayscale{}}}, h, 1<<28)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Render(ctx, data, h, []Plan{plan})
	if !errors.Is(err, context.Canceled) || job.ClassOf(err) != job.Stopping {
		t.Errorf("error is %v (%s), want canceled", err, job.ClassOf(err))
	}
}

// TestToNRGBA holds every conversion to the slow one of the standard library.
// TestRenditionsShareNoMemory: what was returned stays as it is while others are made, also
// by those that fail or are given up.
func TestRenditionsShareNoMemory(t *testing.T) {
	p := preset("small", &Resize{Width: 60, Enlarge: true}, &Rotate{Angle: 90})
	p.Output.Format = codec.JPEG
	var group sync.WaitGroup
	for i := range 4 {
		data := oriented(t, scene(100+60*i, 90+40*i, uint64(i)), 1+i)
		h := header(t, data)
		plans := plansOf(t, h, p, preset("gray", &Grayscale{}, &Blur{Sigma: 2}))
		group.Go(func() {
			first, err := Render(t.Context(), data, h, plans)
			if err != nil {
				t.Error(err)
				return
			}
			want := [][]byte{bytes.Clone(first[0].Data), bytes.Clone(first[1].Data)}
			for range 5 {
				Render(t.Context(), data[:len(data)*2/3], h, plans)
				again, err := Render(t.Context(), data, h, plans)
				for k := range want {
					if err != nil || !bytes.Equal(again[k].Data, want[k]) || !bytes.Equal(first[k].Data, want[k]) {
						t.Errorf("picture %d, rendition %d has changed: %v", i, k, err)
					}
				}
			}
		})
	}
	group.Wait()
}

func TestToNRGBA(t *testing.T) {
	r := image.Rect(0, 0, 9, 7)
	shifted := image.Rect(3, 2, 12, 9)
	ycc := image.NewYCbCr(r, image.YCbCrSubsampleRatio420)
	ycca := image.NewNYCbCrA(r, image.YCbCrSubsampleRatio444)
	for i := range ycc.Y {
		ycc.Y[i] = uint8(i * 3)
		ycca.Y[i], ycca.A[i] = uint8(i*3), 255
	}
	pictures := map[string]image.Image{"ycbcr": ycc, "nycbcra": ycca, "moved": chart(12, 9).SubImage(shifted)}
	for name, img := range map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		"nrgba": image.NewNRGBA(r), "nrgba64": image.NewNRGBA64(shifted), "rgba": image.NewRGBA(r), "rgba64": image.NewRGBA64(r),
		"gray": image.NewGray(r), "gray16": image.NewGray16(shifted), "cmyk": image.NewCMYK(r),
		"paletted": image.NewPaletted(shifted, color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 0, 128}, color.White}),
	} {
		src := chart(9, 7)
		for y := range 7 {
			for x := range 9 {
				img.Set(img.Bounds().Min.X+x, img.Bounds().Min.Y+y, src.At(x, y))
			}
		}
		pictures[name] = img
	}
	for name, img := range pictures {
		got := toNRGBA(img)
		b := img.Bounds()
		if got.Rect != image.Rect(0, 0, b.Dx(), b.Dy()) {
			t.Errorf("%s: rectangle is %v", name, got.Rect)
			continue
		}
		for y := range b.Dy() {
			for x := range b.Dx() {
				want := color.NRGBAModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
				if c := got.NRGBAAt(x, y); !near(c, want) {
					t.Fatalf("%s at %d,%d: %v, want %v", name, x, y, c, want)
				}
			}
		}
	}
}

// TestGrayed holds pictures that become gray in bands to those that do so as a whole.
func TestGrayed(t *testing.T) {
	r := image.Rect(0, 0, 21, 2*grayBand+5)
	clear := image.NewNRGBA64(r)
	for name, img := range map[string]draw.Image{
		"nrgba64": image.NewNRGBA64(r), "rgba64": image.NewRGBA64(r), "gray16": image.NewGray16(r), "cmyk": image.NewCMYK(r),
		"paletted": image.NewPaletted(r.Add(image.Pt(3, 2)), color.Palette{color.NRGBA{1, 2, 3, 255}, color.NRGBA{200, 100, 0, 255}, color.White}),
	} {
		draw.Draw(img, img.Bounds(), chart(r.Dx(), r.Dy()), image.Point{}, draw.Src)
		for y := range r.Dy() { // the chart has transparent pixels
			for x := range r.Dx() {
				c := color.NRGBAModel.Convert(img.At(x+img.Bounds().Min.X, y+img.Bounds().Min.Y)).(color.NRGBA)
				c.A = 255
				img.Set(x+img.Bounds().Min.X, y+img.Bounds().Min.Y, c)
			}
		}
		var w workspace
		got, ok := w.grayed(img).(*image.Gray)
		if !ok {
			t.Errorf("%s: not made gray", name)
			continue
		}
		want := rasterOf(img, r.Dx(), r.Dy(), 1).gray(&w).image().(*image.Gray)
		if got.Rect != r || !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("%s: other samples than those of the whole", name)
		}
	}
	if got := new(workspace).grayed(clear); got != image.Image(clear) {
		t.Error("a transparent picture was made gray")
	}
}

// near allows for one step of rounding.
func near(a, b color.NRGBA) bool {
	d := func(x, y uint8) bool { return max(x, y)-min(x, y) <= 1 }
	return d(a.R, b.R) && d(a.G, b.G) && d(a.B, b.B) && d(a.A, b.A)
}

func TestPaletteIndexOutOfRange(t *testing.T) {
	img := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.White})
	img.Pix[1] = 200
	if got := toNRGBA(img).NRGBAAt(1, 0); got != (color.NRGBA{}) {
		t.Errorf("pixel is %v, want transparent", got)
	}
}

func TestHash(t *testing.T) {
	base := func() *Preset {
		return &Preset{Name: "p", Steps: []Step{&Blur{Sigma: 2}}, Output: Output{Name: "{stem}", Format: codec.PNG}}
	}
	seen := map[string]string{base().Hash(): "base"}
	for name, edit := range map[string]func(p *Preset){
		"name":    func(p *Preset) { p.Name = "q" },
		"step":    func(p *Preset) { p.Steps = []Step{&Sharpen{Sigma: 2}} },
		"param":   func(p *Preset) { p.Steps[0].(*Blur).Sigma = 3 },
		"more":    func(p *Preset) { p.Steps = append(p.Steps, &Grayscale{}) },
		"format":  func(p *Preset) { p.Output.Format = codec.JPEG },
		"quality": func(p *Preset) { p.Output.Quality = 9 },
		"file":    func(p *Preset) { p.Output.Name = "{stem}_x" },
	} {
		p := base()
		edit(p)
		if other, taken := seen[p.Hash()]; taken {
			t.Errorf("%s and %s have the same hash", name, other)
		}
		seen[p.Hash()] = name
	}
	if one, other := base(), base(); one.Hash() != other.Hash() {
		t.Error("the hash of one preset varies")
	}
}

func TestPresetFaultsNameTheField(t *testing.T) {
	p := &Preset{Steps: []Step{&Grayscale{}, &Blur{}, &Crop{}}, Output: Output{Quality: 101, Format: codec.WebP}}
	lines := strings.Split(p.Validate().Error(), "\n")
	want := []string{"steps[1].blur.sigma: ", "steps[2].crop.width: ", "steps[2].crop.height: ", "output.quality: ", "output.format: "}
	if len(lines) != len(want) {
		t.Fatalf("faults are %q", lines)
	}
	for i, w := range want {
		if !strings.HasPrefix(lines[i], w) {
			t.Errorf("fault %d is %q, want %q…", i, lines[i], w)
		}
	}
}

func FuzzRender(f *testing.F) {
	var buf bytes.Buffer
	png.Encode(&buf, chart(9, 5))
	f.Add(buf.Bytes(), uint8(0))
	f.Add(buf.Bytes(), uint8(17))
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), codec.Limits{MaxPixels: 1 << 16})
		if err != nil {
			return
		}
		p := &Preset{Steps: []Step{everyStep[int(n)%len(everyStep)]}}
		plan, err := NewPlan(p, h, 1<<20)
		if err != nil {
			return
		}
		renditions, err := Render(context.Background(), data, h, []Plan{plan})
		if err != nil {
			return
		}
		if got := header(t, renditions[0].Data); got.Width != plan.Width || got.Height != plan.Height {
			t.Errorf("planned %d×%d, made %d×%d", plan.Width, plan.Height, got.Width, got.Height)
		}
	})
}
