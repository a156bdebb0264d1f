package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"imgwatchd/test/frame"
)

// A binary is the program under test.
type binary struct {
	path string
	keys map[string]any // its configuration with every default filled in
}

// prepare builds the program, unless path names one, and looks at it. The caller
// calls release at the end.
func prepare(ctx context.Context, path string) (b *binary, release func(), err error) {
	release = func() {}
	if path == "" {
		if path, release, err = frame.Build(ctx); err != nil {
			return nil, nil, err
		}
	}
	b = &binary{}
	if b.path, err = filepath.Abs(path); err == nil {
		err = b.probe(ctx)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return b, release, nil
}

// probe asks the program which keys it knows.
func (b *binary) probe(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, b.path, "config", "show")
	cmd.Env = environ("IMGWATCHD_CONFIG=" + os.DevNull)
	cmd.Env = append(cmd.Env, `IMGWATCHD_FOLDERS=[{name: a, path: /a, presets: [web], output: {dir: /b}, failed_dir: /c}]`)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err == nil {
		err = yaml.Unmarshal(text, &b.keys)
	}
	if err != nil {
		return fmt.Errorf("probe %s: %w", b.path, err)
	}
	return nil
}

// knows reports whether the program has a key, such as "limits.min_free".
func (b *binary) knows(key string) bool {
	var at any = b.keys
	for word := range strings.SplitSeq(key, ".") {
		section, _ := at.(map[string]any)
		next, ok := section[word]
		if !ok {
			return false
		}
		at = next
	}
	return true
}

// environ returns the environment without variables of imgwatchd, and with more.
func environ(more ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "IMGWATCHD_") {
			env = append(env, e)
		}
	}
	return append(env, more...)
}

// An answer is what became of a command.
type answer struct {
	stdout, stderr string
	code           int
}

// command runs a verb of the program to its end: t.command("failed", "--json", "-c", s.config).
func (t *trial) command(args ...string) answer { return t.commandIn("", args...) }

// commandIn is command with a working directory, "" for the present one.
func (t *trial) commandIn(dir string, args ...string) answer {
	cmd := exec.CommandContext(t.ctx, t.bin.path, args...)
	cmd.Env, cmd.Dir = environ(), dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.fatalf("run imgwatchd %s: %v", strings.Join(args, " "), err)
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}
