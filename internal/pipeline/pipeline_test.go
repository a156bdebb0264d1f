package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

func TestRenditionsAreMirrored(t *testing.T) {
	b := newBench(t)
	web := &render.Preset{Name: "web", Output: render.Output{Format: codec.PNG}}
	b.folder.Presets = append(b.folder.Presets, web)
	source := picture(t, codec.JPEG, 64, 48)
	b.drop("a.jpg", source)
	b.drop("summer/beach/b.JPG", source)

	got := b.work("a.jpg", "summer/beach/b.JPG")
	b.wantFiles("out", "a_thumb.jpg", "a_web.png", "summer/beach/b_thumb.jpg", "summer/beach/b_web.png")
	o := got["summer/beach/b.JPG"]
	b.wantState(o, job.Done, "")
	sum := sha256.Sum256(source)
	if o.Source != (job.Source{Format: "jpeg", Width: 64, Height: 48, Size: int64(len(source)), SHA256: hex.EncodeToString(sum[:])}) {
		t.Errorf("source is %+v", o.Source)
	}
	for i, want := range []struct {
		preset, file string
		size         image.Point
	}{{"thumb", "b_thumb.jpg", image.Pt(16, 12)}, {"web", "b_web.png", image.Pt(64, 48)}} {
		out := o.Outputs[i]
		data, err := os.ReadFile(out.Path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		if out.Preset != want.preset || filepath.Base(out.Path) != want.file || image.Pt(out.Width, out.Height) != want.size ||
			b.sizeOf(out.Path) != want.size || out.Size != int64(len(data)) || out.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("output %d is %+v, want %+v", i, out, want)
		}
	}
}

func TestFlatLayout(t *testing.T) {
	b := newBench(t)
	b.folder.Layout = Flat
	b.drop("x/y/a.png", picture(t, codec.PNG, 20, 20))
	b.wantState(b.work("x/y/a.png")["x/y/a.png"], job.Done, "")
	b.wantFiles("out", "a_thumb.jpg")
}

