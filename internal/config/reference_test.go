package config

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables of the reference anew")

const (
	reference   = "../../docs/configuration.md"
	tablesBegin = "<!-- The tables from here on follow the schema: go test ./internal/config -update -->\n"
	tablesEnd   = "<!-- End of the tables. -->\n"
)

// twin is a list with the same keys as the one before it, which are shown once.
const twin = "hooks.on_failed[]"

// meanings says what each key is for. Defaults and permitted values are added
// from the schema.
var meanings = map[string]string{
	"state_dir":       "Where the ledger is kept, the record of what is done. A second daemon on the same one refuses to start. It must not be inside a watched folder. A change takes effect at the next start.",
	"ledger":          "How much is remembered. A kept source is never forgotten while it stands, unless the ledger grows too large.",
	"ledger.keep":     "How long sources are remembered that are gone.",
	"ledger.max_size": "The size of the ledger beyond which the oldest entries are dropped, those of sources that are gone first. A kept source that is forgotten is worked on again, with the same result.",

	"folders":                         "The drop folders.",
	"folders[].name":                  "Its name in logs, on the command line and in the default of `archive_dir` and `failed_dir`: up to 64 lower-case letters, digits, `.`, `_` and `-`.",
	"folders[].path":                  "Images that are dropped here are worked on. May be a link.",
	"folders[].recursive":             "Look into its sub-folders too.",
	"folders[].mode":                  "How new files are noticed. `auto` uses inotify, and looks every `poll_interval` where a filesystem sends no events (NFS, SMB, FUSE).",
	"folders[].stable_for":            "Quiet period: a file is ready when its size and time have not changed for this long and nobody has it open for writing.",
	"folders[].rescan_interval":       "How often everything is looked through, whatever events said.",
	"folders[].poll_interval":         "How often folders without events are looked through.",
	"folders[].include":               "Globs of files to work on, blind to case. One without `/` is matched with the name at any depth, one with `/` with the path below the folder, `**` stands for any folders. Content decides what a file is, not its name.",
	"folders[].exclude":               "Globs of files and folders to leave alone; one that ends in `/` means a folder and all below it. What other programs leave behind, such as hidden and temporary files, is always left alone; `imgwatchd config show` lists it.",
	"folders[].presets":               "Names of the presets: one rendition of each image for each of them.",
	"folders[].output.dir":            "Where renditions go. It and its parents are made when missing. It must not be inside a watched folder, unless that folder's `exclude` covers it.",
	"folders[].output.layout":         "`mirror` keeps the sub-folders of the source; `flat` puts everything into one folder.",
	"folders[].output.file_mode":      "Permissions of renditions, whatever the umask.",
	"folders[].output.dir_mode":       "Permissions of folders made for them.",
	"folders[].output.preserve_times": "Give renditions the modification time of their source.",
	"folders[].output.durability":     "`full`: a rendition that is reported done survives a power cut. `none` is faster, and a power cut may lose or empty the files of the last half minute.",
	"folders[].on_success":            "What becomes of a source whose renditions are all there.",
	"folders[].archive_dir":           "Where sources go with `on_success: move`. Default: `archive/NAME` beside `path`.",
	"folders[].on_failure":            "What becomes of an image that cannot be worked on.",
	"folders[].failed_dir":            "Where such images go with `on_failure: move`, with the reason beside them in `NAME.error.json`. Default: `failed/NAME` beside `path`.",
	"folders[].on_conflict":           "What to do when a file of the rendition's name exists: replace it, leave the rendition out, publish it as `NAME_1.EXT`, or fail.",

	"presets":                         "How renditions are made, besides the built-in ones; one of the same name takes the place of a built-in one.",
	"presets[].name":                  "What folders call it; letters as in the name of a folder.",
	"presets[].output.name":           "Template of the file name: `{stem}` and `{ext}` of the source (`{ext}` follows the format), `{preset}`, `{width}`, `{height}`, `{hash}` of the source. A `/` makes folders.",
	"presets[].output.format":         "`jpeg`, `png`, `gif`, `tiff` or `bmp`. Default: that of the source, or where it cannot be written PNG with transparency and JPEG without.",
	"presets[].output.quality":        "Of JPEG.",
	"presets[].output.progressive":    "Of JPEG: shown whole at once, then ever finer, while it loads.",
	"presets[].output.scaling":        "How finely a JPEG is decoded, before it is scaled to the rendition: `fast` at least as fine, `balanced` the same at half of its size and half as fine again at less, `best` three times as fine, or whole.",
	"presets[].output.strip_metadata": "Leave EXIF out. Colour profiles are always kept.",
	"presets[].output.background":     "What shows behind transparency in a format that has none: `#rrggbb`, `#rrggbbaa`, `white`, `black`, `gray` or `transparent`.",

	"presets[].steps[].blur":               "Gaussian blur.",
	"presets[].steps[].blur.sigma":         "Its radius in pixels, 0.1 to 100.",
	"presets[].steps[].brightness":         "Makes everything lighter or darker.",
	"presets[].steps[].brightness.percent": "-100 (black) to 100 (white).",
	"presets[].steps[].contrast":           "Spreads tones about the middle.",
	"presets[].steps[].contrast.percent":   "-100 (gray) to 100.",
	"presets[].steps[].crop":               "Cuts a part out.",
	"presets[].steps[].crop.width":         "Pixels. What lies beyond the picture is left out.",
	"presets[].steps[].crop.height":        "Pixels.",
	"presets[].steps[].crop.x":             "The left edge of the part; with `y`, instead of `gravity`.",
	"presets[].steps[].crop.y":             "The upper edge of the part; with `x`.",
	"presets[].steps[].crop.gravity":       "The part that is kept: `center` (the default), `north`, `northeast`, … `northwest`.",
	"presets[].steps[].flip":               "Mirrors the picture.",
	"presets[].steps[].flip.direction":     "`horizontal` (the default: left becomes right) or `vertical`.",
	"presets[].steps[].gamma":              "Bends the tone curve.",
	"presets[].steps[].gamma.gamma":        "0.1 to 10; below 1 darker, above 1 lighter.",
	"presets[].steps[].grayscale":          "Takes the colour out. No parameters.",
	"presets[].steps[].resize":             "Brings the picture to a size.",
	"presets[].steps[].resize.fit":         "`inside` (the default) or `outside` keep the proportions; `cover` crops what hangs over; `contain` pads; `fill` distorts.",
	"presets[].steps[].resize.width":       "Pixels, up to 30000. With `inside` and `outside` one of the two may be left out.",
	"presets[].steps[].resize.height":      "Pixels, up to 30000.",
	"presets[].steps[].resize.enlarge":     "Scale small pictures up too (`fill` always does).",
	"presets[].steps[].resize.gravity":     "`cover`: the part that is kept; `contain`: where the picture stands.",
	"presets[].steps[].resize.background":  "`contain`: the colour of the padding; default `transparent`.",
	"presets[].steps[].resize.filter":      "`lanczos` (the default), `catmull-rom`, `linear`, `box` or `nearest`.",
	"presets[].steps[].rotate":             "Turns the picture; the canvas grows to hold it.",
	"presets[].steps[].rotate.angle":       "Degrees clockwise, -360 to 360.",
	"presets[].steps[].rotate.background":  "The colour of the corners; default `transparent`.",
	"presets[].steps[].saturation":         "Strengthens or weakens colours.",
	"presets[].steps[].saturation.percent": "-100 (gray) to 100 (twice as strong).",
	"presets[].steps[].sharpen":            "Unsharp mask.",
	"presets[].steps[].sharpen.sigma":      "Its radius in pixels, 0.1 to 100.",

	"workers":              "How many work at a time, in each stage.",
	"workers.read":         "Reading sources. 0: two for each processor, 8 at most, or fewer where few files may be open (`ulimit -n`).",
	"workers.transform":    "Decoding, steps and encoding. 0: one for each processor; more is no use.",
	"workers.write":        "Publishing renditions. 0: 64, or fewer where few files may be open.",
	"queue":                "The work queue.",
	"queue.size":           "How many files may wait. What is found beyond is found again by a later scan.",
	"limits":               "What an image may take. One beyond a limit fails, and is set aside by `on_failure`.",
	"limits.max_file_size": "Size of the file.",
	"limits.max_pixels":    "Width × height of the picture.",
	"limits.max_frames":    "Frames of an animation, or pages.",
	"limits.timeout":       "Time for the work on one image.",
	"limits.memory":        "For all images in work together. 0: half of what the machine or its control group has.",
	"limits.min_free":      "A folder waits, degraded, while the filesystem of its output has less free. 0: it never does.",
	"log":                  "What is logged, on standard error.",
	"log.level":            "The least that is logged.",
	"log.format":           "`auto`: console on a terminal, JSON otherwise.",
	"http":                 "The status page, and the API of [api.md](api.md), for browsers and other programs. Each reload reads the token again; a change of the address moves the page.",
	"http.listen":          "Address and port; port 0 takes any that is free, and `imgwatchd status` says which. `\"\"`: no page. Without a token it must be an address of this machine alone (loopback). A port that is taken is tried again every few seconds; the daemon works meanwhile.",
	"http.token_file":      "A file whose first line is a secret of at least 16 characters. When it is given, every request but `/healthz` and `/readyz` needs it: as `Authorization: Bearer`, or by the login of the page. Required when `listen` is not loopback.",
	"http.hosts":           "Further names under which the page may be asked for, such as that of a proxy in front of it: without port. Others than these, `localhost`, and the address itself are refused, so that no web site can point a name of its own at the page.",
	"socket":               "The control socket, which the verbs of the command line use. Default: `/run/imgwatchd/control.sock` when `state_dir` is `/var/lib/imgwatchd`, else `control.sock` in `state_dir`. A change takes effect at the next start.",

	"hooks":                       "Who is told of files that are done (`on_done`) and of files that failed (`on_failed`), by a command or a webhook; see [hooks.md](hooks.md). `on_failed` is a list of the same keys as `on_done`; each holds up to 16.",
	"hooks.on_done[].name":        "Its name; in logs and metrics it is called `on_done/NAME`. What waits to be delivered is for the hook of this name, whatever else of it changes.",
	"hooks.on_done[].command":     "The absolute path of a program, and its arguments. No shell reads them. The program gets the event on standard input.",
	"hooks.on_done[].webhook":     "Instead of `command`: an `https` URL that the event is posted to.",
	"hooks.on_done[].allow_http":  "Allow an `http` URL also where it leads to another machine.",
	"hooks.on_done[].secret_file": "With `webhook`: the file of the keys that sign, one in each line.",
	"hooks.on_done[].folders":     "Names of the drop folders that it is told of. None: all.",
	"hooks.on_done[].timeout":     "Time for one delivery; a command is killed then.",
	"hooks.on_done[].concurrency": "How many deliveries are under way at a time.",
	"hooks.on_done[].expire":      "How long it is tried to deliver an event.",
}

