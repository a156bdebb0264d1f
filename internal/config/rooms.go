package config

import (
	"io/fs"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
	"imgwatchd/internal/watcher"
)

// Watchers returns the options of each drop folder's watcher, in the order of
// the file. What to do with a ready file is left to be filled in.
func (c *Config) Watchers() []watcher.Options {
	options := make([]watcher.Options, len(c.settings.Folders))
	for i, f := range c.settings.Folders {
		options[i] = f.watcher()
	}
	return options
}

// Pipeline returns the options of the pipeline. Hooks and version are left to be
// filled in.
func (c *Config) Pipeline() pipeline.Options {
	s := c.settings
	folders := make([]pipeline.Folder, len(s.Folders))
	for i, f := range s.Folders {
		folders[i] = c.folder(f)
	}
	return pipeline.Options{
		Folders:      folders,
		Readers:      s.Workers.Read,
		Transformers: s.Workers.Transform,
		Writers:      s.Workers.Write,
		Memory:       int64(s.Limits.Memory),
		Limits: codec.Limits{
			MaxFileSize: int64(s.Limits.MaxFileSize),
			MaxPixels:   s.Limits.MaxPixels,
			MaxFrames:   s.Limits.MaxFrames,
		},
		Timeout: time.Duration(s.Limits.Timeout),
		MinFree: int64(s.Limits.MinFree),
	}
}

// patience is how many quiet periods a damaged file must have been at rest before
// it is taken for damaged and not for unfinished.
const patience = 10

// StateDir returns the absolute path of the folder that the ledger is in.
func (c *Config) StateDir() string { return c.settings.StateDir }

// Retention returns how long the ledger remembers sources that are gone, and how
// many bytes it may take.
func (c *Config) Retention() (keep time.Duration, maxSize int64) {
	return time.Duration(c.settings.Ledger.Keep), int64(c.settings.Ledger.MaxSize)
}

// QueueSize returns how many jobs may wait.
func (c *Config) QueueSize() int { return c.settings.Queue.Size }

// The words of the file that other rooms know as numbers.
var (
	modes = map[string]watcher.Mode{
		"auto": watcher.Auto, "events": watcher.Events, "poll": watcher.Poll,
	}
	durabilities = map[string]atomicfile.Durability{
		"full": atomicfile.Full, "none": atomicfile.None,
	}
)

func (f folder) watcher() watcher.Options {
	return watcher.Options{
		Folder:         f.Name,
		Root:           f.Path,
		Recursive:      f.Recursive,
		Mode:           modes[f.Mode],
		StableFor:      time.Duration(f.StableFor),
		RescanInterval: time.Duration(f.RescanInterval),
		PollInterval:   time.Duration(f.PollInterval),
		Include:        f.Include,
		Exclude:        f.Exclude,
	}
}

func (c *Config) folder(f folder) pipeline.Folder {
	presets := make([]*render.Preset, len(f.Presets))
	for i, name := range f.Presets {
		presets[i] = c.presets[name]
	}
	return pipeline.Folder{
		Name:          f.Name,
		Root:          f.Path,
		Presets:       presets,
		Output:        f.Output.Dir,
		Layout:        f.Output.Layout,
		OnConflict:    f.OnConflict,
		OnSuccess:     f.OnSuccess,
		Archive:       f.ArchiveDir,
		OnFailure:     f.OnFailure,
		Failed:        f.FailedDir,
		Patience:      patience * time.Duration(f.StableFor),
		FileMode:      fs.FileMode(f.Output.FileMode),
		DirMode:       fs.FileMode(f.Output.DirMode),
		PreserveTimes: f.Output.PreserveTimes,
		Durability:    durabilities[f.Output.Durability],
	}
}
