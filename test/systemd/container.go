package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// nspawnScript starts the container in a mount namespace of its own, whose mounts end with
// it. A memory filesystem lies on /run/systemd/nspawn because nspawn clears up there only
// what is on one, and on many machines without systemd /run is a folder of the disk.
const nspawnScript = `mkdir -p /run/systemd/nspawn && mount -t tmpfs none /run/systemd/nspawn &&
exec systemd-nspawn --directory="$1" --machine=drop --register=no --keep-unit --boot --private-network --resolv-conf=off --timezone=off --link-journal=no`

// boot starts the container and waits until its system runs.
func (p *place) boot(ctx context.Context) error {
	defer took("booted")()
	p.console = filepath.Join(p.dir, "console.log")
	log, err := os.Create(p.console)
	if err != nil {
		return err
	}
	defer log.Close()
	p.nspawn = exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-ec", nspawnScript, "sh", p.root)
	p.nspawn.Stdout, p.nspawn.Stderr = log, log
	// A group of its own: Ctrl-C is for this program, which ends the container in order.
	p.nspawn.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.nspawn.Start(); err != nil {
		return fmt.Errorf("start container: %w", err)
	}
	p.exited = make(chan struct{})
	go func() {
		defer close(p.exited)
		p.nspawn.Wait() // how it ends is told by its console
	}()
	if err := p.awaitInit(ctx); err != nil {
		said, _ := os.ReadFile(p.console)
		return fmt.Errorf("boot container: %w; its console:\n%s", err, tail(string(said), 30))
	}
	return nil
}

// awaitInit waits until the init of the container is found and has started all there is.
func (p *place) awaitInit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for p.leader == 0 || !p.up(ctx) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.exited:
			return errors.New("it ended")
		case <-time.After(100 * time.Millisecond):
			p.leader = p.findLeader()
		}
	}
	return nil
}

// findLeader returns the process id of the container's init, or 0 while there is none.
func (p *place) findLeader() int {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.nspawn.Process.Pid))
	for word := range strings.FieldsSeq(string(children)) {
		if name, _ := os.ReadFile("/proc/" + word + "/comm"); string(name) == "systemd\n" {
			pid, _ := strconv.Atoi(word)
			return pid
		}
	}
	return 0
}

// up reports whether the system in the container has started.
func (p *place) up(ctx context.Context) bool {
	a, err := p.enter(ctx, "root", "systemctl is-system-running --wait")
	return err == nil && (a.stdout == "running\n" || a.stdout == "degraded\n")
}

// An answer is what became of a command in the container.
type answer struct {
	stdout, stderr string
	code           int
}

// enter runs lines of bash in the container, as a user who has just logged in.
func (p *place) enter(ctx context.Context, user, lines string) (answer, error) {
	args := []string{"--target", strconv.Itoa(p.leader), "--all", "--",
		"env", "-i", "LANG=C.UTF-8", "TERM=dumb", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"runuser", "--login", user, "--shell", "/bin/bash", "--command", lines}
	cmd := exec.CommandContext(ctx, "nsenter", args...)
	cmd.WaitDelay = 5 * time.Second // what it left behind may hold its output open
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return answer{}, fmt.Errorf("run %q in the container: %w", lines, err)
	}
	return answer{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}, nil
}

// discard ends the container and removes what is left of it.
func (p *place) discard() error {
	if p.nspawn != nil && p.exited != nil {
		p.halt()
	}
	return errors.Join(p.removeGroups(), os.RemoveAll(p.dir))
}

// halt ends the container: by an order to its init at first, then by force. Its
// processes end with its init.
func (p *place) halt() {
	const inOrder = 20 * time.Second
	if p.leader != 0 {
		syscall.Kill(p.leader, syscall.Signal(34+4)) // SIGRTMIN+4: power off
		select {
		case <-p.exited:
			return
		case <-time.After(inOrder):
		}
		syscall.Kill(p.leader, syscall.SIGKILL)
	}
	p.nspawn.Process.Kill()
	<-p.exited
}

// controlGroups lists the control groups, in the trees that an init of systemd uses, where
// nspawn puts a container at the top: on a machine without systemd nobody else clears them up.
func controlGroups() []string {
	var groups []string
	for _, tree := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"} {
		for _, name := range []string{"payload", "supervisor"} {
			names, _ := filepath.Glob(filepath.Join(tree, name)) // the pattern is sound
			groups = append(groups, names...)
		}
	}
	return groups
}

// removeGroups removes the control groups that the container left, and empty ones that were
// there before. One with processes in it cannot be removed, and is no fault if it was there.
func (p *place) removeGroups() error {
	var problems []error
	for _, group := range controlGroups() {
		err := removeGroup(group)
		if !slices.Contains(p.groups, group) {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// removeGroup removes a control group and those below it, the innermost first.
func removeGroup(group string) error {
	var dirs []string
	err := filepath.WalkDir(group, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	for _, dir := range slices.Backward(dirs) {
		err = errors.Join(err, os.Remove(dir))
	}
	return err
}
