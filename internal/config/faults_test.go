package config

import (
	"fmt"
	"strings"
	"testing"
)

// sound is a file without fault; line 1 is empty so that the text begins in 2.
const sound = `
folders:
  - name: photos
    path: /srv/photos
    presets: [web]
    output: {dir: /srv/out}
`

// Each file is wrong in one place, unless it says otherwise.
var broken = []struct {
	name, text string
	want       []string // "line: path: problem", as far as it matters
}{
	{"empty", ``, []string{"1: folders: is missing"}},
	{"only comments", "# nothing\n", []string{"1: folders: is missing"}},
	{"no folders", "folders: []\n", []string{"1: folders: is an empty list"}},
	{"not a mapping", "- a\n- b\n", []string{"1: keys belong here, not a list"}},
	{"syntax", sound + "log: {level: info\n", []string{"7: YAML: did not find expected"}},
	{"bracket never closed", sound + "log: {level: info\nqueue: {size: 1}\n", []string{"7: YAML: did not find expected ',' or '}'"}},
	{"indentation", sound + "   on_success: keep\nqueue: {size: 1}\n", []string{"7: YAML: did not find expected"}},
	{"indentation of an element", sound + "  -name: x\n", []string{"7: YAML: "}},
	{"quote never closed", sound + "log: {level: \"info}\nqueue: {size: 1}\n", []string{"7: YAML: found unexpected end of stream"}},
	{"no space after the colon", sound + "log:{level: info}\n", []string{"7: log:{level: unknown key"}},
	{"control character", "\x01", []string{" YAML: control characters are not allowed"}},
	{"tab", sound + "log:\n\tlevel: info\n", []string{"8: YAML: found character that cannot start"}},
	{"two documents", sound + "---\nlog: {}\n", []string{"7: YAML: a second document"}},
	{"unknown section", sound + "lgo: {level: info}\n", []string{`7: lgo: unknown key (did you mean "log"?)`}},
	{"unknown key", sound + "    stabel_for: 1s\n", []string{`7: folders[0].stabel_for: unknown key (did you mean "stable_for"?)`}},
	{"key of another case", sound + "Log: {level: info}\n", []string{`7: Log: unknown key (did you mean "log"?)`}},
	{"nothing near", sound + "zebra: 1\n", []string{"7: zebra: unknown key (known are state_dir, ledger, folders,"}},
	{"key twice", sound + "log:\n  level: info\n  level: warn\n", []string{"9: log.level: is given twice (remove one of the two; the first is in line 8)"}},
	{"section twice", sound + "log: {}\nlog: {}\n", []string{"8: log: is given twice (remove one of the two; the first is in line 7)"}},
	{"merge key", sound + "    <<: {name: x}\n", []string{"7: folders[0].<<: unknown key"}},
	{"alias", "folders: &f\n  - {name: a, path: /a, presets: [web], output: {dir: /o}}\npresets: *f\n", []string{"3: presets: YAML aliases"}},
	{"too many", sound + "presets:\n  - name: a\n    steps: [" + strings.Repeat("grayscale, ", 101) + "]\n", []string{"9: presets[0].steps: is a list of 101, 100 is the most"}},
	{"tag", sound + "queue: {size: !!int 5}\n", []string{`7: queue.size: YAML tag "!!int"`}},
	{"text for a number", sound + "queue:\n  size: many\n", []string{`8: queue.size: a whole number belongs here, not the text "many"`}},
	{"fraction for a whole number", sound + "queue: {size: 1.5}\n", []string{"7: queue.size: a whole number belongs here, not the number 1.5"}},
	{"text for a flag", sound + "    recursive: perhaps\n", []string{`7: folders[0].recursive: true or false belongs here, not the text "perhaps"`}},
	{"list for a section", sound + "log: [info]\n", []string{"7: log: keys belong here, not a list"}},
	{"text for a section", sound + "log: info\n", []string{`7: log: keys belong here, not the text "info"`}},
	{"text for a list", sound + "    exclude: a, b\n", []string{`7: folders[0].exclude: a list belongs here, not the text "a, b"`}},
	{"section for a word", sound + "log:\n  level:\n    info: yes\n", []string{"8: log.level: text belongs here, not keys"}},
	{"null in a list", sound + "    exclude:\n      - a\n      -\n", []string{"9: folders[0].exclude[1]: text belongs here, not nothing"}},
	{"duration without unit", sound + "    stable_for: 5\n", []string{`7: folders[0].stable_for: "5" is not a duration; write it like 500ms`}},
	{"duration out of range", sound + "    stable_for: 0s\n", []string{"7: folders[0].stable_for: must be between 1ms and 24h"}},
	{"size", sound + "limits:\n  memory: 1 zebibyte\n", []string{`8: limits.memory: "1 zebibyte" is not a size; write it like 256MiB`}},
	{"size beyond 64 bits", sound + "limits: {memory: 99999999TiB}\n", []string{`7: limits.memory: "99999999TiB" is too large`}},
	{"too many workers", sound + "workers:\n  read: 1\n  write: 2000\n", []string{"9: workers.write: must be between 0 and 1024"}},
	{"file mode", strings.Replace(sound, "/srv/out", `/srv/out, file_mode: "0999"`, 1), []string{`6: folders[0].output.file_mode: "0999" is not a file mode`}},
	{"file mode beyond 0777", strings.Replace(sound, "/srv/out", `/srv/out, dir_mode: 01777`, 1), []string{`6: folders[0].output.dir_mode: "01777" is not a file mode`}},
	{"word", sound + "    on_success: drop\n", []string{`7: folders[0].on_success: "drop" is not one of keep, move, delete`}},
	{"word of the other policy", sound + "    on_failure: delete\n", []string{`7: folders[0].on_failure: "delete" is not one of keep, move`}},
	{"missing path", "folders:\n  - name: a\n    presets: [web]\n    output: {dir: /o}\n", []string{"2: folders[0].path: is missing"}},
	{"missing output", "folders:\n  - name: a\n    path: /a\n    presets: [web]\n", []string{"2: folders[0].output: is missing"}},
	{"empty path", "folders:\n  - name: a\n    path: ''\n    presets: [web]\n    output: {dir: /o}\n", []string{"3: folders[0].path: is empty"}},
	{"name", strings.Replace(sound, "photos", "My Photos", 1), []string{`3: folders[0].name: "My Photos" is not a name`}},
	{"name twice", sound + "  - {name: photos, path: /b, presets: [web], output: {dir: /o}}\n", []string{`7: folders[1].name: "photos" is the name of folders[0]`}},
	{"unknown preset", strings.Replace(sound, "[web]", "\n      - web\n      - thumnail", 1), []string{`7: folders[0].presets[1]: unknown preset "thumnail" (did you mean "thumbnail"?)`}},
	{"hook without a kind", sound + "hooks:\n  on_done:\n    - name: a\n", []string{"9: hooks.on_done[0]: has neither a command nor a webhook"}},
	{"hook of two kinds", sound + "hooks: {on_failed: [{name: a, command: [/bin/a], webhook: 'https://a'}]}\n", []string{"7: hooks.on_failed[0]: has a command and a webhook"}},
	{"hook without a name", sound + "hooks: {on_failed: [{command: [/bin/a]}]}\n", []string{"7: hooks.on_failed[0].name: is missing"}},
	{"hook named twice", sound + "hooks:\n  on_done:\n  - {name: a, command: [/bin/a]}\n  - {name: a, command: [/bin/b]}\n", []string{`10: hooks.on_done[1].name: "a" is the name of hooks.on_done[0]`}},
	{"program that is looked for", sound + "hooks: {on_done: [{name: a, command: [notify, x]}]}\n", []string{`7: hooks.on_done[0].command[0]: "notify" is not an absolute path`}},
	{"zero byte in an argument", sound + "hooks: {on_done: [{name: a, command: [/a, \"x\\0y\"]}]}\n", []string{"7: hooks.on_done[0].command[1]: holds a zero byte"}},
	{"webhook of another scheme", sound + "hooks: {on_done: [{name: a, webhook: 'ftp://u:geheim@a/'}]}\n", []string{"7: hooks.on_done[0].webhook: is not an address of the web (write it like https://example.org/hook)"}},
	{"webhook without host", sound + "hooks: {on_done: [{name: a, webhook: 'https:///hook'}]}\n", []string{"7: hooks.on_done[0].webhook: is not an address"}},
	{"webhook in clear text", sound + "hooks: {on_done: [{name: a, webhook: 'http://10.0.0.1/hook'}]}\n", []string{"7: hooks.on_done[0].webhook: would be sent in clear text"}},
	{"secret of a command", sound + "hooks: {on_done: [{name: a, command: [/a], secret_file: s}]}\n", []string{"7: hooks.on_done[0].secret_file: signs webhooks"}},
	{"clear text of a command", sound + "hooks: {on_done: [{name: a, command: [/a], allow_http: true}]}\n", []string{"7: hooks.on_done[0].allow_http: is about webhooks"}},
	{"hook of an unknown folder", sound + "hooks: {on_done: [{name: a, command: [/a], folders: [photo]}]}\n", []string{`7: hooks.on_done[0].folders[0]: unknown folder "photo" (did you mean "photos"?)`}},
	{"preset listed twice", strings.Replace(sound, "[web]", "[web, web]", 1), []string{`5: folders[0].presets[1]: preset "web" is listed twice`}},
	{"presets of one name", strings.Replace(sound, "[web]", "[web, other]", 1) + "presets:\n  - {name: other, output: {name: '{stem}_web.{ext}'}}\n",
		[]string{`5: folders[0].presets[1]: presets "web" and "other" give renditions the same name`}},
	{"exclude pattern", sound + "    exclude:\n      - ok\n      - '[a'\n", []string{`7: folders[0].exclude: "[a" is not a valid pattern`}},
	{"preset twice", sound + "presets:\n  - {name: a}\n  - {name: a}\n", []string{`9: presets[1].name: "a" is the name of presets[0]`}},
	{"template", sound + "presets:\n  - name: a\n    output:\n      name: '{stm}.{ext}'\n", []string{`10: presets[0].output.name: unknown field "{stm}"`}},
	{"template that leads out", sound + "presets:\n  - {name: a, output: {name: '../{stem}'}}\n", []string{`8: presets[0].output.name: ".." leads out`}},
	{"format", sound + "presets:\n  - name: a\n    output: {format: jpgg}\n", []string{`9: presets[0].output.format: unknown format "jpgg"`}},
	{"format that is not written", sound + "presets:\n  - name: a\n    output: {format: webp}\n", []string{"9: presets[0].output.format: webp can be read but not written"}},
	{"colour", sound + "presets:\n  - name: a\n    output: {background: blue-ish}\n", []string{`9: presets[0].output.background: "blue-ish" is not a colour`}},
	{"quality", sound + "presets:\n  - name: a\n    output: {quality: 0}\n", []string{"9: presets[0].output.quality: must be between 1 and 100"}},
	{"unknown step", sound + "presets:\n  - name: a\n    steps:\n      - blur: {sigma: 2}\n      - resise: {width: 5}\n", []string{`11: presets[0].steps[1]: unknown step "resise" (did you mean "resize"?)`}},
	{"two steps in one", sound + "presets:\n  - name: a\n    steps:\n      - blur: {sigma: 2}\n        grayscale: {}\n", []string{"10: presets[0].steps[0]: a step is one name"}},
	{"step parameter", sound + "presets:\n  - name: a\n    steps:\n      - blur:\n          sigmo: 2\n", []string{
		`11: presets[0].steps[0].blur.sigmo: unknown key (did you mean "sigma"?)`}},
	{"step parameter of the wrong kind", sound + "presets:\n  - name: a\n    steps:\n      - blur: {sigma: much}\n", []string{`10: presets[0].steps[0].blur.sigma: a number belongs here, not the text "much"`}},
	{"step parameter out of range", sound + "presets:\n  - name: a\n    steps:\n      - grayscale\n      - blur:\n          sigma: -1\n", []string{"12: presets[0].steps[1].blur.sigma: -1 is not between"}},
	{"step without its parameters", sound + "presets:\n  - name: a\n    steps: [resize]\n", []string{"9: presets[0].steps[0].resize.width: width or height must be given"}},
	{"address without port", sound + "http:\n  listen: 127.0.0.1\n", []string{`8: http.listen: "127.0.0.1" is no address to listen on`}},
	{"port by name", sound + "http: {listen: '127.0.0.1:http'}\n", []string{`7: http.listen: "127.0.0.1:http" is no address`}},
	{"port beyond 65535", sound + "http: {listen: '127.0.0.1:65536'}\n", []string{`7: http.listen: "127.0.0.1:65536" is no address`}},
	{"address that is a URL", sound + "http: {listen: 'http://127.0.0.1:80'}\n", []string{`7: http.listen: "http://127.0.0.1:80" is no address`}},
	{"open to the network", sound + "http: {listen: ':8077'}\n", []string{`7: http.listen: ":8077" can be reached from other machines`}},
	{"open to one network", sound + "http: {listen: '192.168.1.5:8077'}\n", []string{`7: http.listen: "192.168.1.5:8077" can be reached`}},
	{"host with a port", sound + "http:\n  hosts:\n    - ok\n    - 'photos:80'\n", []string{`10: http.hosts[1]: "photos:80" is no name of a host (write it as in`}},
	{"several", "log: {level: loud}\nfolders:\n  - name: A\n    path: /a\n    paht: /a\n    presets: [wob]\n    output: {}\nqueue: {size: 0}\n", []string{
		`1: log.level: "loud" is not one of`, `3: folders[0].name: "A" is not a name`, "5: folders[0].paht: unknown key",
		`6: folders[0].presets[0]: unknown preset "wob"`, "7: folders[0].output.dir: is missing", "8: queue.size: must be between"}},
}

