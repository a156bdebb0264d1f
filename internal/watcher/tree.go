package watcher

import (
	"context"
	"fmt"
	"os"
	"time"
)

// maxLooks bounds the settled files that one turn of the loop looks at.
const maxLooks = 256

// A tree is the folder for as long as one root stands. All of it belongs to the
// goroutine in run.
type tree struct {
	w      *Watcher
	opts   Options
	root   *os.Root
	id     identity
	notify notify
	dirs   dirs
	settle *settle
	scan   scan

	checkAt  time.Time // look whether the root still stands
	rescanAt time.Time
	pollAt   time.Time
	mailAt   time.Time // read the inbox; zero: it is empty
	readAt   time.Time // when it was read last
	retryAt  time.Time // try a full queue again; zero: it is not full, or room tells
	tellAt   time.Time // tell of the state; zero: it is told

	room    <-chan struct{} // tells that a full queue has room
	blocked bool            // the queue is full
	crowded bool            // the settle set is full
	renew   bool            // watch everything anew with the next scan
	told    bool            // of the overflow that the next scan makes up for
}

func newTree(w *Watcher, root *os.Root, id identity) *tree {
	now := time.Now()
	return &tree{
		w:        w,
		opts:     w.opts,
		root:     root,
		id:       id,
		notify:   notify{w: w},
		dirs:     newDirs(),
		settle:   newSettle(w.opts.StableFor, w.settleLimit),
		checkAt:  now.Add(w.check),
		rescanAt: now,
		mailAt:   now,
	}
}

func (t *tree) close() {
	t.scan.stop()
	t.notify.close()
}

// run turns the loop until ctx ends or the root is lost. There is one timer, for
// whatever is due first.
func (t *tree) run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.w.inbox.wake:
			t.expectMail(time.Now())
		case <-t.room:
			t.unblock(time.Now())
		case <-timer.C:
		}
		if ctx.Err() != nil {
			return nil
		}
		if err := t.turn(time.Now()); err != nil {
			return err
		}
		t.tellAt = t.w.setState(t.state(), time.Now())
		timer.Reset(time.Until(t.next()))
	}
}

// turn does what is due, in portions small enough to keep the loop awake.
func (t *tree) turn(now time.Time) error {
	if !t.mailAt.IsZero() && !now.Before(t.mailAt) {
		t.readMail(now)
	}
	if !now.Before(t.checkAt) {
		t.checkAt = now.Add(t.w.check)
		if err := t.checkRoot(); err != nil {
			return err
		}
	}
	if !t.retryAt.IsZero() && !now.Before(t.retryAt) {
		t.unblock(now)
	}
	t.ripen(now)
	return t.advance(now)
}

// next returns when turn has something to do again. A scan under way always has.
func (t *tree) next() time.Time {
	at := t.checkAt
	earlier := func(x time.Time) {
		if !x.IsZero() && x.Before(at) {
			at = x
		}
	}
	earlier(t.mailAt)
	earlier(t.retryAt)
	earlier(t.tellAt)
	if t.blocked {
		return at
	}
	earlier(t.settle.Next())
	switch {
	case t.crowded:
	case t.scan.active():
		return time.Time{}
	default:
		earlier(t.rescanAt)
		if t.dirs.polled > 0 {
			earlier(t.pollAt)
		}
	}
	return at
}

// checkRoot compares the directory that stands under the root's path with the
// one that is watched, and makes sure that it can still be listed.
func (t *tree) checkRoot() error {
	id, err := identifyRoot(t.opts.Root)
	if err != nil {
		return err
	}
	if id != t.id {
		return errReplaced
	}
	f, err := openDir(t.root, ".")
	switch {
	case exhausted(err):
		return nil // no fault of the root
	case err != nil:
		return fmt.Errorf("open root: %w", err)
	}
	return f.Close()
}

// expectMail plans the next reading of the inbox, not too soon after the last.
func (t *tree) expectMail(now time.Time) {
	t.mailAt = t.readAt.Add(gather)
	if t.mailAt.Before(now) {
		t.mailAt = now
	}
}

func (t *tree) readMail(now time.Time) {
	t.mailAt, t.readAt = time.Time{}, now
	m := t.w.inbox.take()
	if m.overflow && !t.told {
		t.told = true
		t.opts.Hooks.Overflow()
	}
	if m.lost {
		t.renew = true
		t.rescanBy(now.Add(t.opts.StableFor)) // nothing new is ready earlier, and an overflow rarely comes alone
	}
	if m.scan {
		t.rescanBy(now)
	}
	t.leave(m.touched)
	for p := range m.touched {
		t.look(p, now)
	}
	for p, at := range m.visits {
		t.await(t.settle.Visit(p, at))
	}
}

// rescanBy makes the next scan start at the given time at the latest.
func (t *tree) rescanBy(at time.Time) {
	if at.Before(t.rescanAt) {
		t.rescanAt = at
	}
}

// ripen looks at the files whose time has come.
func (t *tree) ripen(now time.Time) {
	for range maxLooks {
		p, ok := t.settle.Due(now)
		if !ok || t.blocked {
			break
		}
		t.look(p, now)
	}
	if t.crowded && t.settle.Len() <= t.settle.limit/2 {
		t.crowded = false
		t.rescanBy(now)
	}
}

// await takes note when the settle set had to turn a file away.
func (t *tree) await(v verdict) {
	if v == full {
		t.crowded = true
		t.scan.stop()
	}
}

// block stops handing over until the queue has room. What is dropped meanwhile
// is found by the scan that follows.
func (t *tree) block(now time.Time) {
	t.blocked = true
	t.scan.stop()
	if t.opts.Room != nil {
		t.room = t.opts.Room()
		return
	}
	t.retryAt = now.Add(retryFull)
}

func (t *tree) unblock(now time.Time) {
	t.blocked, t.room, t.retryAt = false, nil, time.Time{}
	t.rescanBy(now)
}

// state sums the tree up.
func (t *tree) state() State {
	s := State{
		OK:       true,
		Mode:     "events",
		Watches:  len(t.dirs.at) - t.dirs.polled,
		Polled:   t.dirs.polled,
		Settling: t.settle.Len(),
	}
	switch {
	case t.dirs.polled == 0:
	case s.Watches == 0:
		s.Mode = "poll"
		s.Reason = t.dirs.why
	default:
		s.Mode = "events+poll"
		s.Reason = t.dirs.why
	}
	return s
}
