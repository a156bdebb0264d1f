package dropin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgwatchd/internal/config"
)

// A fakeDisk is one filesystem in whose folders nothing else stands, but for those
// named in crowded, and those on devices of their own.
type fakeDisk struct {
	crowded []string
	devices map[string]uint64
}

func (d fakeDisk) Alone(dir string, _ []string) bool {
	for _, c := range d.crowded {
		if c == dir {
			return false
		}
	}
	return true
}

func (d fakeDisk) Device(path string) uint64 {
	for ; path != "/"; path = filepath.Dir(path) {
		if dev, ok := d.devices[path]; ok {
			return dev
		}
	}
	return 1
}

func parse(t *testing.T, yaml string) *config.Config {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(yaml), "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestText(t *testing.T) {
	for _, test := range []struct {
		name, yaml string
		disk       fakeDisk
	}{
		{"granted", `
folders:
- {name: photos, path: /srv/imgwatchd/photos, presets: [web], output: {dir: /srv/imgwatchd/out}}
`, fakeDisk{}},
		{"common-parent", `
folders:
- {name: photos, path: /data/photos, presets: [web], output: {dir: /data/out}, on_success: move}
`, fakeDisk{}},
		{"crowded-parent", `
folders:
- {name: photos, path: /data/photos, presets: [web], output: {dir: /data/out}, on_success: move}
`, fakeDisk{crowded: []string{"/data"}}},
		{"system-parent", `
folders:
- {name: photos, path: /srv/photos, presets: [web], output: {dir: /srv/out}, failed_dir: /srv/failed}
`, fakeDisk{}},
		{"two-filesystems", `
state_dir: /data/state
folders:
- {name: photos, path: /data/photos, presets: [web], output: {dir: /data/out}, failed_dir: /data/failed}
`, fakeDisk{devices: map[string]uint64{"/data/failed": 2}}},
		{"read-only", `
folders:
- {name: shots, path: /mnt/camera, presets: [web], output: {dir: /srv/imgwatchd/out}, on_failure: keep}
- {name: home, path: /home/ada/shots, presets: [web], output: {dir: /srv/imgwatchd/out2}, on_failure: keep}
`, fakeDisk{}},
		{"home", `
folders:
- {name: ada, path: /home/ada/inbox, presets: [web], output: {dir: /home/ada/web}, on_failure: move}
- {name: scratch, path: /tmp/in, presets: [web], output: {dir: /srv/imgwatchd/out}, on_success: delete, on_failure: keep}
`, fakeDisk{crowded: []string{"/home/ada"}}},
		{"names", `
folders:
- {name: 'odd', path: '/data/50% "off" \ it''s/in', presets: [web], output: {dir: "/data/o:u t"}, failed_dir: /data/failed}
- {name: 'home', path: '/home/a:b c/in', presets: [web], output: {dir: /data/out2}, failed_dir: '/home/a:b c/failed'}
`, fakeDisk{crowded: []string{"/data", "/home/a:b c"}}},
		{"page", `
http: {listen: "0.0.0.0:8077", token_file: /etc/imgwatchd/token}
folders:
- {name: photos, path: /srv/imgwatchd/photos, presets: [web], output: {dir: /srv/imgwatchd/out}}
`, fakeDisk{}},
		{"hooks", `
http: {listen: "[::1]:8077"}
socket: /data/run/imgwatchd.sock
folders:
- {name: photos, path: /srv/imgwatchd/photos, presets: [web], output: {dir: /srv/imgwatchd/out}}
hooks:
  on_done:
  - {name: here, webhook: "http://127.0.0.1:9000/secret"}
  - {name: there, webhook: "https://10.1.2.3/secret"}
  on_failed:
  - {name: team, webhook: "https://chat.example.org/secret"}
  - {name: log, command: [/usr/bin/logger]}
`, fakeDisk{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text, err := For(parse(t, test.yaml), test.disk).Text()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", test.name+".conf"), text)
		})
	}
}

// golden compares text with a file; IMGWATCHD_GOLDEN=write makes the file anew.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if os.Getenv("IMGWATCHD_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, text, want)
	}
}

func TestQuote(t *testing.T) {
	for path, want := range map[string]string{
		`/plain/é`:     `/plain/é`,
		`/a b`:         `"/a b"`,
		`/50%`:         `/50%%`,
		`/it's`:        `"/it's"`,
		`/say "a"`:     `"/say \"a\""`,
		`/back\s`:      `"/back\\s"`,
		"/nbsp\u00a0x": "\"/nbsp\u00a0x\"",
	} {
		if got, err := quote(path); err != nil || got != want {
			t.Errorf("quote(%q) = %q, %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"/two\nlines", "/tab\tx", "/caf\xe9", "/esc\x1b[m"} {
		if got, err := quote(path); err == nil {
			t.Errorf("quote(%q) = %q, want an error", path, got)
		}
	}
}

func TestUnnamable(t *testing.T) {
	c := parse(t, `
folders:
- {name: photos, path: "/data/two\nlines", presets: [web], output: {dir: /data/out}}
`)
	if text, err := For(c, fakeDisk{}).Text(); err == nil || !strings.Contains(err.Error(), `two\nlines`) {
		t.Errorf("got %q, %v", text, err)
	}
}

// TestSystem looks at real folders.
func TestSystem(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"in", "failed"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	both := []string{filepath.Join(dir, "in"), filepath.Join(dir, "failed", "in")}
	var disk System
	if !disk.Alone(dir, both) {
		t.Error("a folder with nothing but the two is not alone")
	}
	if disk.Alone(dir, both[:1]) {
		t.Error("a folder with another beside is alone")
	}
	if !disk.Alone(filepath.Join(dir, "none"), both) {
		t.Error("a folder that does not exist is not alone")
	}
	if disk.Device(dir) == 0 || disk.Device(filepath.Join(dir, "none", "at", "all")) != disk.Device(dir) {
		t.Error("what does not exist is not on the device of its parent")
	}
}
