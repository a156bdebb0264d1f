package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/hooks"
	"imgwatchd/internal/ledger"
)

// openHooked starts a daemon on dir/in, which moves sources to dir/archive and
// dir/failed/f, with hooks. What ends it ends its work as well.
func openHooked(t *testing.T, dir, hooks string) *house {
	t.Helper()
	h := &house{T: t, dir: dir, ended: make(chan error, 1)}
	text := `{state_dir: state, http: {listen: ''}, folders: [{name: f, path: in, stable_for: 10ms, presets: [thumbnail], output: {dir: out, durability: none},
		on_success: move, archive_dir: archive}], hooks: ` + hooks + `}`
	cfg, err := config.Parse("test.yaml", []byte(text), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	h.daemon = New(Options{Config: cfg, Log: h.log(), Version: "test"})
	ctx, stop := context.WithCancel(t.Context())
	h.stop = stop
	go func() { h.ended <- h.daemon.Run(ctx, ctx) }()
	h.await("folder watched")
	return h
}

// keeper is a command that keeps each event in a file of its own.
func keeper(dir string) string {
	return `[/bin/sh, -c, 'cat >"$0/$HOOK_ID"', "` + dir + `"]`
}

func readKept(t *testing.T, dir string) (events []hooks.Event) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		var e hooks.Event
		if err == nil {
			err = json.Unmarshal(text, &e)
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		events = append(events, e)
	}
	return events
}

// TestHookHangsForEver beside many jobs and a hook that is well: neither is held up, and
// what waits for the one that hangs, and will not be ended, waits for the next start.
func TestHookHangsForEver(t *testing.T) {
	const files = 200
	dir, kept := newDir(t), t.TempDir()
	h := openHooked(t, dir, `{on_done: [
		{name: hangs, command: [/bin/sh, -c, 'trap "" TERM; exec sleep 600'], timeout: 1h},
		{name: keeps, command: `+keeper(kept)+`, concurrency: 8}]}`)
	for i := range files {
		h.drop(strconv.Itoa(i) + ".png")
	}
	for range files {
		h.await("hook told")
	}
	if n := h.daemon.hooks.Waiting(); n != files {
		t.Errorf("%d wait, want the %d of the hook that hangs", n, files)
	}
	if n := h.daemon.live().HooksWaiting; n != files {
		t.Errorf("the meter is told that %d wait", n)
	}
	h.close()
	h.wantDone(files)
	sources := make(map[string]bool)
	for _, e := range readKept(t, kept) {
		sources[e.Source.Path.Path] = true
	}
	if len(sources) != files {
		t.Errorf("the hook that is well was told of %d files", len(sources))
	}

	l, err := ledger.Open(filepath.Join(dir, "state"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	due, _, err := l.Due("on_done/hangs", time.Now().Add(time.Hour), 2*files)
	if len(due) != files || err != nil {
		t.Errorf("%d wait for the next start, %v", len(due), err)
	}
}

// TestWhatHooksAreTold looks at the events of a file that is done, and of one that failed.
func TestWhatHooksAreTold(t *testing.T) {
	dir, done, failed := newDir(t), t.TempDir(), t.TempDir()
	h := openHooked(t, dir, fmt.Sprintf(`{on_done: [{name: a, command: %s}], on_failed: [{name: a, command: %s}]}`, keeper(done), keeper(failed)))
	h.drop("a.png")
	h.await("hook told")
	name := filepath.Join(dir, "in", "b.png")
	if err := os.WriteFile(name, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("hook told")
	h.close()
	good, bad := readKept(t, done), readKept(t, failed)
	if len(good) != 1 || len(bad) != 1 {
		t.Fatalf("told %+v and %+v", good, bad)
	}
	e := good[0]
	if e.Version != 1 || e.Event != "file.done" || e.Folder != "f" || e.Attempts != 1 || e.Source.Path.Path != filepath.Join(dir, "in", "a.png") ||
		e.Source.Format != "png" || e.Source.Width != 300 || !e.Source.Gone || e.Source.MovedTo.Path != filepath.Join(dir, "archive", "a.png") ||
		len(e.Renditions) != 1 || e.Renditions[0].Path.Path != filepath.Join(dir, "out", "a_thumbnail.jpg") || e.Renditions[0].Width != 128 ||
		len(e.Renditions[0].SHA256) != 64 || e.Timings.Transform <= 0 {
		t.Errorf("told of a file that is done: %+v", e)
	}
	e = bad[0]
	if e.Event != "file.failed" || e.Class != "malformed" || e.Step != "header" || e.Reason == "" || len(e.Renditions) != 0 ||
		e.Source.MovedTo == nil || e.Source.MovedTo.Path != filepath.Join(dir, "failed", "f", "b.png") {
		t.Errorf("told of a file that failed: %+v", e)
	}
	line := h.logs.FilterMessage("hook told").All()[0].ContextMap()
	if line["hook"] != "on_done/a" || line["event"] != good[0].ID || line["tries"] != int64(1) {
		t.Errorf("the log says %v", line)
	}
}
