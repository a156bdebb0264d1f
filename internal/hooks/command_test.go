package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/job"
)

// a message about a file whose name is no UTF-8.
func odd() message {
	e := newEvent("/in/caf\xe9.jpg", outcome("caf\xe9.jpg", job.Done), time.Unix(1e9, 0))
	return message{e, e.encode(), 2}
}

func TestCommandIsTold(t *testing.T) {
	t.Setenv("SECRET_OF_THE_DAEMON", "x")
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	file := filepath.Join(t.TempDir(), "kept")
	m := odd()
	v := command{hookOf("keep", file, "$HOME", "two words").Command}.send(t.Context(), m)
	if v.result != Delivered || v.err != nil {
		t.Fatalf("%+v", v)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	body, rest, _ := strings.Cut(string(kept), "\n")
	if body != string(m.body) || !json.Valid([]byte(body)) {
		t.Errorf("standard input was %q", body)
	}
	for _, want := range []string{
		"\n$HOME two words\n", "\ndir /, own group true",
		"HOOK_EVENT=file.done\n", "HOOK_ID=" + m.event.ID + "\n", "HOOK_TRY=2\n", "HOOK_FOLDER=photos\n", "HOOK_PATH=/in/caf\xe9.jpg\n",
	} {
		if !strings.Contains(rest, want) {
			t.Errorf("no %q in\n%s", want, rest)
		}
	}
	for _, not := range []string{"SECRET_OF_THE_DAEMON", "NOTIFY_SOCKET"} {
		if strings.Contains(rest, not) {
			t.Errorf("%s is handed down", not)
		}
	}
}

// TestCommandHasNoCapabilities though the daemon hands CAP_LEASE down to programs that it
// starts.
func TestCommandHasNoCapabilities(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can hand capabilities down")
	}
	daemon := exec.Command("/proc/self/exe", partPrefix+"capable")
	daemon.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65534, Gid: 65534},
		AmbientCaps: []uintptr{unix.CAP_LEASE},
	}
	out, err := daemon.CombinedOutput()
	if want := "CapAmb:\t0000000010000000\nCapAmb:\t0000000000000000\n"; err != nil || string(out) != want {
		t.Errorf("%v, %q; want %q", err, out, want)
	}
}

func TestCommandFails(t *testing.T) {
	c := command{hookOf("fail").Command}
	m := odd()
	for try, want := range map[int]Result{1: Delayed, maxTries - 1: Delayed, maxTries: Failed} {
		m.try = try
		v := c.send(t.Context(), m)
		if v.result != want || v.unmade || v.healthy || v.err == nil || v.err.Error() != "command: exit status 3" {
			t.Errorf("try %d: %+v", try, v)
		}
		if v.output != "on standard output\non standard error" {
			t.Errorf("output is %q", v.output)
		}
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	m := odd()
	m.try = maxTries
	v := command{[]string{"/nowhere/notify"}}.send(t.Context(), m)
	if v.result != Delayed || !v.unmade || !errors.Is(v.err, os.ErrNotExist) {
		t.Errorf("%+v", v)
	}
}

// TestCommandFloods reads all that it writes and keeps the end.
func TestCommandFloods(t *testing.T) {
	v := command{hookOf("flood").Command}.send(t.Context(), odd())
	if v.result != Delayed || len(v.output) > maxTail+len("…") || !strings.HasSuffix(v.output, "flood \nthe end of it") || !strings.HasPrefix(v.output, "…") {
		t.Errorf("%s, %v, %d bytes of output that end in %q", v.result, v.err, len(v.output), v.output[max(0, len(v.output)-30):])
	}
}

// TestCommandHangs kills it, and a child of it, that do not end when they are told to.
func TestCommandHangs(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		awaitLock(t, lock)
	}()
	v := command{hookOf("hang", lock).Command}.send(ctx, odd())
	if v.result != Delayed || v.err == nil || !strings.Contains(v.err.Error(), "killed") {
		t.Errorf("%+v", v)
	}
	wantUnlocked(t, lock)
}

func TestCommandIsKilledAtItsTimeout(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	v := command{hookOf("hang", filepath.Join(t.TempDir(), "lock")).Command}.send(ctx, odd())
	if v.result != Delayed || v.err == nil || !strings.HasPrefix(v.err.Error(), "command was killed at its timeout: signal: ") {
		t.Errorf("%+v", v)
	}
}

// TestCommandLeavesAChild that would hold its output open.
func TestCommandLeavesAChild(t *testing.T) {
	lock := filepath.Join(t.TempDir(), "lock")
	if v := (command{hookOf("leave", lock).Command}).send(t.Context(), odd()); v.result != Delivered {
		t.Errorf("%+v", v)
	}
	wantUnlocked(t, lock)
}

// awaitLock waits until someone holds the lock of a file.
func awaitLock(t *testing.T, name string) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		f.Close()
		if err != nil || t.Context().Err() != nil {
			return
		}
	}
}

// wantUnlocked waits until nobody who held the lock is alive any more.
func wantUnlocked(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	free := make(chan error, 1)
	go func() { free <- syscall.Flock(int(f.Fd()), syscall.LOCK_SH) }()
	select {
	case err := <-free:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("a process of the command is still alive")
	}
}

func TestTail(t *testing.T) {
	big := strings.Repeat("0123456789", 1000)
	for _, test := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"little", []string{"  one\n", "two\n"}, "one\ntwo"},
		{"exactly as much", []string{big[:maxTail]}, big[:maxTail]},
		{"one too many", []string{"x", big[:maxTail]}, "…" + big[:maxTail]},
		{"much at once", []string{big}, "…" + big[len(big)-maxTail:]},
		{"much, and more", []string{big, "end"}, "…" + big[len(big)-maxTail+3:] + "end"},
		{"no text", []string{"a\xff\x00b"}, "a\ufffd\x00b"},
	} {
		var out tail
		for _, w := range test.writes {
			if n, err := out.Write([]byte(w)); n != len(w) || err != nil {
				t.Errorf("%s: wrote %d, %v", test.name, n, err)
			}
		}
		if got := out.String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
		if cap(out.kept) > 4*maxTail {
			t.Errorf("%s: %d bytes are held", test.name, cap(out.kept))
		}
	}
}
