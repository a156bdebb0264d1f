package pipeline

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// picture returns a w×h picture as a file.
func picture(t testing.TB, f codec.Format, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x * 3), uint8(y * 5), uint8(x ^ y), 255})
		}
	}
	data, err := codec.Encode(img, f, codec.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// thumb is a preset that makes 16×16 JPEGs called NAME_thumb.jpg.
func thumb() *render.Preset {
	return &render.Preset{
		Name:   "thumb",
		Steps:  []render.Step{&render.Resize{Width: 16, Height: 16}},
		Output: render.Output{Name: "{stem}_thumb.{ext}", Format: codec.JPEG},
	}
}

// A bench is a folder of sources and places for what is made of them.
type bench struct {
	*testing.T
	dir     string
	folder  Folder
	options Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{T: t, dir: dir, folder: Folder{
		Name:    "photos",
		Root:    filepath.Join(dir, "in"),
		Presets: []*render.Preset{thumb()},
		Output:  filepath.Join(dir, "out"),
		Archive: filepath.Join(dir, "archive"),
		Failed:  filepath.Join(dir, "failed"),
	}}
	b.options = Options{Readers: 2, Transformers: 2, Writers: 2, Memory: 1 << 28, Version: "test"}
	if err := os.Mkdir(b.folder.Root, 0o777); err != nil {
		t.Fatal(err)
	}
	return b
}

// drop writes a source.
func (b *bench) drop(name string, data []byte) {
	b.Helper()
	path := filepath.Join(b.folder.Root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		b.Fatal(err)
	}
}

// pipeline returns a pipeline that reports to finished.
func (b *bench) pipeline(finished func(job.Outcome)) *Pipeline {
	o := b.options
	o.Folders = []Folder{b.folder}
	o.Hooks.Finished = finished
	return New(o)
}

// work runs a job for each name and returns the outcomes by name.
func (b *bench) work(names ...string) map[string]job.Outcome {
	b.Helper()
	return b.workOn(context.Background(), nil, names...)
}

// workOn is work with a context, on a pipeline that may have been used before.
func (b *bench) workOn(ctx context.Context, p *Pipeline, names ...string) map[string]job.Outcome {
	b.Helper()
	var mu sync.Mutex
	outcomes := make(map[string]job.Outcome)
	finished := func(o job.Outcome) {
		mu.Lock()
		defer mu.Unlock()
		if _, twice := outcomes[o.Job.Path]; twice {
			b.Errorf("%q finished twice", o.Job.Path)
		}
		outcomes[o.Job.Path] = o
	}
	if p == nil {
		p = b.pipeline(nil)
	}
	p.options.Hooks.Finished = finished
	p.Run(ctx, jobs(names...))
	if p.budget.TryAcquire(p.options.Memory) {
		p.budget.Release(p.options.Memory)
	} else if ctx.Err() == nil {
		b.Error("memory is still booked after the run")
	}
	return outcomes
}

// jobs returns a source of jobs.
func jobs(names ...string) func() (job.Job, bool) {
	queue := make(chan job.Job, len(names))
	for _, name := range names {
		queue <- job.Job{Folder: "photos", Path: name}
	}
	close(queue)
	return func() (job.Job, bool) { j, ok := <-queue; return j, ok }
}

// files lists all files below the bench's directory dir, sorted.
func (b *bench) files(dir string) []string {
	b.Helper()
	var names []string
	root := filepath.Join(b.dir, dir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			names = append(names, rel)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func (b *bench) wantFiles(dir string, want ...string) {
	b.Helper()
	if got := b.files(dir); !slices.Equal(got, want) {
		b.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

func (b *bench) wantState(o job.Outcome, state job.State, class job.Class) {
	b.Helper()
	if o.State != state || job.ClassOf(o.Err) != class {
		b.Errorf("%q ended %s (%s: %v), want %s (%s)", o.Job.Path, o.State, job.ClassOf(o.Err), o.Err, state, class)
	}
}

// sizeOf returns the size of the picture in a file.
func (b *bench) sizeOf(path string) image.Point {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), codec.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	return image.Pt(h.Width, h.Height)
}
