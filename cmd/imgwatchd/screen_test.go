package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/web"
)

// shared is a buffer that one goroutine writes to while another looks.
type shared struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

// TestWatchScreen follows a daemon over a restart. The page is entered once and left
// once, and each drawing begins at its top.
func TestWatchScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out shared
		ctx, cancel := context.WithCancel(t.Context())
		reports := make(chan report)
		ended := make(chan error)
		go func() { ended <- newScreen(&out).watch(ctx, report{status: busyStatus()}, reports) }()
		drawn := func() string {
			t.Helper()
			synctest.Wait()
			last := strings.LastIndex(out.String(), home)
			if last < 0 {
				t.Fatalf("nothing is drawn: %q", out.String())
			}
			return out.String()[last:]
		}
		for _, step := range []struct {
			name string
			do   func()
			want string
		}{
			{"first", func() {}, "1 degraded, 1 paused"},
			{"stopped", func() { reports <- report{err: fmt.Errorf("%w here", web.ErrNoDaemon)} }, "no daemon is running; waiting for one"},
			{"what was seen last stays", func() { reports <- report{err: errors.New("dial: \x1b[31mno")} }, "photos"},
			{"a fault in harmless words", func() { reports <- report{err: errors.New("dial: \x1b[31mno")} }, `\x1b[31mno`},
			{"started", func() { reports <- report{status: hostileStatus()} }, `"two\nlines"`},
			{"late", func() { <-time.After(lateAfter + 2*redraw) }, "no answer for "},
		} {
			step.do()
			if got := drawn(); !strings.Contains(got, step.want) {
				t.Errorf("%s: no %q in %q", step.name, step.want, got)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		text := out.String()
		if !strings.HasPrefix(text, otherPage+hideCursor) || !strings.HasSuffix(text, showCursor+formerPage) {
			t.Errorf("the terminal is not left as it was: %q … %q", text[:20], text[len(text)-20:])
		}
		for _, ours := range []string{otherPage, formerPage, hideCursor, showCursor, home, clearLine, clearBelow} {
			text = strings.ReplaceAll(text, ours, "")
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("control sequences of others: %q", text)
		}
	})
}
