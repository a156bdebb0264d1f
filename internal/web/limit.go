package web

import (
	"net"
	"sync"

	"golang.org/x/sys/unix"
)

// maxConns bounds the connections that strangers hold open at a time.
const maxConns = 1024

// A limited listener closes the connections beyond its bound at once: the descriptors
// of the process are for its work.
type limited struct {
	net.Listener
	free chan struct{}
}

// limit bounds the connections of l to a quarter of the descriptors that the process may
// have, and to maxConns.
func limit(l net.Listener) net.Listener {
	n := maxConns
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) == nil && limit.Cur/4 < maxConns {
		n = max(4, int(limit.Cur/4))
	}
	return &limited{l, make(chan struct{}, n)}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case l.free <- struct{}{}:
			return &limitedConn{Conn: conn, release: func() { <-l.free }}, nil
		default:
			conn.Close()
		}
	}
}

type limitedConn struct {
	net.Conn
	once    sync.Once
	release func()
}

func (c *limitedConn) Close() error {
	defer c.once.Do(c.release)
	return c.Conn.Close()
}
