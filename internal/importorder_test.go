package internal_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "imgwatchd"

// importOrder is the house rule: a room imports only rooms to the left of its
// own "<". Rooms between the same two "<" do not know each other. It is a
// statement of policy: a new room is added here first, and an arrow that turns
// out to run right is a sign to move code, not rooms.
const importOrder = `
	job, configs, pixel, unpack
	< jpeg, png, resample, atomicfile
	< codec
	< render, queue, watcher, ledger, meter
	< pipeline, hooks
	< config, batch
	< web, doctor
	< daemon
	< cmd, bench, packaging, test
`

// exclusive lists the imports that are the business of a few rooms alone.
var exclusive = map[string][]string{
	"github.com/spf13/viper":            {"config"},
	"github.com/fsnotify/fsnotify":      {"watcher"},
	"github.com/disintegration/imaging": {"render"},
	module + "/configs":                 {"config", "cmd"},
	"modernc.org/sqlite":                {"ledger"},
	"C":                                 nil, // no C in the process: untrusted bytes meet memory-safe code only
}

// An arrow is one import in one file.
type arrow struct {
	file string // slash-separated, below the module's root
	path string // what it imports
}

func TestImportOrder(t *testing.T) {
	arrows, err := readArrows(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(arrows) == 0 {
		t.Fatal("no imports found")
	}
	for _, v := range violations(arrows) {
		t.Error(v)
	}
}

func TestViolations(t *testing.T) {
	tests := []struct {
		name string
		arrow
		want string // part of the complaint; empty: permitted
	}{
		{"left", arrow{"internal/codec/png.go", "imgwatchd/internal/jpeg"}, ""},
		{"far left", arrow{"internal/daemon/daemon.go", "imgwatchd/internal/job"}, ""},
		{"right", arrow{"internal/codec/png.go", "imgwatchd/internal/render"}, "codec may not import render"},
		{"right, in a test", arrow{"internal/job/job_test.go", "imgwatchd/internal/codec"}, "job may not import codec"},
		{"same tier", arrow{"internal/queue/queue.go", "imgwatchd/internal/ledger"}, "queue may not import ledger"},
		{"within a room", arrow{"internal/jpeg/scan.go", "imgwatchd/internal/jpeg/huffman"}, ""},
		{"sub-package to the right", arrow{"internal/web/web.go", "imgwatchd/internal/daemon/control"}, "web may not import daemon"},
		{"command", arrow{"cmd/imgwatchd/main.go", "imgwatchd/internal/daemon"}, ""},
		{"unknown room", arrow{"internal/util/util.go", "fmt"}, `room "util" is not in the import order`},
		{"unknown import", arrow{"internal/web/web.go", "imgwatchd/internal/util"}, `room "util" is not in the import order`},
		{"unknown folder", arrow{"pkg/x/x.go", "fmt"}, `room "pkg" is not in the import order`},
		{"file in no room", arrow{"main.go", "fmt"}, "main.go is in no room"},
		{"standard library", arrow{"internal/job/job.go", "io/fs"}, ""},
		{"other module", arrow{"internal/queue/queue_test.go", "go.uber.org/goleak"}, ""},
		{"name only begins alike", arrow{"internal/job/job.go", "imgwatchdx/internal/web"}, ""},
		{"viper in its room", arrow{"internal/config/load.go", "github.com/spf13/viper"}, ""},
		{"viper elsewhere", arrow{"cmd/imgwatchd/run.go", "github.com/spf13/viper"}, "only config may import"},
		{"fsnotify elsewhere", arrow{"internal/daemon/daemon.go", "github.com/fsnotify/fsnotify/internal"}, "only watcher may import"},
		{"imaging elsewhere", arrow{"internal/codec/png.go", "github.com/disintegration/imaging"}, "only render may import"},
		{"defaults in their rooms", arrow{"internal/config/load.go", "imgwatchd/configs"}, ""},
		{"defaults elsewhere", arrow{"internal/web/web.go", "imgwatchd/configs"}, "only config, cmd may import"},
		{"cgo", arrow{"internal/jpeg/turbo.go", "C"}, "nobody may import"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Join(violations([]arrow{tt.arrow}), "; ")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("violations(%v) = %q, want %q", tt.arrow, got, tt.want)
			}
		})
	}
}

// violations returns a complaint for each arrow that breaks a rule.
func violations(arrows []arrow) []string {
	tier := tiers(importOrder)
	var complaints []string
	complain := func(a arrow, format string, args ...any) {
		complaints = append(complaints, fmt.Sprintf("%s imports %q: ", a.file, a.path)+fmt.Sprintf(format, args...))
	}
	for _, a := range arrows {
		from := roomOf(path.Dir(a.file))
		if from == "" {
			complain(a, "%s is in no room", a.file)
			continue
		}
		if _, known := tier[from]; !known {
			complain(a, "room %q is not in the import order", from)
			continue
		}
		for pkg, rooms := range exclusive {
			if within(a.path, pkg) && !slices.Contains(rooms, from) {
				complain(a, "%s may import it", oneOf(rooms))
			}
		}
		if !within(a.path, module) {
			continue
		}
		to := roomOf(strings.TrimPrefix(strings.TrimPrefix(a.path, module), "/"))
		if _, known := tier[to]; !known {
			complain(a, "room %q is not in the import order", to)
		} else if to != from && tier[to] >= tier[from] {
			complain(a, "%s may not import %s", from, to)
		}
	}
	return complaints
}

// tiers reads an import order: the tier of each room, from the left.
func tiers(order string) map[string]int {
	tier := map[string]int{}
	for i, rooms := range strings.Split(order, "<") {
		for room := range strings.SplitSeq(rooms, ",") {
			tier[strings.TrimSpace(room)] = i
		}
	}
	return tier
}

// roomOf returns the room that a directory of the module belongs to. Tests about
// the house as a whole, such as this one, stand in internal itself: they see all.
func roomOf(dir string) string {
	first, rest, _ := strings.Cut(dir, "/")
	switch {
	case first == ".":
		return ""
	case first == "internal" && rest == "":
		return "cmd"
	case first == "internal":
		room, _, _ := strings.Cut(rest, "/")
		return room
	default:
		return first
	}
}

// within reports whether an import path is pkg or below it.
func within(importPath, pkg string) bool {
	rest, ok := strings.CutPrefix(importPath, pkg)
	return ok && (rest == "" || rest[0] == '/')
}

func oneOf(rooms []string) string {
	if len(rooms) == 0 {
		return "nobody"
	}
	return "only " + strings.Join(rooms, ", ")
}

// readArrows returns every import of every Go file of the module, whatever its
// build constraints. As the go command does, it leaves out testdata, nested
// modules, and directories that begin with "." or "_".
func readArrows(tree fs.FS) ([]arrow, error) {
	var arrows []arrow
	err := fs.WalkDir(tree, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && name != "." && isForeign(tree, name):
			return fs.SkipDir
		case e.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		found, err := readFile(tree, name)
		arrows = append(arrows, found...)
		return err
	})
	return arrows, err
}

func isForeign(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return base == "testdata" || strings.ContainsAny(base[:1], "._") || err == nil
}

func readFile(tree fs.FS, name string) ([]arrow, error) {
	src, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	f, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var arrows []arrow
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		arrows = append(arrows, arrow{name, target})
	}
	return arrows, nil
}
