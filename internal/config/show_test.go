package config

import (
	"reflect"
	"strings"
	"testing"

	"imgwatchd/internal/watcher"
)

func TestShownConfigurationReadsBack(t *testing.T) {
	for name, text := range map[string]string{"least": sound, "unusual": unusual, "steps": sound + `
presets:
  - name: a
    steps:
      - crop: {width: 10, height: 20, x: 0, y: 5}
      - resize: {fit: contain, width: 8, height: 8, background: "#10203040", enlarge: true}
      - grayscale
      - rotate: {angle: -12.5, background: white}
`} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("f", []byte(text), "/", nil)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := c.YAML()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse("shown", shown, "/elsewhere", nil)
			if err != nil {
				t.Fatalf("%v\nin\n%s", err, shown)
			}
			if !reflect.DeepEqual(again.settings, c.settings) || !reflect.DeepEqual(again.presets, c.presets) {
				t.Errorf("read back as another one:\n%s", shown)
			}
		})
	}
}

func TestShownConfigurationIsComplete(t *testing.T) {
	shown, err := Default().YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range append(watcher.DefaultIgnore(),
		"stable_for: 1s", "rescan_interval: 5m", `file_mode: "0644"`, "max_file_size: 256MiB", "timeout: 1m",
		"failed_dir: /srv/imgwatchd/failed/photos", "- blur: {sigma: 10}", "- grayscale: {}",
		"- resize: {fit: fill, width: 300, height: 300, filter: catmull-rom}", "background: '#ffffff'",
	) {
		if !strings.Contains(string(shown), want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
}
