package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFoldersThatFeedEachOther(t *testing.T) {
	const keep = ", on_failure: keep"
	for _, tt := range []struct {
		name    string
		folders []string // {path, output.dir, further keys}
		want    string   // the one fault; "": none
	}{
		{"side by side", []string{"/in|/out|"}, ""},
		{"a name that only begins alike", []string{"/in|/in-out|"}, ""},
		{"output below", []string{"/in|/in/out|"}, `f:2: folders[0].output.dir: "/in/out" is inside the watched folder "n0" (choose a folder beside it, or add "out/" to the exclude of "n0")`},
		{"output below, excluded", []string{"/in|/in/out|, exclude: [out/]"}, ""},
		{"output below, excluded by ** and case", []string{"/in|/in/A/Out|, exclude: ['a/out/**']"}, ""},
		{"output below an excluded one", []string{"/in|/in/done/out|, exclude: [done]"}, ""},
		{"output below, excluded only in part", []string{"/in|/in/out|, exclude: [out/*.jpg]"}, `f:2: folders[0].output.dir: "/in/out" is inside`},
		{"output below, hidden", []string{"/in|/in/.out|"}, ""},
		{"output below, not recursive", []string{"/in|/in/out|, recursive: false"}, ""},
		{"output the same", []string{"/in|/in/../in/|, recursive: false"}, `f:2: folders[0].output.dir: "/in" is the watched folder "n0" itself`},
		{"output around", []string{"/a/in|/a|" + keep}, `f:2: folders[0].output.dir: "/a" has the watched folder "n0" inside`},
		{"output in another's tree", []string{"/in|/out|", "/two|/in/x|"}, `f:3: folders[1].output.dir: "/in/x" is inside the watched folder "n0"`},
		{"one output for two", []string{"/in|/out|", "/two|/out|"}, ""},
		{"archive below", []string{"/in|/out|, on_success: move, archive_dir: /in/old"}, `f:2: folders[0].archive_dir: "/in/old" is inside`},
		{"archive below, not used", []string{"/in|/out|, archive_dir: /in/old"}, ""},
		{"failed below", []string{"/in|/out|, failed_dir: /in/bad"}, `f:2: folders[0].failed_dir: "/in/bad" is inside`},
		{"failed by default in another's tree", []string{"/a/in|/out|", "/a/failed|/out|" + keep}, `f:2: folders[0].failed_dir: "/a/failed/n0" is inside the watched folder "n1"`},
		{"archive among renditions", []string{"/in|/out|, on_success: move, archive_dir: /out"}, `f:2: folders[0].archive_dir: "/out" is also the folder of the renditions`},
		{"watched twice", []string{"/in|/out|", "/in|/out|"}, `f:3: folders[1].path: "/in" is also watched as "n0", through "/in"`},
		{"watched within", []string{"/in|/out|", "/in/sub|/out|" + keep}, `f:3: folders[1].path: "/in/sub" is also watched as "n0"`},
		{"watched around", []string{"/in/sub|/out|" + keep, "/in|/out|"}, `f:3: folders[1].path: "/in" is also watched as "n0"`},
		{"watched within, excluded", []string{"/in|/out|, exclude: [sub/]", "/in/sub|/out|" + keep}, ""},
		{"watched within, not recursive", []string{"/in|/out|, recursive: false", "/in/sub|/out|" + keep}, ""},
		{"root", []string{"/|/out|, exclude: [var/]" + keep}, `f:2: folders[0].output.dir: "/out" is inside`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "folders:\n"
			for i, f := range tt.folders {
				p := strings.Split(f, "|")
				text += fmt.Sprintf("  - {name: n%d, path: %s, presets: [web], output: {dir: %s}%s}\n", i, p[0], p[1], p[2])
			}
			_, err := Parse("f", []byte(text), "/", nil)
			switch got := fmt.Sprint(err); {
			case tt.want == "" && err != nil:
				t.Errorf("unexpected fault:\n%v", err)
			case tt.want != "" && (!strings.HasPrefix(got, tt.want) || strings.Contains(got, "\n")):
				t.Errorf("got  %s\nwant %s…", got, tt.want)
			}
		})
	}
}

func TestStateInWatchedTree(t *testing.T) {
	text := "state_dir: /in/state\nfolders: [{name: a, path: /in, presets: [web], output: {dir: /out}, on_failure: keep%s}]"
	_, err := Parse("f", fmt.Appendf(nil, text, ""), "/", nil)
	if want := `f:1: state_dir: "/in/state" is inside the watched folder "a"`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got  %v\nwant %s…", err, want)
	}
	if _, err := Parse("f", fmt.Appendf(nil, text, ", exclude: [state/]"), "/", nil); err != nil {
		t.Errorf("state in an excluded folder: %v", err)
	}
}

func TestTreesAreComparedBehindLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("in", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	text := "folders: [{name: a, path: in, presets: [web], output: {dir: link/not/there/yet}}]"
	_, err := Parse("f", []byte(text), dir, nil)
	if err == nil || !strings.Contains(err.Error(), `"not/there/yet/" to the exclude`) {
		t.Fatalf("output behind a link into the watched folder: %v", err)
	}
}
