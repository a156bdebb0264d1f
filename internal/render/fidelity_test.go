package render

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/disintegration/imaging"

	"imgwatchd/internal/codec"
)

var photos = flag.String("photos", "", "hold the renditions of the JPEG files in this folder to the reference too")

// A floor is how near the pictures of a preset must be to the reference.
type floor struct {
	preset       *Preset
	median, each float64 // peak signal-to-noise ratio, dB
	ssim         float64 // median
}

// floors are the presets that the planner carries out otherwise than step by step. The
// format is PNG, so that nothing but the steps differs.
var floors = []floor{
	{preset("inside", &Resize{Width: 128, Height: 128}), 40, 33, 0.99},
	{preset("web", &Resize{Width: 300, Height: 300}), 40, 33, 0.99},
	{preset("fill", &Resize{Fit: Fill, Width: 300, Height: 300}), 40, 33, 0.99},
	{preset("cover", &Resize{Fit: Cover, Width: 101, Height: 33, Gravity: "southeast"}), 40, 33, 0.99},
	{preset("contain", &Resize{Fit: Contain, Width: 100, Height: 100}), 40, 33, 0.99},
	{preset("bicubic", &Resize{Width: 90, Filter: CatmullRom}), 40, 33, 0.99},
	{preset("linear", &Resize{Width: 90, Filter: Linear}), 40, 33, 0.99},
	{preset("box", &Resize{Width: 90, Filter: Box}), 40, 33, 0.99},
	{preset("part", &Crop{Width: 200, Height: 150, Gravity: "north"}, &Resize{Width: 64}), 40, 33, 0.99},
	{preset("turned", &Rotate{Angle: 90}, &Flip{}, &Resize{Width: 77}), 40, 33, 0.99},
	{preset("gray", &Resize{Width: 120}, &Grayscale{}), 40, 33, 0.99},
	{preset("soft-gray", &Grayscale{}, &Blur{Sigma: 10}, &Resize{Fit: Fill, Width: 128, Height: 128}), 38, 33, 0.99},
	{preset("soft", &Blur{Sigma: 3}, &Resize{Width: 64}), 38, 33, 0.99},
	{preset("sharp", &Resize{Width: 100}, &Sharpen{Sigma: 0.5}), 38, 30, 0.99},
	{preset("late", &Contrast{Percent: 10}, &Resize{Width: 100}, &Gamma{Gamma: 1.2}), 38, 30, 0.99},
}

func preset(name string, steps ...Step) *Preset {
	return &Preset{Name: name, Steps: steps, Output: Output{Format: codec.PNG}}
}

// TestPicturesAreNearTheReference holds what Render makes to the library's steps, one
// after the other, on the whole picture.
func TestPicturesAreNearTheReference(t *testing.T) {
	if raced {
		t.Skip("arithmetic in one goroutine")
	}
	files := scenes()
	if *photos != "" {
		files = photosIn(t, *photos)
	}
	for _, f := range floors {
		t.Run(f.preset.Name, func(t *testing.T) { f.judge(t, files) })
	}
}

