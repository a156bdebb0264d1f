package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	maxTries  = 5               // that a command may fail with one event
	killAfter = 2 * time.Second // SIGTERM
	lingering = time.Second     // for output of a process that left the group of its command
)

// A command is a program that gets the event on its standard input. It succeeds when it
// exits with 0. What it has started by then and is still in its process group is killed.
type command struct{ args []string }

func (c command) close() {}

func (c command) send(ctx context.Context, m message) verdict {
	event, err := file(m.body)
	if err != nil {
		return verdict{result: Delayed, err: fmt.Errorf("start command: %w", err), unmade: true}
	}
	defer event.Close()
	var out tail
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir = "/"
	cmd.Env = environ(m)
	cmd.Stdin = event
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = lingering
	if err := startBare(cmd); err != nil {
		return verdict{result: Delayed, err: fmt.Errorf("start command: %w", err), unmade: true}
	}
	err = wait(ctx, cmd)
	v := verdict{result: Delivered, output: out.String()}
	switch {
	case err == nil:
		return v
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("command was killed at its timeout: %w", err)
	default:
		err = fmt.Errorf("command: %w", err)
	}
	v.err, v.result = err, Delayed
	if m.try >= maxTries {
		v.result = Failed
	}
	return v
}

// file returns a file in memory that holds text. A command reads it whole, as it would not
// from a pipe, even if this process dies meanwhile.
func file(text []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("event", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "event")
	_, err = f.Write(text)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write event: %w", err)
	}
	return f, nil
}

// startBare starts a command without the capabilities that this process hands down.
func startBare(cmd *exec.Cmd) error {
	started := make(chan error, 1)
	go func() {
		// They belong to a thread. This one is not unlocked, so that it ends with the
		// goroutine. Where they cannot be dropped there are none.
		runtime.LockOSThread()
		_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
		started <- cmd.Start()
	}()
	return <-started
}

// wait returns when the command has exited and its process group is gone. At the end of
// ctx they are told to end, and killed a little later.
func wait(ctx context.Context, cmd *exec.Cmd) error {
	pid := cmd.Process.Pid
	exited := make(chan struct{})
	go func() {
		awaitExit(pid)
		close(exited)
	}()
	select {
	case <-exited:
	case <-ctx.Done():
		_ = unix.Kill(-pid, unix.SIGTERM)
		select {
		case <-exited:
		case <-time.After(killAfter):
		}
	}
	// Until Wait, the number of the group is that of nobody else.
	_ = unix.Kill(-pid, unix.SIGKILL)
	<-exited
	err := cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) { // it has done what it was to do
		return nil
	}
	return err
}

// awaitExit returns when a child has exited, and leaves it to be waited for.
func awaitExit(pid int) {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// handedDown are the variables of this process that commands have as well.
var handedDown = []string{"HOME", "LANG", "LC_ALL", "TMPDIR", "TZ"}

// environ returns the environment of a command. Its own variables are not called
// IMGWATCHD_…, for those set keys of the configuration.
func environ(m message) []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOOK_EVENT=" + m.event.Event,
		"HOOK_ID=" + m.event.ID,
		"HOOK_TRY=" + strconv.Itoa(m.try),
		"HOOK_FOLDER=" + m.event.Folder,
		"HOOK_PATH=" + m.event.Source.name(),
	}
	if to := m.event.Source.MovedTo; to != nil {
		env = append(env, "HOOK_MOVED_TO="+to.name())
	}
	for _, name := range handedDown {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
