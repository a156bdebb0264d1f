package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"imgwatchd/internal/pipeline"
)

func TestLoadTakesPathsFromTheFolderOfTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "imgwatchd.yaml")
	text := "folders: [{name: a, path: drop/here, presets: [web], output: {dir: ../out}, on_success: move}]"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := c.settings.Folders[0]
	for _, p := range []struct{ key, got, want string }{
		{"path", f.Path, dir + "/drop/here"},
		{"output.dir", f.Output.Dir, filepath.Dir(dir) + "/out"},
		{"archive_dir", f.ArchiveDir, dir + "/drop/archive/a"},
		{"failed_dir", f.FailedDir, dir + "/drop/failed/a"},
	} {
		if p.got != p.want {
			t.Errorf("%s = %q, want %q", p.key, p.got, p.want)
		}
	}
}

func TestLoadOfMissingFile(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	var pathError *fs.PathError
	if !errors.As(err, &pathError) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load of a missing file: %v", err)
	}
}

func TestFoldersThatAreNotUsedAreNotNamed(t *testing.T) {
	text := sound + "    on_failure: keep\n"
	c, err := Parse("f", []byte(text), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := c.settings.Folders[0]; f.ArchiveDir != "" || f.FailedDir != "" {
		t.Errorf("archive %q, failed %q with both policies keep", f.ArchiveDir, f.FailedDir)
	}
}

func TestQuickstart(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, tt := range []struct{ drop, out, wantDrop, wantOut, wantFailed string }{
		{"", "", dir + "/inbox", dir + "/outbox", dir + "/failed"},
		{"a/b", "/c", dir + "/a/b", "/c", dir + "/a/failed"},
	} {
		c, err := Quickstart(tt.drop, tt.out, []string{"IMGWATCHD_LOG_LEVEL=debug"})
		if err != nil {
			t.Fatal(err)
		}
		f := c.Pipeline().Folders[0]
		if f.Name != "inbox" || f.Root != tt.wantDrop || f.Output != tt.wantOut || f.Failed != tt.wantFailed || f.OnFailure != pipeline.Move {
			t.Errorf("Quickstart(%q, %q) = %+v", tt.drop, tt.out, f)
		}
		if len(f.Presets) != 2 || f.Presets[0].Name != "thumbnail" || f.Presets[1].Name != "web" {
			t.Errorf("presets %v", f.Presets)
		}
		if c.Log.Level != "debug" {
			t.Errorf("environment is not heard: log level %q", c.Log.Level)
		}
	}
}

func TestQuickstartOfOneFolderForBoth(t *testing.T) {
	_, err := Quickstart("/x", "/x", nil)
	want := `folders[0].output.dir: "/x" is the watched folder "inbox" itself (choose another folder, best beside it)`
	if err == nil || err.Error() != want {
		t.Fatalf("got  %v\nwant %s", err, want)
	}
}
