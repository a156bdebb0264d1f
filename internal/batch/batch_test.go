package batch

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tree writes files below a new directory; content "" is a sound picture.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	picture, err := codec.Encode(image.NewGray(image.Rect(0, 0, 30, 20)), codec.PNG, codec.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		data := []byte(content)
		if content == "" {
			data = picture
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runIn runs a batch over sources below dir to dir/out and returns the reported
// paths with their states, in the order of the reports.
func runIn(t *testing.T, dir string, o Options, sources ...string) ([]string, Summary, error) {
	t.Helper()
	for _, s := range sources {
		o.Sources = append(o.Sources, filepath.Join(dir, s))
	}
	o.Folder.Presets = []*render.Preset{{Name: "p", Output: render.Output{Name: "{stem}_p.{ext}"}}}
	o.Folder.Output = filepath.Join(dir, "out")
	o.Folder.OnConflict = pipeline.SkipTaken
	var got []string
	o.Report = func(out job.Outcome) {
		rel, err := filepath.Rel(dir, filepath.Join(out.Job.Folder, out.Job.Path))
		if err != nil {
			t.Error(err)
		}
		got = append(got, rel+" "+string(out.State))
	}
	s, err := Run(t.Context(), t.Context(), o)
	return got, s, err
}

func outputs(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	out := os.DirFS(filepath.Join(dir, "out"))
	fs.WalkDir(out, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return nil
	})
	return names
}

func TestFilesAndFolders(t *testing.T) {
	dir := tree(t, map[string]string{
		"in/b.png": "", "in/a.png": "", "in/sub/deep/c.png": "", "in/.hidden.png": "", "in/x.part": "", "in/@eaDir/a.png": "",
		"in/bad.png": "x", "in/notes.txt": "x", "one/d.png": "", "one/e.png": "",
	})
	if err := os.Symlink("a.png", filepath.Join(dir, "in/link.png")); err != nil {
		t.Fatal(err)
	}
	// A link that is named is followed.
	if err := os.Symlink("../one/e.png", filepath.Join(dir, "in/named.lnk")); err != nil {
		t.Fatal(err)
	}
	got, s, err := runIn(t, dir, Options{Recursive: true, Ordered: true}, "in", "one/d.png", "in/named.lnk", "in", "in/a.png")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"in/a.png done", "in/b.png done", "in/bad.png failed", "in/link.png skipped", "in/named.lnk skipped",
		"in/notes.txt skipped", "in/sub/deep/c.png done", "one/d.png done", "one/e.png done",
	}
	if !slices.Equal(got, want) {
		t.Errorf("reports are\n%q, want\n%q", got, want)
	}
	if s.Files != 9 || s.Done != 5 || s.Skipped != 3 || s.Failed != 1 || s.NotTaken != 0 || s.BytesIn == 0 || s.BytesOut == 0 || s.Duration <= 0 {
		t.Errorf("summary is %+v", s)
	}
	if got, want := outputs(t, dir), []string{"a_p.png", "b_p.png", "d_p.png", "e_p.png", "sub/deep/c_p.png"}; !slices.Equal(got, want) {
		t.Errorf("outputs are %q, want %q", got, want)
	}
}

func TestShallow(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.png": "", "in/sub/b.png": ""})
	if got, _, err := runIn(t, dir, Options{}, "in"); err != nil || !slices.Equal(got, []string{"in/a.png done"}) {
		t.Errorf("reports are %q, %v", got, err)
	}
}

func TestOutputBelowTheSourceIsNotWalked(t *testing.T) {
	dir := tree(t, map[string]string{"a.png": "", "out/old_p.png": ""})
	if got, _, err := runIn(t, dir, Options{Recursive: true}, "."); err != nil || !slices.Equal(got, []string{"a.png done"}) {
		t.Errorf("reports are %q, %v", got, err)
	}
}