func (f floor) judge(t *testing.T, files map[string][]byte) {
	var all, similar []float64
	for name, data := range files {
		got, want := toNRGBA(pixelsOf(t, made(t, data, f.preset)[0].Data)), reference(t, data, f.preset)
		if got.Rect != want.Rect {
			t.Fatalf("%s is %v, the reference %v", name, got.Rect, want.Rect)
		}
		ratio := psnr(got, want)
		if ratio < f.each {
			t.Errorf("%s: %.1f dB, want %v at least", name, ratio, f.each)
		}
		all, similar = append(all, ratio), append(similar, ssim(got, want))
	}
	t.Logf("%d pictures: %.1f dB in the median, %.1f at least; SSIM %.4f in the median, %.4f at least",
		len(all), median(all), slices.Min(all), median(similar), slices.Min(similar))
	if median(all) < f.median || median(similar) < f.ssim {
		t.Errorf("%.1f dB and an SSIM of %.4f in the median, want %v and %v", median(all), median(similar), f.median, f.ssim)
	}
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// reference carries out the steps of p one by one on the whole picture.
func reference(t *testing.T, data []byte, p *Preset) *image.NRGBA {
	t.Helper()
	img := upright(toNRGBA(pixelsOf(t, data)), header(t, data).Orientation)
	for _, s := range p.Steps {
		img = s.apply(img)
	}
	return img
}

// upright returns img turned as the EXIF orientation o asks.
func upright(img *image.NRGBA, o int) *image.NRGBA {
	turns := []func(image.Image) *image.NRGBA{
		2: imaging.FlipH, imaging.Rotate180, imaging.FlipV,
		imaging.Transpose, imaging.Rotate270, imaging.Transverse, imaging.Rotate90,
	}
	if o < 2 {
		return img
	}
	return turns[o](img)
}

// psnr returns the peak signal-to-noise ratio over R, G and B, in dB.
func psnr(a, b *image.NRGBA) float64 {
	var sum float64
	for i := range a.Pix {
		if i%4 < 3 {
			d := float64(a.Pix[i]) - float64(b.Pix[i])
			sum += d * d
		}
	}
	if sum == 0 {
		return 99
	}
	return 10 * math.Log10(255*255*float64(len(a.Pix)/4*3)/sum)
}

// ssim returns the mean structural similarity of the lumas over windows of 8×8 pixels,
// after Wang et al. 2004.
func ssim(a, b *image.NRGBA) float64 {
	const side, c1, c2 = 8, 6.5025, 58.5225
	ga, gb := imaging.Grayscale(a), imaging.Grayscale(b)
	var sum, windows float64
	for y := 0; y+side <= a.Rect.Dy(); y += side / 2 {
		for x := 0; x+side <= a.Rect.Dx(); x += side / 2 {
			var sa, sb, saa, sbb, sab float64
			for i := range side * side {
				at := ga.PixOffset(x+i%side, y+i/side)
				p, q := float64(ga.Pix[at]), float64(gb.Pix[at])
				sa, sb, saa, sbb, sab = sa+p, sb+q, saa+p*p, sbb+q*q, sab+p*q
			}
			const n = side * side
			ma, mb := sa/n, sb/n
			va, vb, cov := saa/n-ma*ma, sbb/n-mb*mb, sab/n-ma*mb
			sum += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			windows++
		}
	}
	if windows == 0 {
		return 1
	}
	return sum / windows
}

// scenes returns JPEG files that are somewhat like photographs.
var scenes = sync.OnceValue(func() map[string][]byte {
	files := make(map[string][]byte)
	for i, size := range []image.Point{{500, 375}, {375, 500}, {501, 333}, {900, 603}, {640, 480}} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, scene(size.X, size.Y, uint64(i)), &jpeg.Options{Quality: 92}); err != nil {
			panic(err)
		}
		files[fmt.Sprintf("scene %d of %v", i, size)] = b.Bytes()
	}
	return files
})

// scene paints clouds of noise at every scale, the finer the fainter, with shapes that
// have edges before them.
func scene(w, h int, seed uint64) *image.NRGBA {
	r := rand.New(rand.NewPCG(seed, 7))
	img := cloud(w, h, r)
	tint := imaging.Resize(cloud(w/8+1, h/8+1, r), w, h, imaging.Linear)
	for i := 0; i < len(img.Pix); i += 4 {
		y, t := int(img.Pix[i]), (int(tint.Pix[i])-128)/3
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = clip(y+t), clip(y-t/2), clip(y-t), 255
	}
	for range 12 {
		x, y, radius := r.IntN(w), r.IntN(h), 10+r.IntN(w/6)
		disc(img, x, y, radius, color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(r.IntN(256)), 255})
	}
	return imaging.Blur(img, 0.6)
}

func clip(v int) uint8 { return uint8(min(max(v, 0), 255)) }

// cloud doubles a small picture until it is large enough, and adds grain each time.
func cloud(w, h int, r *rand.Rand) *image.NRGBA {
	img, grain := imaging.New(4, 4, color.NRGBA{128, 128, 128, 255}), 120.0
	for img.Rect.Dx() < max(w, h) {
		side := 2 * img.Rect.Dx()
		img = imaging.Resize(img, side, side, imaging.Linear)
		for i := 0; i < len(img.Pix); i += 4 {
			img.Pix[i] = clip(int(img.Pix[i]) + int(grain*(r.Float64()-0.5)))
		}
		grain *= 0.6
	}
	return imaging.Crop(img, image.Rect(0, 0, w, h))
}

func disc(img *image.NRGBA, cx, cy, radius int, c color.NRGBA) {
	for y := max(cy-radius, 0); y < min(cy+radius, img.Rect.Dy()); y++ {
		for x := max(cx-radius, 0); x < min(cx+radius, img.Rect.Dx()); x++ {
			if (x-cx)*(x-cx)+(y-cy)*(y-cy) < radius*radius {
				img.SetNRGBA(x, y, c)
			}
		}
	}
}

