package watcher

import (
	"sync"
	"time"
)

// maxMail bounds what the inbox remembers in detail. Beyond it the detail is
// dropped and everything is scanned, which costs about as much.
const maxMail = 10_000

// An inbox holds what other goroutines want the loop to know. Filling it never
// blocks: the reader of events does nothing else, so that the kernel's queue
// does not overflow for our slowness.
type inbox struct {
	wake chan struct{} // one token: there is mail

	mu   sync.Mutex
	mail mail
}

// Mail is what came since the last time.
type mail struct {
	touched  map[string]presence
	visits   map[string]time.Time
	scan     bool // look at everything
	lost     bool // what happened is not known in detail, watches may have gone
	overflow bool // because the kernel's queue was full
}

// A presence is what the events of one path amount to.
type presence uint8

const (
	touched presence = iota // look at it
	gone                    // it was away for a moment at least: a directory has lost its watch
)

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (in *inbox) touch(path string, p presence) {
	in.put(func(m *mail) {
		if m.lost {
			return
		}
		if m.touched == nil {
			m.touched = make(map[string]presence)
		}
		m.touched[path] = max(p, m.touched[path])
		if len(m.touched) > maxMail {
			m.lose()
		}
	})
}

func (m *mail) lose() {
	m.touched = nil
	m.lost = true
}

func (in *inbox) visit(path string, at time.Time) {
	in.put(func(m *mail) {
		if m.visits == nil {
			m.visits = make(map[string]time.Time)
		}
		if len(m.visits) >= maxMail {
			m.scan = true
			return
		}
		m.visits[path] = at
	})
}

func (in *inbox) rescan() { in.put(func(m *mail) { m.scan = true }) }

func (in *inbox) lose() { in.put((*mail).lose) }

func (in *inbox) overflow() {
	in.put(func(m *mail) {
		m.overflow = true
		m.lose()
	})
}

func (in *inbox) put(change func(*mail)) {
	in.mu.Lock()
	change(&in.mail)
	in.mu.Unlock()
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

// take empties the inbox.
func (in *inbox) take() mail {
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.mail
	in.mail = mail{}
	return m
}
