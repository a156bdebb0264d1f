package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// installHeading is the section of the README that is followed to the letter.
const installHeading = "## Run it for a living\n"

// A readme is the commands of that section.
type readme struct {
	commands []string // as they stand there, comments and all
	promised []string // files that the last one is to list, by its comment
}

var fileName = regexp.MustCompile(`[\w-]+\.jpg`)

// readReadme finds the commands in the README of a module.
func readReadme(module string) (readme, error) {
	text, err := os.ReadFile(filepath.Join(module, "README.md"))
	if err != nil {
		return readme{}, err
	}
	return parseReadme(string(text))
}

func parseReadme(text string) (readme, error) {
	_, section, ok := strings.Cut(text, installHeading)
	if !ok {
		return readme{}, fmt.Errorf("read README: no section %q", strings.TrimSpace(installHeading))
	}
	section, _, _ = strings.Cut(section, "\n## ")
	_, block, ok := strings.Cut(section, "```sh\n")
	block, _, ended := strings.Cut(block, "```")
	if !ok || !ended {
		return readme{}, fmt.Errorf("read README: no block of sh under %q", strings.TrimSpace(installHeading))
	}
	var r readme
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); line != "" {
			r.commands = append(r.commands, line)
		}
	}
	if len(r.commands) == 0 {
		return readme{}, fmt.Errorf("read README: its block of sh is empty")
	}
	_, comment, _ := strings.Cut(r.commands[len(r.commands)-1], "#")
	r.promised = fileName.FindAllString(comment, -1)
	if len(r.promised) == 0 {
		return readme{}, fmt.Errorf("read README: its last command does not say which files it lists")
	}
	return r, nil
}
