package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestClasses(t *testing.T) {
	disk := &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	for _, test := range []struct {
		err   error
		class Class
		state State
	}{
		{nil, "", Done},
		{Reject(Malformed, "decode", errors.New("short")), Malformed, Failed},
		{fmt.Errorf("wrapped: %w", Rejectf(TooLarge, "header", "%d pixels", 5)), TooLarge, Failed},
		{Reject(Timeout, "decode", context.DeadlineExceeded), Timeout, Failed},
		{Reject(Conflict, "name", fs.ErrExist), Conflict, Failed},
		{Reject(Crashed, "transform", errors.New("panic")), Crashed, Failed},
		{Reject(NotImage, "header", errors.New("text")), NotImage, Skipped},
		{Reject(Vanished, "open", fs.ErrNotExist), Vanished, Skipped},
		{Reject(Exists, "name", fs.ErrExist), Exists, Skipped},
		{Reject(Modified, "read", errors.New("changed")), Modified, Changed},
		{disk, Transient, Held},
		{Reject(Transient, "publish", disk), Transient, Held},
		{context.DeadlineExceeded, Timeout, Failed},
		{context.Canceled, Stopping, Aborted},
	} {
		if got := ClassOf(test.err); got != test.class || got.State() != test.state {
			t.Errorf("%v is %s, %s; want %s, %s", test.err, got, got.State(), test.class, test.state)
		}
	}
}

func TestReasonTellsStepAndCause(t *testing.T) {
	err := fmt.Errorf("job: %w", Reject(Transient, "publish", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	if StepOf(err) != "publish" || !errors.Is(err, syscall.ENOSPC) || StepOf(errors.New("plain")) != "" {
		t.Errorf("%v has step %q", err, StepOf(err))
	}
	if want := "job: publish: write x: no space left on device"; err.Error() != want {
		t.Errorf("reason reads %q, want %q", err, want)
	}
}

func TestClassOfOpen(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc", filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, escape := root.Stat("out/passwd")
	_, gone := root.Stat("gone")
	for _, test := range []struct {
		err  error
		want Class
	}{
		{escape, Unreadable},
		{gone, Vanished},
		{&fs.PathError{Err: syscall.EACCES}, Unreadable},
		{&fs.PathError{Err: syscall.ELOOP}, Unreadable},
		{&fs.PathError{Err: syscall.EIO}, Transient},
		{&fs.PathError{Err: syscall.EMFILE}, Transient},
	} {
		if got := ClassOfOpen(test.err); got != test.want {
			t.Errorf("%v is %s, want %s", test.err, got, test.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a")
	stat := func() Fingerprint {
		t.Helper()
		fi, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return FingerprintOf(fi)
	}
	if err := os.WriteFile(file, []byte("one"), 0o666); err != nil {
		t.Fatal(err)
	}
	before := stat()
	if before.IsZero() || before.Size != 3 || before.Inode == 0 {
		t.Errorf("fingerprint is %+v", before)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if stat() != before {
		t.Error("a chmod changed the fingerprint")
	}
	if err := os.WriteFile(file, []byte("more"), 0o666); err != nil {
		t.Fatal(err)
	}
	if stat() == before {
		t.Error("a write left the fingerprint as it was")
	}
}