func TestFaults(t *testing.T) {
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse("f", []byte(tt.text), "/", nil)
			faults, ok := err.(Faults)
			if !ok || c != nil {
				t.Fatalf("Parse = %v, %v; want Faults", c, err)
			}
			if len(faults) != len(tt.want) {
				t.Fatalf("%d faults, want %d:\n%v", len(faults), len(tt.want), faults)
			}
			for i, f := range faults {
				if got := f.Error(); !strings.HasPrefix(got, "f:"+tt.want[i]) {
					t.Errorf("fault %d:\n got %s\nwant f:%s…", i, got, tt.want[i])
				}
			}
		})
	}
}

func TestSoundFileHasNoFaults(t *testing.T) {
	if _, err := Parse("f", []byte(sound), "/", nil); err != nil {
		t.Fatal(err)
	}
}

func TestNumberOfFaultsIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 3 * maxFaults {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	_, err := Parse("f", []byte(b.String()), "/", nil)
	if faults, ok := err.(Faults); !ok || len(faults) != maxFaults {
		t.Fatalf("%d faults, want %d", len(faults), maxFaults)
	}
}

// What is not reported any more is not taken for sound.
func TestFaultBeyondTheBound(t *testing.T) {
	unknown := strings.Repeat("zebra: 1\n", maxFaults)
	if _, err := Parse("f", []byte(unknown+sound+"presets: [{name: a, steps: [nothing]}]"), "/", nil); err == nil {
		t.Fatal("no fault")
	}
}

func TestSizeOfFileIsBounded(t *testing.T) {
	_, err := Parse("f", make([]byte, maxText+1), "/", nil)
	if err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Fatalf("Parse of a large file: %v", err)
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"folders", "presets", "log", "on_success"}
	for word, want := range map[string]string{
		"folder":     `did you mean "folders"?`,
		"FOLDERS":    `did you mean "folders"?`,
		"presest":    `did you mean "presets"?`, // two letters swapped
		"onsuccess":  `did you mean "on_success"?`,
		"lgo":        `did you mean "log"?`,
		"":           "known are folders, presets, log, on_success",
		"completely": "known are folders, presets, log, on_success",
	} {
		if got := suggest(word, known); got != want {
			t.Errorf("suggest(%q) = %s, want %s", word, got, want)
		}
	}
}
