package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

var (
	//go:embed man/imgwatchd.1.md
	programProse string
	//go:embed man/imgwatchd.yaml.5.md
	configProse string
)

// copied are the files that go into the packages as they are.
var copied = map[string]string{
	"imgwatchd.service": "packaging/systemd/imgwatchd.service",
	"sysusers.conf":     "packaging/sysusers/imgwatchd.conf",
	"imgwatchd.yaml":    "configs/imgwatchd.yaml",
	"60-imgwatchd.conf": "packaging/sysctl/60-imgwatchd.conf",
	"alerts.yaml":       "packaging/prometheus/alerts.yaml",
	"imgwatchd.json":    "packaging/grafana/imgwatchd.json",
	"lintian-overrides": "packaging/deb/lintian-overrides",
	"LICENSE":           "LICENSE",
}

// written are the files that are made here, besides the program.
var written = map[string]func(*build, context.Context) ([]byte, error){
	"imgwatchd.1.gz":      (*build).programPage,
	"imgwatchd.yaml.5.gz": (*build).configPage,
	"completion.bash":     completion("bash"),
	"completion.zsh":      completion("zsh"),
	"completion.fish":     completion("fish"),
	"copyright":           (*build).copyright,
	"changelog.gz":        (*build).changes,
	"changelog.Debian.gz": (*build).packageChanges,
}

// stage gathers what the packages hold.
func (b *build) stage(ctx context.Context) error {
	if err := os.RemoveAll(b.dir()); err != nil {
		return err
	}
	if err := os.MkdirAll(b.dir(), 0o755); err != nil {
		return err
	}
	if err := b.compile(ctx); err != nil {
		return err
	}
	for name, source := range copied {
		text, err := b.read(source)
		if err == nil {
			err = b.put(name, []byte(text))
		}
		if err != nil {
			return err
		}
	}
	if err := b.copyDocs(); err != nil {
		return err
	}
	for name, write := range written {
		data, err := write(b, ctx)
		if err == nil {
			err = b.put(name, data)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return os.Chtimes(filepath.Join(b.dir(), "imgwatchd"), b.at, b.at)
}

// copyDocs copies docs/, all of it. The folder goes into the packages as it is.
func (b *build) copyDocs() error {
	dir := filepath.Join(b.dir(), "docs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask
		return err
	}
	pages, err := filepath.Glob(filepath.Join(b.root, "docs", "*.md"))
	if err != nil {
		return err
	}
	for _, page := range pages {
		name := filepath.Join("docs", filepath.Base(page))
		text, err := b.read(name)
		if err == nil {
			err = b.put(name, []byte(text))
		}
		if err != nil {
			return err
		}
	}
	return os.Chtimes(dir, b.at, b.at)
}

// read returns the text of a file of the module.
func (b *build) read(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(b.root, name))
	return string(text), err
}

// put writes a file for the packages.
func (b *build) put(name string, data []byte) error {
	path := filepath.Join(b.dir(), name)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o644); err != nil { // whatever the umask
		return err
	}
	return os.Chtimes(path, b.at, b.at)
}

func (b *build) programPage(context.Context) ([]byte, error) {
	commands, err := b.read("docs/commands.md")
	if err != nil {
		return nil, err
	}
	commands = strings.ReplaceAll(commands, "\n## ", "\n### ") // below the heading of all commands
	return b.manual(page{"imgwatchd", 1, programProse, "<!-- commands -->", commands})
}

func (b *build) configPage(context.Context) ([]byte, error) {
	keys, err := b.read("docs/configuration.md")
	if err != nil {
		return nil, err
	}
	return b.manual(page{"imgwatchd.yaml", 5, configProse, "<!-- configuration -->", keys})
}

func (b *build) manual(p page) ([]byte, error) {
	text, err := p.roff(b.version, b.at)
	return zip(text), err
}

func completion(shell string) func(*build, context.Context) ([]byte, error) {
	return func(b *build, ctx context.Context) ([]byte, error) {
		script, err := output(ctx, filepath.Join(b.dir(), "imgwatchd"), "completion", shell)
		return []byte(script + "\n"), err
	}
}

func (b *build) copyright(context.Context) ([]byte, error) {
	license, err := b.read("LICENSE")
	if err != nil {
		return nil, err
	}
	return debianCopyright(license)
}

func (b *build) changes(context.Context) ([]byte, error) {
	text, err := b.read("CHANGELOG.md")
	return zip([]byte(text)), err
}

func (b *build) packageChanges(context.Context) ([]byte, error) {
	return zip(debianChangelog(b.version, maintainer, b.at)), nil
}
