// Package config turns a YAML file and the environment into a typed, complete
// and validated [Config], and the Config into the options of each room.
//
// Loading is strict and reports every fault at once, each with its line and what
// to do about it: an unknown key, a key given twice, a value of the wrong kind or
// out of range, a preset that does not exist, folders that would feed each other.
// The faults of one load are a [Faults], in the order of the file.
//
// The schema is the tree of structs in config.go. Their tags say the name of a
// key, its default and what it may hold; the reader, the environment, the
// printer and the reference in docs/ all follow them. Values stand in three
// layers: the default, the file, and IMGWATCHD_ variables on top.
//
// A Config is immutable, holds no files open and may be used by any number of
// goroutines at once. Reading the file again is a new Load into a new Config;
// nothing here watches it. YAML aliases and tags are refused: presets are the way
// to say a thing once. Whether folders exist and may be used is asked only by
// [Config.CheckPaths], so that a file can be checked on another machine.
package config
