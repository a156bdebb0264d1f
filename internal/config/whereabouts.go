package config

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SocketOf returns the control socket that a file names, whatever faults the file has:
// a daemon that runs with a former state of it can be asked all the same. What cannot be
// read stands for its default.
func SocketOf(file string, environ []string) string {
	var s struct {
		StateDir string `yaml:"state_dir"`
		Socket   string `yaml:"socket"`
	}
	if f, err := os.Open(file); err == nil {
		text, _ := io.ReadAll(io.LimitReader(f, maxText)) // no more than was read
		_ = yaml.Unmarshal(text, &s)                      // no more than is understood
		f.Close()
	}
	for _, variable := range environ {
		switch name, value, _ := strings.Cut(variable, "="); name {
		case envPrefix + "STATE_DIR":
			s.StateDir = value
		case envPrefix + "SOCKET":
			s.Socket = value
		}
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		dir = "/"
	}
	c := Config{settings: settings{
		StateDir: absolute(dir, cmp.Or(s.StateDir, serviceState)),
		Socket:   absolute(dir, s.Socket),
	}}
	return c.Socket()
}
