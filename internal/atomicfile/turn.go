package atomicfile

import "sync"

// The kernel lets one thread at a time change a directory, and those who wait for it
// there spin on a processor that could be working on a picture. So whoever publishes
// waits here, where a goroutine that waits gives its processor away.

// turns are the directories that are being published to.
type turns struct {
	mu   sync.Mutex
	dirs map[string]*turn // by path
}

// A turn is held by the one who changes a directory. A nil turn is always free.
type turn struct {
	sync.Mutex
	users int // who may ask for it; guarded by turns.mu
}

// join returns the turn of a directory. Each join is followed by a leave.
func (t *turns) join(dir string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirs == nil {
		t.dirs = make(map[string]*turn)
	}
	u := t.dirs[dir]
	if u == nil {
		u = new(turn)
		t.dirs[dir] = u
	}
	u.users++
	return u
}

func (t *turns) leave(dir string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.dirs[dir]
	if u.users--; u.users == 0 {
		delete(t.dirs, dir)
	}
}

// take waits for the turn; what it returns gives it back.
func (u *turn) take() (giveBack func()) {
	if u == nil {
		return func() {}
	}
	u.Lock()
	return u.Unlock
}
