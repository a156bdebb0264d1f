package render

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"slices"
	"strings"
	"testing"

	"imgwatchd/internal/codec"
)

// photo returns a JPEG and its header.
func photo(t *testing.T, w, h int) ([]byte, codec.Header) {
	t.Helper()
	var b bytes.Buffer
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = uint8(i * 7 / 5)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = uint8(i), uint8(i/w)
	}
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), header(t, b.Bytes())
}

func as(p *Preset, s Scaling) *Preset {
	q := *p
	q.Output.Scaling = s
	return &q
}

func TestPictureIsDecodedNoFinerThanItIsShown(t *testing.T) {
	_, h := photo(t, 1600, 1200)
	thumb, half := preset("thumb", &Resize{Width: 128}), preset("half", &Resize{Width: 800})
	soft := preset("soft", &Grayscale{}, &Blur{Sigma: 4}, &Resize{Width: 64})
	for _, test := range []struct {
		name    string
		presets []*Preset
		want    codec.DecodeOptions
	}{
		{"a thumbnail", []*Preset{thumb}, codec.DecodeOptions{Scale: 8}},
		{"a fine one", []*Preset{as(thumb, Best)}, codec.DecodeOptions{Scale: 4}},
		{"half the size", []*Preset{half}, codec.DecodeOptions{Scale: 2}},
		{"half the size, best", []*Preset{as(half, Best)}, codec.DecodeOptions{Scale: 1}},
		{"more than half", []*Preset{preset("more", &Resize{Width: 1000})}, codec.DecodeOptions{Scale: 1}},
		{"a little less than a quarter", []*Preset{preset("less", &Resize{Width: 300})}, codec.DecodeOptions{Scale: 2}},
		{"a little less than a quarter, fast", []*Preset{as(preset("less", &Resize{Width: 300}), Fast)}, codec.DecodeOptions{Scale: 4}},
		{"the larger decides", []*Preset{thumb, half}, codec.DecodeOptions{Scale: 2}},
		{"gray, and blurred before", []*Preset{soft}, codec.DecodeOptions{Scale: 4, Gray: true}},
		{"gray and not", []*Preset{soft, thumb}, codec.DecodeOptions{Scale: 4}},
		{"not smaller", []*Preset{preset("as is")}, codec.DecodeOptions{Scale: 1}},
		{"gray and not smaller", []*Preset{preset("gray", &Grayscale{})}, codec.DecodeOptions{Scale: 1, Gray: true}},
		{"cropped before", []*Preset{preset("part", &Crop{Width: 400, Height: 400}, &Resize{Width: 128})}, codec.DecodeOptions{Scale: 2}},
		{"adjusted before", []*Preset{preset("bright", &Brightness{Percent: 5}, &Resize{Width: 128})}, codec.DecodeOptions{Scale: 1}},
		{"with steps that fall elsewhere", []*Preset{preset("box", &Resize{Width: 64, Filter: Box})}, codec.DecodeOptions{Scale: 1}},
	} {
		if got := newSchedule(h, plansOf(t, h, test.presets...)).decode; got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestOnlyWhatIsWholeAndFineFeedsOthers(t *testing.T) {
	_, h := photo(t, 1600, 1200)
	small := preset("small", &Resize{Width: 100})
	withHalfTheChroma := func(p *Preset) *Preset { p.Output.Format = codec.JPEG; return p }
	for _, test := range []struct {
		name string
		from *Preset
		fed  bool
	}{
		{"large", preset("large", &Resize{Width: 800}), true},
		{"large, and changed after", preset("framed", &Resize{Width: 800}, &Sharpen{Sigma: 1}), true},
		{"padded", preset("padded", &Resize{Fit: Contain, Width: 800, Height: 800}), true},
		{"large, as JPEG", withHalfTheChroma(preset("large", &Resize{Width: 800})), true},
		{"larger, but not in chroma", withHalfTheChroma(preset("other", &Resize{Width: 200})), false},
		{"hardly larger", preset("other", &Resize{Width: 120}), false},
		{"cropped", preset("cover", &Resize{Fit: Cover, Width: 800, Height: 800}), false},
		{"gray", preset("gray", &Resize{Width: 800}, &Grayscale{}), false},
		{"blurred", preset("soft", &Blur{Sigma: 1}, &Resize{Width: 800}), false},
		{"smaller on its way", preset("blocks", &Resize{Width: 16}, &Resize{Width: 800, Enlarge: true}), false},
		{"roughly scaled", preset("rough", &Resize{Width: 800, Filter: Linear}), false},
	} {
		s := newSchedule(h, plansOf(t, h, small, test.from))
		if last := s.turns[1]; last.plan != 0 || (last.feeder != decoded) != test.fed {
			t.Errorf("%s: the turns are %+v", test.name, s.turns)
		}
	}
}

// TestMemoryBoundsRendering counts everything that is allocated for a picture, what the
// collector could take back at once included.
func TestMemoryBoundsRendering(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	data, h := photo(t, 1234, 777)
	png, hPNG := encoded(t, chart(345, 234), codec.PNG)
	opaque, hOpaque := encoded(t, flattened(chart(1345, 934), color.NRGBA{}), codec.PNG)
	for _, source := range []struct {
		data []byte
		h    codec.Header
	}{{data, h}, {oriented(t, chart(401, 301), 6), header(t, oriented(t, chart(401, 301), 6))}, {png, hPNG}, {opaque, hOpaque}} {
		for _, presets := range [][]*Preset{
			{preset("as is")},
			{preset("thumb", &Resize{Width: 128})},
			{preset("soft", &Grayscale{}, &Blur{Sigma: 10}, &Resize{Width: 128})},
			{preset("large", &Resize{Width: 300}), preset("small", &Resize{Width: 60}), preset("turned", &Rotate{Angle: 90}, &Flip{})},
			{preset("tone", &Gamma{Gamma: 2}, &Resize{Width: 100})},
			slices.Repeat([]*Preset{preset("gray", &Grayscale{}, &Resize{Width: 90})}, 9),
		} {
			for _, format := range []codec.Format{codec.JPEG, codec.PNG} {
				presets[0].Output.Format = format
				plans := plansOf(t, source.h, presets...)
				most := Memory(source.h, plans)
				if used := allocatedBy(t, source.data, source.h, plans); used > most+64<<10 {
					t.Errorf("%s of %d×%d, %s: planned %d bytes, used %d", source.h.Format, source.h.Width, source.h.Height, presets[0].Name, most, used)
				}
			}
		}
	}
}

// allocatedBy returns the bytes that rendering allocates in a new workspace.
func allocatedBy(t *testing.T, data []byte, h codec.Header, plans []Plan) int64 {
	t.Helper()
	var before, after runtime.MemStats
	w := new(workspace)
	runtime.ReadMemStats(&before)
	_, err := w.render(context.Background(), data, h, plans)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestExplainSaysWhatIsDone(t *testing.T) {
	data := oriented(t, chart(1200, 800), 6)
	h := header(t, data)
	plans := plansOf(t, h,
		preset("soft", &Grayscale{}, &Blur{Sigma: 10}, &Resize{Fit: Fill, Width: 128, Height: 128}),
		preset("card", &Resize{Width: 400}, &Sharpen{Sigma: 1}))
	want := []string{
		"decode the jpeg of 1200×800 pixels",
		"card, from the decoded picture:",
		"  1. turn upright, resize to 400×600: as one matrix for each side of each plane",
		"  2. sharpen: pixel by pixel, in RGBA",
		"  3. encode 400×600 pixels as png",
		"soft, from card:",
		"  1. grayscale, blur of sigma 10, resize to 128×128: as one matrix for each side of each plane",
		"  2. encode 128×128 pixels as png",
		"memory: ",
	}
	got := Explain(h, plans)
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("line %d is %q, want %q", i, got[i], want[i])
		}
	}
	if alone := Explain(h, plans[:1])[0]; alone != "decode the jpeg of 1200×800 pixels at 1/4 of its size, only its luma" {
		t.Errorf("got %q", alone)
	}
}

func TestBuffersOfManyPicturesAreBounded(t *testing.T) {
	w := new(workspace)
	for i := range 20 {
		for j := range i + 1 { // another of them is the large one each time
			side := 16
			if j == i {
				side = 2000
			}
			w.plane(side, side, 1)
		}
		w.empty()
		if w.held() > keptBytes {
			t.Fatalf("%d bytes are held after %d pictures", w.held(), i+1)
		}
	}
}
