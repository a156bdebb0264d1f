package hooks

import (
	"context"
	"sync"
	"time"

	"imgwatchd/internal/ledger"
)

// A sender makes tries of deliveries, several at a time.
type sender interface {
	send(ctx context.Context, m message) verdict
	close() // once nothing is sent any more
}

// A message is what is sent.
type message struct {
	event *Event
	body  []byte // the event as JSON
	try   int    // the how-manieth it is, from 1
}

// A verdict is what came of a try.
type verdict struct {
	result  Result // Delivered, Delayed or Failed
	err     error
	output  string
	wait    time.Duration // Delayed: that the other side asked for
	unmade  bool          // Delayed: nothing reached the other side, so that it was no try
	healthy bool          // Failed: nothing is wrong with the hook but with this event
}

// A lane takes up the deliveries for one hook.
type lane struct {
	runner *Runner
	hook   Hook
	sender sender
	woken  chan struct{} // holds a token while there may be something to do

	mu    sync.Mutex
	pause pause
}

func newLane(r *Runner, h Hook) *lane {
	return &lane{runner: r, hook: h, sender: r.newSender(h), woken: make(chan struct{}, 1)}
}

func (l *lane) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// idle is how long a lane waits that knows of nothing to do, unless it is woken.
const idle = time.Hour

// run takes deliveries up until intake ends, and returns when those that it took up are
// over, which the end of work brings about.
func (l *lane) run(intake, work context.Context) {
	defer l.sender.close()
	var tries sync.WaitGroup
	defer tries.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-intake.Done():
			return
		case <-work.Done():
			return
		case <-l.woken:
		case <-timer.C:
		}
		timer.Reset(l.start(work, &tries))
	}
}

// start takes up what is due, as far as there is room, and returns after which time
// there may be more.
func (l *lane) start(work context.Context, tries *sync.WaitGroup) time.Duration {
	now := time.Now()
	room, wait := l.room(now)
	if room == 0 {
		return wait
	}
	l.runner.looking.RLock()
	defer l.runner.looking.RUnlock()
	due, next, err := l.runner.ledger.Due(l.hook.Name, now, room+l.runner.underWay())
	if err != nil {
		l.report(Report{Result: Delayed, Err: err, Next: retryLedger})
		return retryLedger
	}
	for _, d := range due {
		if !d.Made.Add(l.hook.Expire).After(now) {
			return l.expire(now)
		}
		if room > 0 && l.runner.take(l.hook.Name, d.ID) {
			room--
			tries.Go(func() { l.deliver(work, d) })
		}
	}
	if next.IsZero() {
		return idle
	}
	return next.Sub(now)
}

// retryLedger is after which time a ledger is asked again that could not be read or
// written.
const retryLedger = time.Second

// room returns how many deliveries may be taken up, and when that is none, after which
// time there may be some. What a former lane of the hook has under way counts as well:
// many reloads must not run a command many times over.
func (l *lane) room(now time.Time) (n int, wait time.Duration) {
	busy := l.runner.busyWith(l.hook.Name)
	l.mu.Lock()
	defer l.mu.Unlock()
	most := l.hook.Concurrency
	if l.pause.on() {
		most = 1
	}
	if n = max(0, most-busy); n == 0 {
		return 0, idle // the end of one wakes the lane
	}
	if wait = l.pause.left(now); wait > 0 {
		return 0, wait
	}
	return n, 0
}

// expire strikes what has been tried for as long as it might be, and returns after
// which time the lane is to go on.
func (l *lane) expire(now time.Time) time.Duration {
	n, err := l.runner.ledger.Expire(l.hook.Name, now.Add(-l.hook.Expire))
	if err != nil {
		return retryLedger
	}
	if n > 0 {
		l.report(Report{Result: Expired, Count: n})
	}
	return 0
}

// deliver makes one try and sees to what follows from it.
func (l *lane) deliver(work context.Context, d ledger.Delivery) {
	defer l.runner.wake() // also lanes that came after this one
	defer l.runner.give(l.hook.Name, d.ID)
	begin := time.Now()
	r := Report{Count: 1, Tries: d.Tries + 1}
	v := l.try(work, d, &r)
	if work.Err() != nil && v.result != Delivered {
		return // it was cut off: the next start tries again
	}
	r.Result, r.Took, r.Err, r.Output = v.result, time.Since(begin), v.err, v.output
	l.judge(v)
	settle := func() error { return l.runner.ledger.Strike(d) }
	if v.result == Delayed {
		r.Next = l.patience(d, v)
		if v.unmade {
			r.Tries--
		}
		due := time.Now().Add(r.Next)
		settle = func() error { return l.runner.ledger.Postpone(d, r.Tries, due) }
	}
	insist(work, settle)
	l.report(r)
}

// try makes one try, and tells the report which event it is about.
func (l *lane) try(work context.Context, d ledger.Delivery, r *Report) verdict {
	e, err := readEvent(d)
	if err != nil {
		return verdict{result: Failed, err: err, healthy: true}
	}
	r.Event = e.ID
	ctx, cancel := context.WithTimeout(work, l.hook.Timeout)
	defer cancel()
	return l.sender.send(ctx, message{e, e.encode(), r.Tries})
}

// judge lets the lane pause if the hook fails again and again.
func (l *lane) judge(v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v.result == Delivered || v.healthy {
		l.pause = pause{}
		return
	}
	l.pause.failed(time.Now(), v.wait)
}

// patience returns after which time a delivery is tried again.
func (l *lane) patience(d ledger.Delivery, v verdict) time.Duration {
	wait := max(jitter(backoff(firstWait, d.Tries, longestWait)), v.wait)
	return max(0, min(wait, time.Until(d.Made.Add(l.hook.Expire))))
}

func (l *lane) report(r Report) {
	r.Hook = l.hook.Name
	l.runner.options.Report(r)
}

// insist does a write of the ledger until it succeeds, or work ends. Until it is on
// record that a delivery was made, it must not be made again.
func insist(work context.Context, write func() error) {
	for write() != nil {
		select {
		case <-work.Done():
			return
		case <-time.After(retryLedger):
		}
	}
}