// TestBadInput drops what must never stop the others, and looks at what becomes
// of each.
func TestBadInput(t *testing.T) {
	b := newBench(t)
	good := picture(t, codec.JPEG, 64, 48)
	png := picture(t, codec.PNG, 64, 48)
	huge := append([]byte(nil), png...)
	copy(huge[16:24], "\x00\x00\xff\xdc\x00\x00\xff\xdc") // 65,500×65,500; the CRC is wrong, too
	long := strings.Repeat("n", 251) + ".jpg"
	for name, data := range map[string][]byte{
		"good.jpg": good, "zero.jpg": {}, "half.jpg": good[:len(good)/2], "garbage.jpg": []byte("not a picture"),
		"notes.txt": []byte("not a picture"), "really a.png": good, "huge.png": huge, "line\nbreak.jpg": good, long: good,
		"page.pdf": []byte("%PDF-1.4 and so on"), "\xff\xfe.jpg": good, "-rf.jpg": good,
	} {
		b.drop(name, data)
	}
	in := b.folder.Root
	for _, err := range []error{
		os.Mkdir(filepath.Join(in, "dir.jpg"), 0o777),
		syscall.Mkfifo(filepath.Join(in, "pipe.jpg"), 0o666),
		os.Symlink("good.jpg", filepath.Join(in, "link.jpg")),
		os.Symlink("nowhere", filepath.Join(in, "dangling.jpg")),
		os.Symlink("/etc", filepath.Join(in, "etc")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]struct {
		state job.State
		class job.Class
	}{
		"good.jpg":        {job.Done, ""},
		"really a.png":    {job.Done, ""},
		"line\nbreak.jpg": {job.Done, ""},
		"\xff\xfe.jpg":    {job.Done, ""},
		"-rf.jpg":         {job.Done, ""},
		"zero.jpg":        {job.Failed, job.Malformed},
		"half.jpg":        {job.Failed, job.Malformed},
		"garbage.jpg":     {job.Failed, job.Malformed},
		"huge.png":        {job.Failed, job.TooLarge},
		"page.pdf":        {job.Failed, job.Unsupported},
		long:              {job.Failed, job.Unsupported},
		"dir.jpg":         {job.Failed, job.Unreadable},
		"pipe.jpg":        {job.Failed, job.Unreadable},
		"link.jpg":        {job.Failed, job.Unreadable},
		"dangling.jpg":    {job.Failed, job.Unreadable},
		"etc/passwd":      {job.Failed, job.Unreadable},
		"../out/x.jpg":    {job.Failed, job.Unreadable},
		"notes.txt":       {job.Skipped, job.NotImage},
		"gone.jpg":        {job.Skipped, job.Vanished},
	}
	var names []string
	for name := range want {
		names = append(names, name)
	}
	for name, o := range b.work(names...) {
		if o.State != want[name].state || job.ClassOf(o.Err) != want[name].class {
			t.Errorf("%.30q ended %s (%s: %v), want %v", name, o.State, job.ClassOf(o.Err), o.Err, want[name])
		}
	}
	b.wantFiles("out", "-rf_thumb.jpg", "good_thumb.jpg", "line\nbreak_thumb.jpg", "really a_thumb.jpg", "\xff\xfe_thumb.jpg")
}

func TestTruncatedAnywhereIsMalformed(t *testing.T) {
	b := newBench(t)
	whole := picture(t, codec.JPEG, 24, 24)
	var names []string
	for n := 3; n < len(whole); n += 7 {
		name := fmt.Sprintf("%04d.jpg", n)
		b.drop(name, whole[:n])
		names = append(names, name)
	}
	for _, o := range b.work(names...) {
		b.wantState(o, job.Failed, job.Malformed)
	}
	b.wantFiles("out")
}

func TestChangedSinceItSettled(t *testing.T) {
	b := newBench(t)
	b.drop("a.jpg", picture(t, codec.JPEG, 24, 24))
	var got job.Outcome
	p := b.pipeline(func(o job.Outcome) { got = o })
	once := true
	p.options.Readers = 1
	p.Run(context.Background(), func() (job.Job, bool) {
		defer func() { once = false }()
		return job.Job{Folder: "photos", Path: "a.jpg", Fingerprint: job.Fingerprint{Size: 1}}, once
	})
	b.wantState(got, job.Changed, job.Modified)
	b.wantFiles("out")
}

// TestTimeout gives up a picture whose work does not end: the others go on, and
// its memory stays booked until it does.
func TestTimeout(t *testing.T) {
	b := newBench(t)
	b.options.Timeout = time.Minute
	b.drop("slow.png", picture(t, codec.PNG, 31, 20))
	b.drop("a.png", picture(t, codec.PNG, 30, 20))
	b.drop("b.png", picture(t, codec.PNG, 30, 20))
	synctest.Test(t, func(t *testing.T) {
		got := make(map[string]job.Outcome)
		var mu sync.Mutex
		p := b.pipeline(func(o job.Outcome) { mu.Lock(); defer mu.Unlock(); got[o.Job.Path] = o })
		stuck := make(chan struct{})
		p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
			if h.Width == 31 {
				<-stuck // it does not look at ctx
			}
			return renderAll(ctx, data, h, plans)
		}
		p.Run(t.Context(), jobs("slow.png", "a.png", "b.png"))
		b.wantState(got["slow.png"], job.Failed, job.Timeout)
		b.wantState(got["a.png"], job.Done, "")
		b.wantState(got["b.png"], job.Done, "")
		if p.budget.TryAcquire(p.options.Memory) {
			t.Error("the memory of what still runs is free")
		}
		close(stuck)
		synctest.Wait()
		if !p.budget.TryAcquire(p.options.Memory) {
			t.Error("the memory is still booked after the work has ended")
		}
	})
	b.wantFiles("out", "a_thumb.jpg", "b_thumb.jpg")
}

// TestHang has a decoder that never ends: others get its memory in the end.
func TestHang(t *testing.T) {
	b := newBench(t)
	b.options.Timeout = time.Minute
	b.drop("hangs.png", picture(t, codec.PNG, 31, 20))
	synctest.Test(t, func(t *testing.T) {
		p := b.pipeline(func(job.Outcome) {})
		ever := make(chan struct{})
		defer close(ever)
		p.make = func(context.Context, []byte, codec.Header, []render.Plan) ([]rendition, error) {
			<-ever
			return nil, nil
		}
		p.Run(t.Context(), jobs("hangs.png"))
		<-time.After(patience * b.options.Timeout)
		synctest.Wait()
		if !p.budget.TryAcquire(p.options.Memory) {
			t.Error("the memory of what hangs is still booked")
		}
	})
}

func TestPanicFailsItsJobOnly(t *testing.T) {
	b := newBench(t)
	b.drop("evil.png", picture(t, codec.PNG, 31, 20))
	b.drop("a.png", picture(t, codec.PNG, 30, 20))
	p := b.pipeline(nil)
	p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
		if h.Width == 31 {
			panic("out of range")
		}
		return renderAll(ctx, data, h, plans)
	}
	got := b.workOn(t.Context(), p, "evil.png", "a.png")
	b.wantState(got["evil.png"], job.Failed, job.Crashed)
	b.wantState(got["a.png"], job.Done, "")
	if !strings.Contains(got["evil.png"].Err.Error(), "out of range") {
		t.Errorf("the reason is %v", got["evil.png"].Err)
	}
}

