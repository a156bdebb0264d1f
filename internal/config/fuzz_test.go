package config

import (
	"reflect"
	"testing"

	"imgwatchd/configs"
)

// A configuration is refused, or it can be shown and reads back as it was.
func FuzzParse(f *testing.F) {
	for _, b := range broken {
		f.Add(b.text, "IMGWATCHD_LOG_LEVEL=debug")
	}
	f.Add(configs.Default, "IMGWATCHD_FOLDERS_0_PRESETS=[web]")
	f.Add(unusual, "IMGWATCHD_FOLDERS_0_OUTPUT={dir: /x, layout: flat}")
	f.Add(sound, "IMGWATCHD_PRESETS=[{name: a, steps: [blur: {sigma: .inf}, crop: {x: 1}]}]")
	f.Add(sound, "IMGWATCHD_FOLDERS_0_NAME_0=1")
	f.Fuzz(func(t *testing.T, text, variable string) {
		c, err := Parse("f", []byte(text), "/", []string{variable})
		if err != nil {
			if _, ok := err.(Faults); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		shown, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse("shown", shown, "/", nil)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, shown)
		}
		if !reflect.DeepEqual(again.settings, c.settings) {
			t.Fatalf("read back as another one:\n%s", shown)
		}
	})
}
