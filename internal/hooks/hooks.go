// Package hooks tells others of files that are done and of files that failed: it runs
// commands and posts to webhooks.
//
// An event is delivered at least once. It stands in the outbox of the ledger, put there
// by the transaction that records the end of the job, until it is delivered, refused for
// good, or expired; neither a crash nor a hook that is dead loses it. A process that ends
// after a delivery but before that is on record delivers again, under the same event ID.
//
// Nobody waits for a hook. Each has a lane of its own, with a bound on how many
// deliveries are under way; a lane whose hook fails again and again pauses for longer
// and longer, and tries one at a time until one succeeds. What waits is bounded by the
// ledger, which throws the oldest away. A command that hangs is killed at its timeout
// with all that it started, whatever it writes is read, and the end of it kept; what a
// server answers is read up to a bound.
//
// There is no order among deliveries, and no hook is told of files that were recorded
// before it was configured. A ledger that is lost takes its outbox along.
//
// A [Runner] is safe for use by many goroutines. Its Run starts what it needs and
// returns when all of that is over.
package hooks

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// A Hook is someone who is to be told: by a command or by a webhook, of which exactly
// one is given.
type Hook struct {
	Name    string    // unique; what waits for a hook of this name is for this hook
	On      job.State // job.Done or job.Failed
	Folders []string  // names of the drop folders that it is told of; empty: all

	Command []string // absolute path of a program, and its arguments

	Webhook    string // an http or https URL
	SecretFile string // holds the key that signs; empty: nothing is signed

	Timeout     time.Duration // of one delivery; 0: 30 s
	Concurrency int           // deliveries at a time; 0: 1
	Expire      time.Duration // how long it is tried; 0: 24 h
}

func (h Hook) applyDefaults() Hook {
	h.Timeout = cmp.Or(h.Timeout, 30*time.Second)
	h.Concurrency = cmp.Or(h.Concurrency, 1)
	h.Expire = cmp.Or(h.Expire, 24*time.Hour)
	return h
}

// wants reports whether the hook is to be told of an end.
func (h *Hook) wants(o job.Outcome) bool {
	return h.On == o.State && (len(h.Folders) == 0 || slices.Contains(h.Folders, o.Job.Folder))
}

// A Result is what became of a delivery.
type Result string

const (
	Delivered Result = "delivered"
	Delayed   Result = "delayed" // it did not succeed and is tried again
	Failed    Result = "failed"  // it was refused for good
	Expired   Result = "expired" // it was tried for as long as it might be
	Dropped   Result = "dropped" // too much waited for the hook, or there is no such hook any more
)

// A Report tells what became of deliveries.
type Report struct {
	Hook   string
	Result Result
	Count  int // how many they are; the rest is about one
	Event  string
	Tries  int
	Took   time.Duration
	Next   time.Duration // Delayed: after which it is tried again
	Err    error         // why not Delivered
	Output string        // the end of what a command wrote
}

// Options says what a Runner needs besides the ledger. The zero value is usual.
type Options struct {
	Version string // of the program, told to servers

	// Report is told what becomes of deliveries; nil: nobody is. It is called from many
	// goroutines and must not block, nor call the Runner or the ledger.
	Report func(Report)
}

// A Runner delivers what the ledger has in its outbox. Make one with New, give it hooks
// with Configure, and Run it once.
type Runner struct {
	ledger  *ledger.Ledger
	options Options
	changed chan struct{} // holds a token while hooks are newer than the lanes

	newSender func(Hook) sender

	// looking is held for reading by lanes that look what is due. What they find may have
	// come to its end meanwhile; it counts as under way until nobody looks.
	looking sync.RWMutex

	mu    sync.Mutex
	hooks []Hook
	lanes []*lane        // that take deliveries up
	taken map[int64]bool // deliveries under way, of former lanes too
	busy  map[string]int // how many they are, by hook
}

// New returns a Runner without hooks; nothing runs before Run.
func New(l *ledger.Ledger, o Options) *Runner {
	if o.Report == nil {
		o.Report = func(Report) {}
	}
	r := &Runner{ledger: l, options: o, changed: make(chan struct{}, 1), taken: make(map[int64]bool), busy: make(map[string]int)}
	r.newSender = func(h Hook) sender {
		if len(h.Command) > 0 {
			return command{h.Command}
		}
		return newWebhook(h, o.Version)
	}
	return r
}

// Configure makes hooks the ones to be told from now on. What waits for others is thrown
// away. The error is one of the ledger; what it could not throw away stays until the next
// call.
func (r *Runner) Configure(hooks []Hook) error {
	hooks = slices.Clone(hooks)
	for i := range hooks {
		hooks[i] = hooks[i].applyDefaults()
	}
	r.mu.Lock()
	r.hooks = hooks
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default: // Run will look at the newest
	}
	return r.ledger.SetHooks(r.outbox(hooks))
}

// outbox returns what the ledger has to know.
func (r *Runner) outbox(hooks []Hook) ledger.Hooks {
	names := make([]string, len(hooks))
	for i, h := range hooks {
		names[i] = h.Name
	}
	return ledger.Hooks{
		Names: names,
		Address: func(path string, o job.Outcome) (to []string, event []byte) {
			for i := range hooks {
				if hooks[i].wants(o) {
					to = append(to, hooks[i].Name)
				}
			}
			if len(to) > 0 {
				event = newEvent(path, o, time.Now()).encode()
			}
			return to, event
		},
		Added: r.wake,
		Dropped: func(hook string, n int) {
			r.options.Report(Report{Hook: hook, Result: Dropped, Count: n})
		},
	}
}

// Waiting returns how many deliveries are to be made.
func (r *Runner) Waiting() int { return r.ledger.Waiting() }

// grace is how long deliveries that are under way at the end have to succeed. What does
// not is left for the next start.
const grace = 5 * time.Second

// Run delivers until intake ends and what is under way is over, for which it has a
// short time, or none when work ends.
func (r *Runner) Run(intake, work context.Context) {
	work, abort := context.WithCancel(work)
	defer abort()
	var lanes sync.WaitGroup
	for intake.Err() == nil && work.Err() == nil {
		current, end := context.WithCancel(intake)
		for _, l := range r.newLanes() {
			lanes.Go(func() { l.run(current, work) })
		}
		select {
		case <-intake.Done():
		case <-work.Done():
		case <-r.changed:
		}
		end()
	}
	late := time.AfterFunc(grace, abort)
	defer late.Stop()
	lanes.Wait()
}

// newLanes returns a lane for each hook, in place of those that there were.
func (r *Runner) newLanes() []*lane {
	select {
	case <-r.changed: // what it is about is read below
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lanes = nil
	for _, h := range r.hooks {
		r.lanes = append(r.lanes, newLane(r, h))
	}
	return r.lanes
}

// wake has the lanes look for more.
func (r *Runner) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.lanes {
		l.wake()
	}
}

// take marks a delivery for a hook as under way, and reports false if it is already.
func (r *Runner) take(hook string, id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken[id] {
		return false
	}
	r.taken[id] = true
	r.busy[hook]++
	return true
}

// give marks a delivery as no longer under way, after what came of it is on record.
func (r *Runner) give(hook string, id int64) {
	r.looking.Lock()
	defer r.looking.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, id)
	if r.busy[hook]--; r.busy[hook] == 0 {
		delete(r.busy, hook)
	}
}

// busyWith returns how many deliveries for a hook are under way.
func (r *Runner) busyWith(hook string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy[hook]
}

func (r *Runner) underWay() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.taken)
}
