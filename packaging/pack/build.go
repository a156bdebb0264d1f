package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A build is one version of the packages in the making.
type build struct {
	root    string    // of the module
	version string    // of the packages, without the release
	commit  string    // what the program says of itself
	at      time.Time // the time that every file gets
}

// newBuild looks at the commit; version takes the place of its own, if it is not empty.
func newBuild(ctx context.Context, version string) (*build, error) {
	mod, err := output(ctx, "go", "env", "GOMOD")
	if err != nil {
		return nil, err
	}
	b := &build{root: filepath.Dir(mod), version: version, commit: version}
	if b.at, err = b.time(ctx); err != nil {
		return nil, err
	}
	if version != "" {
		return b, nil
	}
	if b.commit, err = output(ctx, "git", "-C", b.root, "describe", "--tags", "--always", "--dirty", "--abbrev=10"); err != nil {
		return nil, err
	}
	b.version, err = packageVersion(b.commit, b.at)
	return b, err
}

// time returns SOURCE_DATE_EPOCH or the time of the commit.
func (b *build) time(ctx context.Context) (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		var err error
		if epoch, err = output(ctx, "git", "-C", b.root, "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("read SOURCE_DATE_EPOCH: %w", err)
	}
	return time.Unix(seconds, 0), nil
}

// dir is where the files of the packages are gathered.
func (b *build) dir() string { return filepath.Join(b.root, "bin", "package") }

// compile builds the program: static, without symbols, and without paths or other
// traces of this machine.
func (b *build) compile(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+b.commit,
		"-o", filepath.Join(b.dir(), "imgwatchd"), "./cmd/imgwatchd")
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return carryOut(cmd)
}

// pack makes the package of a format, deb or rpm, of what is gathered.
func (b *build) pack(ctx context.Context, format, out string) error {
	path := filepath.Join(out, b.fileName(format))
	cmd := exec.CommandContext(ctx, "go", "tool", "nfpm", "package", "--config", "nfpm.yaml", "--packager", format, "--target", path)
	cmd.Dir = filepath.Join(b.root, "packaging", "nfpm")
	cmd.Env = append(os.Environ(), "VERSION="+b.version, "GOARCH="+runtime.GOARCH,
		"SOURCE_DATE_EPOCH="+strconv.FormatInt(b.at.Unix(), 10))
	if err := carryOut(cmd); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// fileName is the name of the package after the custom of each kind.
func (b *build) fileName(format string) string {
	arch := runtime.GOARCH
	if format == "deb" {
		return fmt.Sprintf("imgwatchd_%s-1_%s.deb", b.version, arch)
	}
	if known, ok := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[arch]; ok {
		arch = known
	}
	return fmt.Sprintf("imgwatchd-%s-1.%s.%s", b.version, arch, format)
}

// output runs a command and returns the line that it prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// carryOut runs a command, and tells what it said when it fails.
func carryOut(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", strings.Join(cmd.Args, " "), err, said.Bytes())
	}
	return nil
}