// TestOrder keeps the order of the listing though every worker is at work.
func TestOrder(t *testing.T) {
	files := make(map[string]string)
	var want []string
	for i := range 300 {
		name := fmt.Sprintf("in/%03d.png", i)
		files[name] = ""
		state := " done"
		if i%7 == 0 {
			files[name], state = "x", " failed"
		}
		want = append(want, name+state)
	}
	dir := tree(t, files)
	got, _, err := runIn(t, dir, Options{Ordered: true, Pipeline: pipeline.Options{Readers: 4, Transformers: 4, Writers: 4}}, "in")
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("reports are %q, %v", got, err)
	}
	got, _, err = runIn(t, dir, Options{}, "in")
	slices.Sort(got)
	for i := range want {
		want[i] = want[i][:len("in/000.png")] + map[bool]string{true: " failed", false: " skipped"}[i%7 == 0]
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the second time reports are %q, %v", got, err)
	}
}

func TestFailFast(t *testing.T) {
	files := make(map[string]string)
	for i := range 500 {
		files[fmt.Sprintf("in/%03d.png", i)] = "x"
	}
	dir := tree(t, files)
	got, s, err := runIn(t, dir, Options{FailFast: true}, "in")
	if !errors.Is(err, ErrStopped) || s.NotTaken == 0 || s.Failed == 0 || s.Failed != len(got) {
		t.Errorf("%d reports, %+v, %v", len(got), s, err)
	}
}

func TestOutputAmongTheSources(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.png": "", "in/b.png": "", "plain/x": "x"})
	if err := os.Symlink("in", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		source, out string
		policy      pipeline.Conflict
		want        error
	}{
		{"in", "in", pipeline.SkipTaken, ErrOutputIsSource},
		{"in", "link", pipeline.SkipTaken, ErrOutputIsSource},
		{"link", "in", pipeline.SkipTaken, ErrOutputIsSource},
		{"in/a.png", "link", pipeline.Overwrite, ErrOutputIsSource},
		{"in/a.png", "in", pipeline.SkipTaken, nil},
		{"in", ".", pipeline.Overwrite, ErrOutputIsSource},
		{"in", ".", pipeline.SkipTaken, nil},
		{"in", "link/new/deep", pipeline.Overwrite, nil},
		{"in", "in/new", pipeline.Overwrite, nil},
	} {
		o := Options{Sources: []string{filepath.Join(dir, test.source)}, Recursive: true, Report: func(job.Outcome) {}}
		o.Folder = pipeline.Folder{Output: filepath.Join(dir, test.out), OnConflict: test.policy}
		o.Folder.Presets = []*render.Preset{{Name: "p", Output: render.Output{Name: "{stem}_p.{ext}"}}}
		if _, err := Run(t.Context(), t.Context(), o); !errors.Is(err, test.want) {
			t.Errorf("%s to %s: %v, want %v", test.source, test.out, err, test.want)
		}
	}
}

func TestDryRun(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.png": "", "in/bad.png": "x"})
	got, s, err := runIn(t, dir, Options{DryRun: true, Ordered: true}, "in")
	if err != nil || !slices.Equal(got, []string{"in/a.png done", "in/bad.png failed"}) || s.Done != 1 || len(outputs(t, dir)) > 0 {
		t.Errorf("reports are %q, %+v, %v, outputs %q", got, s, err, outputs(t, dir))
	}
}

func TestStoppedBeforeItBegan(t *testing.T) {
	dir := tree(t, map[string]string{"in/a.png": ""})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := Options{Sources: []string{filepath.Join(dir, "in")}, Report: func(o job.Outcome) { t.Errorf("reported %+v", o) }}
	o.Folder.Output = filepath.Join(dir, "out")
	if s, err := Run(ctx, t.Context(), o); s.Done != 0 || s.Files > 0 && !errors.Is(err, ErrStopped) {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMissingSource(t *testing.T) {
	if _, _, err := runIn(t, t.TempDir(), Options{}, "nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	if _, err := Run(t.Context(), t.Context(), Options{Sources: []string{""}}); err == nil {
		t.Error("no name at all stands for the working directory")
	}
}