func photosIn(t *testing.T, folder string) map[string][]byte {
	names, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no JPEG files in %q: %v", folder, err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		if files[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestUprightIsPartOfThePlan holds a picture that is stored in each orientation, of odd
// size and with coarse chroma, to the reference.
func TestUprightIsPartOfThePlan(t *testing.T) {
	for o := 1; o <= 8; o++ {
		data := oriented(t, scene(201, 133, 3), o)
		for _, p := range []*Preset{preset("as is"), preset("small", &Resize{Width: 60}), preset("part", &Crop{Width: 101, Height: 51, Gravity: "northwest"}, &Flip{})} {
			got, want := toNRGBA(pixelsOf(t, made(t, data, p)[0].Data)), reference(t, data, p)
			if got.Rect != want.Rect || psnr(got, want) < 33 {
				t.Errorf("orientation %d, %s: %v and %.1f dB to %v", o, p.Name, got.Rect, psnr(got, want), want.Rect)
			}
			p.Output = Output{Format: codec.JPEG, Quality: 98}
			got, want = toNRGBA(pixelsOf(t, made(t, data, p)[0].Data)), coarse(t, want)
			if got.Rect != want.Rect || psnr(got, want) < 33 {
				t.Errorf("orientation %d, %s as JPEG: %v and %.1f dB to %v", o, p.Name, got.Rect, psnr(got, want), want.Rect)
			}
		}
	}
}

// TestWhatIsCroppedAwayDoesNotShow cuts a dark picture out of a white one, of which it is
// decoded at a fraction of its size, and spreads what is left.
func TestWhatIsCroppedAwayDoesNotShow(t *testing.T) {
	img := imaging.New(1600, 1200, color.White)
	dark := image.Rect(600, 400, 1000, 800)
	img = imaging.Paste(img, imaging.AdjustBrightness(scene(400, 400, 5), -60), dark.Min)
	for _, o := range []int{1, 7} {
		data := oriented(t, img, o)
		for _, p := range []*Preset{
			preset("blurred", &Crop{Width: 400, Height: 400}, &Blur{Sigma: 20}, &Resize{Width: 64}),
			preset("blurred whole", &Crop{Width: 400, Height: 400}, &Blur{Sigma: 20}),
			preset("blurred small", &Crop{Width: 400, Height: 400}, &Resize{Width: 64}, &Blur{Sigma: 5}),
			preset("twice", &Crop{Width: 400, Height: 600}, &Flip{}, &Crop{Width: 600, Height: 400}, &Blur{Sigma: 20}, &Resize{Width: 64}),
		} {
			got, want := toNRGBA(pixelsOf(t, made(t, data, p)[0].Data)), reference(t, data, p)
			if got.Rect != want.Rect || psnr(got, want) < 40 {
				t.Errorf("orientation %d, %s: %.1f dB", o, p.Name, psnr(got, want))
			}
		}
	}
}

// TestChromaIsHalvedOnlyAtTheEnd: a JPEG stores half as much chroma as luma, a step on the
// way to it keeps all.
func TestChromaIsHalvedOnlyAtTheEnd(t *testing.T) {
	for name, data := range scenes() {
		p := preset("small, then large", &Resize{Width: 16}, &Resize{Width: 128, Enlarge: true})
		want := coarse(t, reference(t, data, p))
		p.Output = Output{Format: codec.JPEG, Quality: 98}
		if got := toNRGBA(pixelsOf(t, made(t, data, p)[0].Data)); psnr(got, want) < 40 {
			t.Errorf("%s: %.1f dB", name, psnr(got, want))
		}
	}
}

// coarse returns img with as little chroma as a JPEG has.
func coarse(t *testing.T, img *image.NRGBA) *image.NRGBA {
	t.Helper()
	data, err := codec.Encode(img, codec.JPEG, codec.EncodeOptions{Quality: 98})
	if err != nil {
		t.Fatal(err)
	}
	return toNRGBA(pixelsOf(t, data))
}

// oriented returns img as a JPEG that says it is stored in orientation o.
func oriented(t *testing.T, img *image.NRGBA, o int) []byte {
	t.Helper()
	exif := []byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, byte(o), 0, 0, 0, 0, 0, 0, 0}
	data, err := codec.Encode(img, codec.JPEG, codec.EncodeOptions{Quality: 95, Meta: codec.Metadata{EXIF: exif}})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestOneDecodingFeedsAll holds renditions that are made together to the same ones made
// alone.
func TestOneDecodingFeedsAll(t *testing.T) {
	data := scenes()["scene 3 of (900,603)"]
	var presets []*Preset
	for _, width := range []int{450, 300, 150, 30} {
		presets = append(presets, preset(fmt.Sprint(width), &Resize{Width: width}))
	}
	h := header(t, data)
	s := newSchedule(h, plansOf(t, h, presets...))
	if s.turns[3].feeder == decoded || s.decode.Scale != 2 {
		t.Errorf("schedule is %+v", s)
	}
	for i, r := range made(t, data, presets...) {
		got, want := toNRGBA(pixelsOf(t, r.Data)), reference(t, data, presets[i])
		if psnr(got, want) < 36 {
			t.Errorf("%s is %.1f dB from the reference", presets[i].Name, psnr(got, want))
		}
	}
}

func plansOf(t *testing.T, h codec.Header, presets ...*Preset) []Plan {
	t.Helper()
	var plans []Plan
	for _, p := range presets {
		plan, err := NewPlan(p, h, 1<<28)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, plan)
	}
	return plans
}

func BenchmarkRender(b *testing.B) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, scene(500, 375, 1), &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	data := file.Bytes()
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), codec.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	plan, err := NewPlan(&Preset{Steps: []Step{&Resize{Width: 128, Height: 128}}, Output: Output{Format: codec.JPEG, Quality: 75}}, h, 1<<28)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Render(context.Background(), data, h, []Plan{plan}); err != nil {
			b.Fatal(err)
		}
	}
}
