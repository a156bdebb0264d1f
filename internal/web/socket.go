package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// socketMode lets those of the daemon's group ask and tell it.
const socketMode = 0o660

// Listen makes the socket at path, in place of one that a former process left. One that a
// process still answers on is left alone, and so is what is no socket.
func Listen(path string) (net.Listener, error) {
	l, err := listenUnix(path)
	if err != nil {
		return nil, fmt.Errorf("make control socket %q: %w", path, err)
	}
	return l, nil
}

func listenUnix(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	short, release, err := shortDir(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	name := filepath.Join(short, filepath.Base(path))
	if err := removeStale(name); err != nil {
		return nil, err
	}
	// The mode is set before there is a name, as far as the umask allows, so that at no
	// time others can connect.
	c := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var failed error
		err := raw.Control(func(fd uintptr) { failed = unix.Fchmod(int(fd), socketMode) })
		return errors.Join(err, failed)
	}}
	l, err := c.Listen(context.Background(), "unix", name)
	if err != nil {
		return nil, err
	}
	// The name that it was made under leads nowhere once short is closed.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	made, err := os.Lstat(name)
	if err == nil {
		err = os.Chmod(name, socketMode)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(name))
	}
	return &listener{l, path, made}, nil
}

// removeStale removes a socket that nobody answers on.
func removeStale(name string) error {
	fi, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case fi.Mode().Type() != fs.ModeSocket:
		return errors.New("something that is no socket stands there; move it away, or choose another socket")
	}
	conn, err := net.DialTimeout("unix", name, time.Second)
	switch {
	case err == nil:
		conn.Close()
		return errors.New("another daemon answers on it; stop that one, or give this one a socket of its own")
	case errors.Is(err, unix.ECONNREFUSED):
		return os.Remove(name)
	default:
		return fmt.Errorf("find out whether another daemon answers on it: %w", err)
	}
}

// A listener removes its socket when it is closed, unless another stands there by then.
type listener struct {
	net.Listener
	path string
	made fs.FileInfo
}

func (l *listener) Close() error {
	var err error
	if fi, gone := os.Lstat(l.path); gone == nil && os.SameFile(fi, l.made) {
		err = os.Remove(l.path)
	}
	return errors.Join(err, l.Listener.Close())
}

// dial connects to the socket at path.
func dial(ctx context.Context, path string) (net.Conn, error) {
	short, release, err := shortDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(short, filepath.Base(path)))
}

// shortDir returns a short path of dir, because that of a socket may have no more
// than 107 bytes. It is good until release is called.
func shortDir(dir string) (short string, release func() error, err error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d", f.Fd()), f.Close, nil
}
