package config

import (
	"reflect"
	"testing"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
)

// Every value differs from its default, so that none can be forgotten.
const unusual = `
state_dir: /srv/state
ledger: {keep: 7d, max_size: 8MiB}
folders:
  - name: odd
    path: /srv/odd
    recursive: false
    mode: poll
    stable_for: 2s
    rescan_interval: 3m
    poll_interval: 4s
    include: ["*.jpg"]
    exclude: ["raw/"]
    presets: [square]
    output:
      dir: /srv/out
      layout: flat
      file_mode: "0640"
      dir_mode: 0750
      preserve_times: true
      durability: none
    on_success: move
    archive_dir: /srv/old
    on_failure: move
    failed_dir: /srv/bad
    on_conflict: rename
workers: {read: 1, transform: 2, write: 3}
queue: {size: 4}
limits: {max_file_size: 5KiB, max_pixels: 6, max_frames: 7, timeout: 8s, memory: 9MB, min_free: 10MB}
log: {level: warn, format: json}
http: {listen: "", token_file: /srv/token, hosts: [example.org]}
socket: /srv/socket
`

func TestRooms(t *testing.T) {
	c, err := Parse("f", []byte(unusual), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	watchers := []watcher.Options{{
		Folder: "odd", Root: "/srv/odd", Recursive: false, Mode: watcher.Poll,
		StableFor: 2 * time.Second, RescanInterval: 3 * time.Minute, PollInterval: 4 * time.Second,
		Include: []string{"*.jpg"}, Exclude: []string{"raw/"},
	}}
	if got := c.Watchers(); !reflect.DeepEqual(got, watchers) {
		t.Errorf("Watchers() = %+v", got)
	}
	square, _ := c.Preset("square")
	line := pipeline.Options{
		Folders: []pipeline.Folder{{
			Name: "odd", Root: "/srv/odd",
			Output: "/srv/out", Layout: pipeline.Flat, OnConflict: pipeline.Rename,
			OnSuccess: pipeline.Move, Archive: "/srv/old", OnFailure: pipeline.Move, Failed: "/srv/bad", Patience: 20 * time.Second,
			FileMode: 0o640, DirMode: 0o750, PreserveTimes: true, Durability: atomicfile.None,
		}},
		Readers: 1, Transformers: 2, Writers: 3, Memory: 9e6, Timeout: 8 * time.Second, MinFree: 10e6,
		Limits: codec.Limits{MaxFileSize: 5 << 10, MaxPixels: 6, MaxFrames: 7},
	}
	line.Folders[0].Presets = append(line.Folders[0].Presets, square)
	if got := c.Pipeline(); !reflect.DeepEqual(got, line) {
		t.Errorf("Pipeline() = %+v", got)
	}
	if keep, size := c.Retention(); c.StateDir() != "/srv/state" || keep != 7*24*time.Hour || size != 8<<20 {
		t.Errorf("state in %q, kept for %v, up to %d bytes", c.StateDir(), keep, size)
	}
	if h := (HTTP{"", "/srv/token", []string{"example.org"}}); !reflect.DeepEqual(c.HTTP(), h) || c.Socket() != "/srv/socket" {
		t.Errorf("HTTP() = %+v, socket %q", c.HTTP(), c.Socket())
	}
	if c.QueueSize() != 4 || c.Log != (Log{Level: "warn", Format: "json"}) {
		t.Errorf("queue size %d, log %+v", c.QueueSize(), c.Log)
	}
}
