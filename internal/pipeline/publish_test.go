package pipeline

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/job"
)

func TestClassOfPublish(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	_, escape := root.Open("../x")
	for _, test := range []struct {
		err  error
		want job.Class
	}{
		{&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, job.Transient},
		{&fs.PathError{Op: "sync", Path: "x", Err: syscall.EIO}, job.Transient},
		{fmt.Errorf("x holds 0 of 9 bytes: %w", io.ErrShortWrite), job.Transient},
		{errors.New("never heard of"), job.Transient},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.ENAMETOOLONG}, job.Unsupported},
		{&fs.PathError{Op: "rename", Path: "x", Err: syscall.EISDIR}, job.Conflict},
		{atomicfile.Write(root, "a/../../x", nil, atomicfile.Options{}), job.Unsupported},
		{fmt.Errorf("publish: %w", escape), job.Unsupported},
	} {
		if got := classOfPublish(test.err); got != test.want {
			t.Errorf("%v is %s, want %s", test.err, got, test.want)
		}
	}
}
