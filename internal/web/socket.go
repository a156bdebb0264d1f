package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// SocketName is the name of the socket in the state directory.
const SocketName = "control.sock"

// Listen makes the socket in dir, in place of one that a former process left. The
// caller must hold the lock of dir.
func Listen(dir string) (net.Listener, error) {
	short, release, err := shortDir(dir)
	if err != nil {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	defer release()
	name := filepath.Join(short, SocketName)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("make control socket: %w", err)
	}
	l, err := net.Listen("unix", name)
	if err == nil {
		err = os.Chmod(name, 0o660)
	}
	if err != nil {
		return nil, fmt.Errorf("make control socket in %q: %w", dir, err)
	}
	// The name that it was made under leads nowhere once short is closed.
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	return &listener{l, filepath.Join(dir, SocketName)}, nil
}

// A listener removes its socket when it is closed.
type listener struct {
	net.Listener
	path string
}

func (l *listener) Close() error {
	return errors.Join(os.Remove(l.path), l.Listener.Close())
}

// dial connects to the socket in dir.
func dial(ctx context.Context, dir string) (net.Conn, error) {
	short, release, err := shortDir(dir)
	if err != nil {
		return nil, err
	}
	defer release()
	var d net.Dialer
	return d.DialContext(ctx, "unix", filepath.Join(short, SocketName))
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
