package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pipes listener gives connections that live in memory, so that their time is the
// test's.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { close(p.closed); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8077} }

// dial returns the client's end of a new connection.
func (p *pipes) dial() net.Conn {
	mine, theirs := net.Pipe()
	p.conns <- theirs
	return mine
}

// inBubble serves s while test runs, in a time of its own.
func inBubble(t *testing.T, s *Server, test func(t *testing.T, p *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.ServeTCP(ctx, p, NewDoor(Rule{})) }()
		test(t, p)
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

const head = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n"

// TestSlowClients has clients that take their time. Each is let go of when it must, so
// that none holds on to the daemon.
func TestSlowClients(t *testing.T) {
	large := &fake{}
	for _, test := range []struct {
		name string
		do   func(c net.Conn) // what the client does; then it waits
		most time.Duration
	}{
		{"says nothing", func(net.Conn) {}, headTime},
		{"stops in the head", func(c net.Conn) { io.WriteString(c, "GET /v1/st") }, headTime},
		{"a letter at a time", func(c net.Conn) {
			for _, letter := range []byte(head + strings.Repeat("X: a long head\r\n", 100)) {
				<-time.After(500 * time.Millisecond)
				if _, err := c.Write([]byte{letter}); err != nil {
					return
				}
			}
		}, headTime},
		{"never ends the body", func(c net.Conn) {
			io.WriteString(c, "POST /v1/retry HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000000\r\n\r\npath=/in")
			for {
				<-time.After(time.Second)
				if _, err := io.WriteString(c, "/x"); err != nil {
					return
				}
			}
		}, bodyTime},
		{"does not read the answer", func(c net.Conn) { io.WriteString(c, head+"\r\n") }, replyTime},
		{"asks once and stays", func(c net.Conn) {
			io.WriteString(c, head+"\r\n")
			if r, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
				io.Copy(io.Discard, r.Body)
			}
		}, idleTime},
		{"does not read the events", func(c net.Conn) {
			io.WriteString(c, strings.Replace(head, "status", "events", 1)+"\r\n")
		}, pushTime},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, &Server{API: func() API { return large }}, func(t *testing.T, p *pipes) {
				c := p.dial()
				defer c.Close()
				began := time.Now()
				test.do(c)
				<-time.After(time.Until(began.Add(test.most + time.Second)))
				synctest.Wait()
				// What the server has half written is all that is left to read.
				c.SetReadDeadline(time.Now().Add(time.Second))
				if _, err := io.Copy(io.Discard, c); err != nil {
					t.Errorf("it is still there after %v: %v", time.Since(began), err)
				}
			})
		})
	}
}

// A crowded album has a picture for whoever waits for its turn.
type crowded struct{ album }

func (crowded) Thumbnail(ctx context.Context, _ int64) (Thumbnail, error) {
	select {
	case <-time.After(2 * replyTime):
		return Thumbnail{[]byte("small"), "abc"}, nil
	case <-ctx.Done():
		return Thumbnail{}, ctx.Err()
	}
}

// TestPictureWaitsItsTurn longer than an answer may take to be read, and is sent.
func TestPictureWaitsItsTurn(t *testing.T) {
	inBubble(t, &Server{API: func() API { return &fake{} }, Page: NewPage(nil, crowded{})}, func(t *testing.T, p *pipes) {
		c := p.dial()
		defer c.Close()
		io.WriteString(c, "GET /image/7/source HTTP/1.1\r\nHost: localhost\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusOK {
			t.Errorf("it is answered with %s", response.Status)
		}
	})
}

// TestTooManyConnections opens more connections than there may be: those beyond are
// closed, and let go of makes room.
func TestTooManyConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		l := &limited{p, make(chan struct{}, 2)}
		accepted := make(chan net.Conn, 10)
		go func() {
			defer close(accepted)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				accepted <- c
			}
		}()
		first, second := p.dial(), p.dial()
		one, two := <-accepted, <-accepted
		third := p.dial()
		if _, err := third.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("one too many reads: %v", err)
		}
		one.Close()
		one.Close() // which counts once
		fourth := p.dial()
		three := <-accepted
		fifth := p.dial()
		if _, err := fifth.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("one too many reads: %v", err)
		}
		for _, c := range []io.Closer{two, three, first, second, third, fourth, fifth, l} {
			c.Close()
		}
		<-accepted
	})
}

// A failing listener has connections to give, and then a fault.
type failing struct{ *pipes }

func (f failing) Accept() (net.Conn, error) {
	c, ok := <-f.conns
	if !ok {
		return nil, errors.New("no such device")
	}
	return c, nil
}

// TestListenerFails ends what a listener has brought when that fails, so that its owner
// can make another.
func TestListenerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Server{API: func() API { return &fake{} }}
		l := failing{newPipes()}
		ended := make(chan error, 1)
		go func() { ended <- s.ServeTCP(t.Context(), l, NewDoor(Rule{})) }()
		c := l.dial()
		defer c.Close()
		go io.Copy(io.Discard, c)
		io.WriteString(c, "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		synctest.Wait() // it listens to the events
		close(l.conns)
		select {
		case err := <-ended:
			if err == nil {
				t.Error("no error")
			}
		case <-time.After(time.Hour):
			t.Error("still serves")
		}
	})
}
