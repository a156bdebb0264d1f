package config

import (
	"encoding"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/render"
)

// fullTree is a tree with one folder, one hook of each kind, and one preset that has
// every step.
func fullTree(t *testing.T) *yaml.Node {
	t.Helper()
	text := sound + "presets:\n  - name: all\n    steps: [" + strings.Join(render.StepNames(), ": {}, ") + ": {}]\n" +
		"hooks: {on_done: [{name: a}], on_failed: [{name: b}]}\n"
	root, err := parseTree([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// sample returns a value for k that is not its default.
func sample(k *key) string {
	for _, word := range k.words() {
		if word != k.tag.Get("default") {
			return word
		}
	}
	switch {
	case k.kind == list:
		return "[one, two]"
	case k.kind == toggle && k.tag.Get("default") == "true":
		return "false"
	case k.kind == toggle:
		return "true"
	case k.kind == number:
		return "7"
	}
	for _, text := range []string{"7s", "7KiB", "0700", "png", "#010203"} {
		t, ok := reflect.New(k.typ).Interface().(encoding.TextUnmarshaler)
		if ok && t.UnmarshalText([]byte(text)) == nil {
			return text
		}
	}
	return "free: text # as it is"
}

func readWith(t *testing.T, environ ...string) (settings, reader) {
	t.Helper()
	o := overlay{root: fullTree(t), variables: map[*yaml.Node]string{}}
	o.apply(environ)
	r := reader{variables: o.variables, report: report{places: places{}, faults: o.faults}}
	values, _ := r.value(schema, o.root, "").(map[string]any)
	s, err := decode(values)
	if err != nil {
		t.Fatal(err)
	}
	return s, r
}

func TestEveryKeyCanBeSetByItsVariable(t *testing.T) {
	without, _ := readWith(t)
	n := 0
	schema.leaves("", func(path string, leaf *key) {
		n++
		step := 0 // the number of the step in fullTree that has the key
		if _, after, ok := strings.Cut(path, "steps[]."); ok {
			for name := render.StepNames(); !strings.HasPrefix(after, name[step]+"."); step++ {
			}
		}
		path = strings.ReplaceAll(path, "steps[]", "steps["+string(rune('0'+step/10))+string(rune('0'+step%10))+"]")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "[0", "["), "[]", "[0]")
		name := envPrefix + strings.ToUpper(strings.NewReplacer("[", "_", "]", "", ".", "_").Replace(path))

		with, r := readWith(t, name+"="+sample(leaf))
		if len(r.faults) > 0 {
			t.Errorf("%s=%s: %v", name, sample(leaf), r.faults)
		}
		if got := r.places[path]; got != (place{file: name}) {
			t.Errorf("%s stands in %+v after setting %s", path, got, name)
		}
		if reflect.DeepEqual(with, without) {
			t.Errorf("%s=%s changed nothing", name, sample(leaf))
		}
	})
	if n < 50 {
		t.Errorf("only %d keys tried", n)
	}
}

func TestEnvironment(t *testing.T) {
	c, err := Parse("f", []byte(sound), "/", []string{
		"IMGWATCHD_FOLDERS_0_PATH=/a: b", "IMGWATCHD_FOLDERS_0_PRESETS_0=thumbnail", "IMGWATCHD_CONFIG=/etc/x.yaml",
		"IMGWATCHD_LIMITS_MAX_PIXELS=5000", "IMGWATCHD_LOG_LEVEL=", "IMGWATCHDOG=1", "HOME=/root", "nonsense",
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := c.settings.Folders[0]; f.Path != "/a: b" || f.Presets[0] != "thumbnail" {
		t.Errorf("folder is %+v", f)
	}
	if c.settings.Limits.MaxPixels != 5000 || c.Log.Level != "info" {
		t.Errorf("max_pixels %d, log level %q", c.settings.Limits.MaxPixels, c.Log.Level)
	}
}

func TestWholeConfigurationFromTheEnvironment(t *testing.T) {
	c, err := Parse("f", nil, "/srv", []string{
		"IMGWATCHD_FOLDERS=[{name: a, path: drop, presets: [web], output: {dir: out}}]",
		"IMGWATCHD_FOLDERS_0_OUTPUT_LAYOUT=flat",
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := c.settings.Folders[0]; f.Path != "/srv/drop" || f.Output.Layout != "flat" {
		t.Errorf("folder is %+v", f)
	}
}

func TestEnvironmentFaults(t *testing.T) {
	for _, tt := range []struct{ variable, want string }{
		{"IMGWATCHD_LOG_LEVLE=info", `IMGWATCHD_LOG_LEVLE: no key is set by this variable (did you mean "IMGWATCHD_LOG_LEVEL"?)`},
		{"IMGWATCHD_FOLDERS_3_PAHT=x", `IMGWATCHD_FOLDERS_3_PAHT: no key is set by this variable (did you mean "IMGWATCHD_FOLDERS_0_PATH"?)`},
		{"IMGWATCHD_LOG_LEVEL_=x", `IMGWATCHD_LOG_LEVEL_: no key`},
		{"IMGWATCHD_=x", `IMGWATCHD_: no key`},
		{"IMGWATCHD_FOLDERS_1_PATH=/x", "IMGWATCHD_FOLDERS_1_PATH: folders[1].path: folders[1] is not there to be changed (set the whole of folders"},
		{"IMGWATCHD_PRESETS_0_NAME=x", "IMGWATCHD_PRESETS_0_NAME: presets[0].name: presets[0] is not there"},
		{"IMGWATCHD_FOLDERS_99999999999999999999_PATH=/x", "IMGWATCHD_FOLDERS_99999999999999999999_PATH: no key"},
		{"IMGWATCHD_QUEUE_SIZE=many", `IMGWATCHD_QUEUE_SIZE: queue.size: a whole number belongs here, not the text "many"`},
		{"IMGWATCHD_QUEUE=[", "IMGWATCHD_QUEUE: queue: YAML: did not find expected node content"},
		{"IMGWATCHD_QUEUE={sise: 1}", `IMGWATCHD_QUEUE: queue.sise: unknown key (did you mean "size"?)`},
		{"IMGWATCHD_FOLDERS_0_PRESETS=web", `IMGWATCHD_FOLDERS_0_PRESETS: folders[0].presets: a list belongs here`},
		{"IMGWATCHD_FOLDERS_0_OUTPUT_DIR=/srv/photos", `IMGWATCHD_FOLDERS_0_OUTPUT_DIR: folders[0].output.dir: "/srv/photos" is the watched folder`},
	} {
		_, err := Parse("f", []byte(sound), "/", []string{tt.variable})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s:\n got %v\nwant %s…", tt.variable, err, tt.want)
		}
	}
}
