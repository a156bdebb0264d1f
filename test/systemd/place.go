package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// packages are what the bare Debian has besides the essential ones: an init, and what
// an operator has at hand.
const packages = "systemd,systemd-sysv,dbus,sudo"

// A place is the container and the folders around it.
type place struct {
	module string // root of the module
	dir    string // of this run; removed at the end
	root   string // root of the container's filesystem
	deb    string // the package under test
	next   string // a later version of it

	nspawn  *exec.Cmd
	exited  chan struct{} // closed when nspawn has ended
	leader  int           // process id of the container's init
	console string        // file with what the console showed
	groups  []string      // control groups that were there before
}

// prepare builds the packages and unpacks the root of the container.
func prepare(ctx context.Context) (*place, error) {
	mod, err := output(ctx, "go", "env", "GOMOD")
	if err != nil {
		return nil, err
	}
	p := &place{module: filepath.Dir(mod), groups: controlGroups()}
	cache := filepath.Join(p.module, "bin", "systemd")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp(cache, "run-"); err != nil {
		return nil, err
	}
	p.root = filepath.Join(p.dir, "root")
	if err = p.build(ctx); err == nil {
		err = p.unpack(ctx, cache)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(p.dir))
	}
	return p, nil
}

// build makes two versions of the package, of which the second is the later one.
func (p *place) build(ctx context.Context) error {
	defer took("packages built")()
	for version, file := range map[string]*string{"": &p.deb, "99.0.0": &p.next} {
		args := []string{"run", "./packaging/pack", "-only", "deb", "-out", p.dir}
		if version != "" {
			args = append(args, "-version", version)
		}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Stderr = p.module, os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("build package: %w", err)
		}
		*file = strings.TrimSpace(string(out))
	}
	return nil
}

// unpack makes the root of the container from the tarball of an earlier run, or makes
// that first.
func (p *place) unpack(ctx context.Context, cache string) error {
	key := sha256.Sum256([]byte(release + packages))
	tarball := filepath.Join(cache, fmt.Sprintf("%s-%x.tar", release, key[:4]))
	if _, err := os.Stat(tarball); errors.Is(err, fs.ErrNotExist) {
		if err := p.bootstrap(ctx, tarball); err != nil {
			return err
		}
	}
	defer took("root unpacked")()
	if err := os.Mkdir(p.root, 0o755); err != nil {
		return err
	}
	return command(ctx, "tar", "--numeric-owner", "-xpf", tarball, "-C", p.root)
}

// bootstrap makes the tarball of a bare Debian.
func (p *place) bootstrap(ctx context.Context, tarball string) error {
	defer took("Debian fetched")()
	bare, half := filepath.Join(p.dir, "bare"), tarball+".half"
	err := command(ctx, "debootstrap", "--variant=minbase", "--include="+packages, release, bare, mirror())
	if err == nil {
		err = errors.Join(os.RemoveAll(filepath.Join(bare, "var/cache/apt/archives")),
			os.MkdirAll(filepath.Join(bare, "var/cache/apt/archives/partial"), 0o755),
			os.WriteFile(filepath.Join(bare, "etc/machine-id"), nil, 0o444), // each container gets its own
			os.WriteFile(filepath.Join(bare, "etc/hostname"), []byte("drop\n"), 0o644),
			os.WriteFile(filepath.Join(bare, "etc/hosts"), []byte("127.0.0.1 localhost drop\n"), 0o644))
	}
	if err == nil {
		err = command(ctx, "tar", "--numeric-owner", "-cpf", half, "-C", bare, ".")
	}
	if err == nil {
		err = os.Rename(half, tarball)
	}
	return errors.Join(err, os.RemoveAll(bare))
}

// at returns where a path of the container lies on this machine. The container cannot lead
// it elsewhere: only the checks make links there, and none.
func (p *place) at(path string) string { return filepath.Join(p.root, path) }

// command runs a program of this machine to its end.
func command(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("run %s: %w\n%s", name, err, tail(string(out), 20))
	}
	return nil
}

// output runs a program of this machine and returns the line that it prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("run %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// tail returns the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// took returns a function that tells how long something took.
func took(what string) func() {
	began := time.Now()
	return func() { fmt.Fprintf(os.Stderr, "systemd: %s in %.1fs\n", what, time.Since(began).Seconds()) }
}
