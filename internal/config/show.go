package config

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"imgwatchd/internal/watcher"
)

// YAML returns the whole configuration as a file that Parse reads back to an
// equal one: every default and every built-in preset is spelled out. What is
// ignored in every folder stands above it in a comment.
func (c *Config) YAML() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Left out in every folder, whatever its include says:\n")
	for _, line := range wrap(watcher.DefaultIgnore(), 76) {
		fmt.Fprintf(&b, "#   %s\n", line)
	}
	b.WriteString("\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(c.settings); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return b.Bytes(), nil
}

// wrap joins words to lines of about the width.
func wrap(words []string, width int) []string {
	var lines []string
	for _, w := range words {
		if n := len(lines) - 1; n >= 0 && len(lines[n])+len(w) < width {
			lines[n] += " " + w
		} else {
			lines = append(lines, w)
		}
	}
	return lines
}