// typeOf describes the values of k for people.
func typeOf(k *key) string {
	if words := k.words(); words != nil {
		return "`" + strings.Join(words, "`, `") + "`"
	}
	name := map[reflect.Type]string{
		reflect.TypeFor[size](): "size", reflect.TypeFor[duration](): "duration",
		reflect.TypeFor[mode](): "octal mode", reflect.TypeFor[format](): "format",
	}[k.typ]
	switch {
	case k.kind == list:
		name = "list of text"
	case name == "" && k.typ.Name() == "Color":
		name = "colour"
	case name == "" && k.kind == text:
		name = "text"
	case name == "":
		name = strings.TrimPrefix(k.describe(), "a ")
	}
	if lo, hi := k.tag.Get("min"), k.tag.Get("max"); lo != "" {
		name += ", " + lo + " to " + hi
	}
	return name
}

func standardOf(k *key) string {
	if k.required() {
		return "required"
	}
	if d := k.tag.Get("default"); d != "" {
		return "`" + strings.Trim(d, "'") + "`"
	}
	return ""
}

// tables writes the reference of all keys, and fails for those without meaning.
func tables(t *testing.T) string {
	var b strings.Builder
	told := map[string]bool{}
	meaning := func(path string) string {
		told[path] = true
		if meanings[path] == "" {
			t.Errorf("%s has no meaning", path)
		}
		return meanings[path]
	}
	table := func(below string, k *key) {
		b.WriteString("\n| key | value | default | meaning |\n|---|---|---|---|\n")
		k.leaves(below, func(p string, leaf *key) {
			if !strings.Contains(p, ".steps[]") && !strings.HasPrefix(p, twin) {
				short := strings.TrimPrefix(p, below+".")
				fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", short, typeOf(leaf), standardOf(leaf), meaning(p))
			}
		})
	}
	for _, k := range schema.keys {
		below := k.name
		switch k.kind {
		case list:
			below += "[]"
			fmt.Fprintf(&b, "\n## %s\n\n%s A list; each element has:\n", k.name, meaning(k.name))
			table(below, k.elem)
		case text:
			fmt.Fprintf(&b, "\n## %s\n\n%s", k.name, meaning(k.name))
			if standard := standardOf(k); standard != "" {
				fmt.Fprintf(&b, " Default: %s.", standard)
			}
			b.WriteByte('\n')
		default:
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", k.name, meaning(k.name))
			table(below, k)
		}
	}
	presets, _ := schema.find("presets")
	steps, _ := presets.elem.find("steps")
	b.WriteString("\n## Steps\n\nA list under `steps` of a preset, carried out in its order. Each element is one step: `- blur: {sigma: 2}`,\nor its bare name where it needs no parameters: `- grayscale`.\n\n| step | value | meaning |\n|---|---|---|\n")
	for _, s := range steps.elem.keys {
		path := "presets[].steps[]." + s.name
		fmt.Fprintf(&b, "| **%s** | | %s |\n", s.name, meaning(path))
		for _, p := range s.keys {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.name, typeOf(p), meaning(join(path, p.name)))
		}
	}
	for path := range meanings {
		if !told[path] {
			t.Errorf("%s has a meaning but is no key", path)
		}
	}
	return b.String() + "\n"
}

func TestReferenceFollowsTheSchema(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), tablesBegin)
	_, after, ended := strings.Cut(rest, tablesEnd)
	if !found || !ended {
		t.Fatalf("%s has lost the lines around its tables", reference)
	}
	want := before + tablesBegin + tables(t) + tablesEnd + after
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Errorf("%s is out of date: run go test ./internal/config -update", reference)
	}
}