// TestAbort ends the work while pictures are worked on: nothing is published.
func TestAbort(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess, b.folder.OnFailure = Delete, Move
	var names []string
	for i := range 20 {
		name := fmt.Sprintf("%02d.jpg", i)
		b.drop(name, picture(t, codec.JPEG, 20, 20))
		names = append(names, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p := b.pipeline(nil)
	p.make = func(_ context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
		made, err := renderAll(context.Background(), data, h, plans)
		cancel()
		return made, err
	}
	for _, o := range b.workOn(ctx, p, names...) {
		b.wantState(o, job.Aborted, job.Stopping)
	}
	b.wantFiles("out")
	b.wantFiles("in", names...)
}

// TestBackpressure holds the last stage and counts what was taken up.
func TestBackpressure(t *testing.T) {
	b := newBench(t)
	var names []string
	for i := range 100 {
		name := fmt.Sprintf("%03d.jpg", i)
		b.drop(name, picture(t, codec.JPEG, 20, 20))
		names = append(names, name)
	}
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		var taken, finished atomic.Int64
		p := b.pipeline(func(job.Outcome) { <-hold; finished.Add(1) })
		all := make(chan struct{})
		next := jobs(names...)
		go func() {
			defer close(all)
			p.Run(context.Background(), func() (job.Job, bool) {
				j, ok := next()
				if ok {
					taken.Add(1)
				}
				return j, ok
			})
		}()
		synctest.Wait()
		// Two in the hands of each of the three stages, two in each of the two channels.
		if n := taken.Load(); n != 10 {
			t.Errorf("%d jobs were taken up while nothing could be finished, want 10", n)
		}
		close(hold)
		<-all
		if finished.Load() != 100 {
			t.Errorf("%d jobs finished", finished.Load())
		}
	})
}

// TestMemoryBudget admits pictures as far as the memory goes that their headers
// foretell.
func TestMemoryBudget(t *testing.T) {
	b := newBench(t)
	var names []string
	for i := range 8 {
		name := fmt.Sprintf("%d.png", i)
		b.drop(name, picture(t, codec.PNG, 64, 64))
		names = append(names, name)
	}
	need := b.needOf(names[0])
	for _, test := range []struct {
		memory int64
		most   int32 // at once
		class  job.Class
	}{
		{need - 1, 0, job.TooLarge},
		{need, 1, ""},
		{2*need - 1, 1, ""},
		{4 * need, 4, ""},
	} {
		b.options = Options{Readers: 8, Transformers: 8, Writers: 8, Memory: test.memory}
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			p := b.pipeline(nil)
			p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
				defer now.Add(-1)
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				<-time.After(time.Second) // until all that may come are here
				return renderAll(ctx, data, h, plans)
			}
			for _, o := range b.workOn(t.Context(), p, names...) {
				if job.ClassOf(o.Err) != test.class {
					t.Errorf("with %d bytes, %q ended %s: %v", test.memory, o.Job.Path, o.State, o.Err)
				}
			}
			if most.Load() != test.most {
				t.Errorf("with %d bytes for pictures of %d, %d were worked on at once, want %d", test.memory, need, most.Load(), test.most)
			}
		})
	}
}

// needOf returns what a source books.
func (b *bench) needOf(name string) int64 {
	b.Helper()
	p := b.pipeline(nil)
	it := p.newItem(job.Job{Folder: "photos", Path: name})
	if err := p.load(context.Background(), it); err != nil {
		b.Fatal(err)
	}
	return it.booked
}

func TestPreview(t *testing.T) {
	b := newBench(t)
	b.drop("a.jpg", picture(t, codec.JPEG, 64, 48))
	b.drop("bad.jpg", []byte("x"))
	got := make(map[string]job.Outcome)
	b.pipeline(func(o job.Outcome) { got[o.Job.Path] = o }).Preview(context.Background(), jobs("a.jpg", "bad.jpg"))
	b.wantState(got["a.jpg"], job.Done, "")
	b.wantState(got["bad.jpg"], job.Failed, job.Malformed)
	want := job.Output{Preset: "thumb", Path: filepath.Join(b.folder.Output, "a_thumb.jpg"), Format: "jpeg", Width: 16, Height: 12}
	if len(got["a.jpg"].Outputs) != 1 || got["a.jpg"].Outputs[0] != want {
		t.Errorf("outputs are %+v, want %+v", got["a.jpg"].Outputs, want)
	}
	if _, err := os.Stat(b.folder.Output); err == nil {
		t.Error("a preview made the output folder")
	}
}
