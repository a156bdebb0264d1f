package config

import (
	"maps"
	"slices"

	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
)

// A Config is a whole configuration: every default filled in, every path
// absolute, all of it valid.
type Config struct {
	Log Log

	settings settings
	presets  map[string]*render.Preset
	places   places // for the faults of CheckPaths
}

// Log says what is logged, and how.
type Log struct {
	Level  string `yaml:"level" default:"info" oneof:"debug|info|warn|error"`
	Format string `yaml:"format" default:"auto" oneof:"auto|console|json"`
}

// settings is the file. Tags: yaml names the key; default is its value, as YAML,
// when it is left out; required forbids to leave it out or empty; oneof, min and
// max bound it.
type settings struct {
	StateDir string   `yaml:"state_dir" default:"/var/lib/imgwatchd"`
	Ledger   ledger   `yaml:"ledger" default:"{}"`
	Folders  []folder `yaml:"folders" required:"true" max:"1000"`
	Presets  []preset `yaml:"presets" default:"[]" max:"1000"`
	Workers  workers  `yaml:"workers" default:"{}"`
	Queue    queue    `yaml:"queue" default:"{}"`
	Limits   limits   `yaml:"limits" default:"{}"`
	Hooks    hookSet  `yaml:"hooks" default:"{}"`
	Log      Log      `yaml:"log" default:"{}"`
	HTTP     HTTP     `yaml:"http" default:"{}"`
	Socket   string   `yaml:"socket,omitempty"`
}

type ledger struct {
	Keep    duration `yaml:"keep" default:"90d" min:"1s" max:"36500d"`
	MaxSize size     `yaml:"max_size" default:"1GiB" min:"1KiB" max:"1TiB"`
}

type folder struct {
	Name           string   `yaml:"name" required:"true"`
	Path           string   `yaml:"path" required:"true"`
	Recursive      bool     `yaml:"recursive" default:"true"`
	Mode           string   `yaml:"mode" default:"auto" oneof:"auto|events|poll"`
	StableFor      duration `yaml:"stable_for" default:"1s" min:"1ms" max:"24h"`
	RescanInterval duration `yaml:"rescan_interval" default:"5m" min:"1s" max:"168h"`
	PollInterval   duration `yaml:"poll_interval" default:"10s" min:"100ms" max:"24h"`
	Include        []string `yaml:"include" default:"['**']" max:"100"`
	Exclude        []string `yaml:"exclude" default:"[]" max:"100"`
	Presets        []string `yaml:"presets" required:"true" max:"100"`
	Output         output   `yaml:"output" required:"true"`

	OnSuccess  pipeline.Disposal `yaml:"on_success" default:"keep" oneof:"keep|move|delete"`
	ArchiveDir string            `yaml:"archive_dir,omitempty"`
	OnFailure  pipeline.Disposal `yaml:"on_failure" default:"move" oneof:"keep|move"`
	FailedDir  string            `yaml:"failed_dir,omitempty"`
	OnConflict pipeline.Conflict `yaml:"on_conflict" default:"overwrite" oneof:"overwrite|skip|rename|fail"`
}

type output struct {
	Dir           string          `yaml:"dir" required:"true"`
	Layout        pipeline.Layout `yaml:"layout" default:"mirror" oneof:"mirror|flat"`
	FileMode      mode            `yaml:"file_mode" default:"'0644'"`
	DirMode       mode            `yaml:"dir_mode" default:"'0755'"`
	PreserveTimes bool            `yaml:"preserve_times" default:"false"`
	Durability    string          `yaml:"durability" default:"full" oneof:"full|none"`
}

type preset struct {
	Name   string    `yaml:"name" required:"true"`
	Steps  []step    `yaml:"steps" default:"[]" max:"100"`
	Output rendition `yaml:"output" default:"{}"`
}

type rendition struct {
	Name          string       `yaml:"name" default:"'{stem}_{preset}.{ext}'"`
	Format        format       `yaml:"format,omitempty"`
	Quality       int          `yaml:"quality" default:"80" min:"1" max:"100"`
	Progressive   bool         `yaml:"progressive" default:"false"`
	Scaling       string       `yaml:"scaling" default:"balanced" oneof:"fast|balanced|best"`
	StripMetadata bool         `yaml:"strip_metadata" default:"true"`
	Background    render.Color `yaml:"background" default:"white"`
}

type workers struct {
	Read      int `yaml:"read" default:"0" min:"0" max:"1024"`
	Transform int `yaml:"transform" default:"0" min:"0" max:"1024"`
	Write     int `yaml:"write" default:"0" min:"0" max:"1024"`
}

type queue struct {
	Size int `yaml:"size" default:"100000" min:"1" max:"10000000"`
}

type limits struct {
	MaxFileSize size     `yaml:"max_file_size" default:"256MiB" min:"1" max:"1TiB"`
	MaxPixels   int64    `yaml:"max_pixels" default:"268402689" min:"1" max:"1000000000000"`
	MaxFrames   int      `yaml:"max_frames" default:"1000" min:"1" max:"1000000"`
	Timeout     duration `yaml:"timeout" default:"1m" min:"1s" max:"24h"`
	Memory      size     `yaml:"memory" default:"0" min:"0" max:"1TiB"`
	MinFree     size     `yaml:"min_free" default:"64MiB" min:"0" max:"1024TiB"`
}

type hookSet struct {
	OnDone   []hook `yaml:"on_done" default:"[]" max:"16"`
	OnFailed []hook `yaml:"on_failed" default:"[]" max:"16"`
}

type hook struct {
	Name        string   `yaml:"name" required:"true"`
	Command     []string `yaml:"command,omitempty" default:"[]" max:"100"`
	Webhook     string   `yaml:"webhook,omitempty"`
	AllowHTTP   bool     `yaml:"allow_http,omitempty" default:"false"`
	SecretFile  string   `yaml:"secret_file,omitempty"`
	Folders     []string `yaml:"folders" default:"[]" max:"1000"`
	Timeout     duration `yaml:"timeout" default:"30s" min:"1s" max:"1h"`
	Concurrency int      `yaml:"concurrency" default:"2" min:"1" max:"64"`
	Expire      duration `yaml:"expire" default:"24h" min:"1s" max:"30d"`
}

// Preset returns the preset called name, of the file or built in.
func (c *Config) Preset(name string) (*render.Preset, bool) {
	p, ok := c.presets[name]
	return p, ok
}

// PresetNames returns the names of all presets, sorted.
func (c *Config) PresetNames() []string { return slices.Sorted(maps.Keys(c.presets)) }
