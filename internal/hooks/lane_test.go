package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/job"
)

// A script is a sender that does as it is told.
type script func(ctx context.Context, m message) verdict

func (s script) send(ctx context.Context, m message) verdict { return s(ctx, m) }
func (s script) close()                                      {}

var (
	well = verdict{result: Delivered}
	sick = verdict{result: Delayed, err: errors.New("no answer")}
)

// perform has everything delivered by a script.
func (d *desk) perform(s script) {
	d.runner.newSender = func(Hook) sender { return s }
	d.run()
}

// A try is when an event was sent, and which.
type try struct {
	at    time.Duration // since the first
	event string
}

// A record of tries.
type record struct {
	mu    sync.Mutex
	begin time.Time
	tries []try
}

// of notes the tries of a script.
func (r *record) of(s script) script {
	return func(ctx context.Context, m message) verdict {
		r.mu.Lock()
		if r.begin.IsZero() {
			r.begin = time.Now()
		}
		r.tries = append(r.tries, try{time.Since(r.begin), m.event.ID})
		r.mu.Unlock()
		return s(ctx, m)
	}
}

func (r *record) all() []try {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.tries)
}

func TestTriedAgainUntilDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var record record
		var numbers []int
		d.configure(Hook{Name: "h", On: job.Done})
		d.perform(record.of(func(_ context.Context, m message) verdict {
			numbers = append(numbers, m.try)
			if m.try < 5 {
				return sick
			}
			return well
		}))
		d.record(job.Done)
		for i := 1; i < 5; i++ {
			if r := d.await(Delayed); r.Tries != i || r.Hook != "h" || !errors.Is(r.Err, sick.err) {
				t.Errorf("report %d is %+v", i, r)
			}
		}
		if r := d.await(Delivered); r.Tries != 5 || r.Count != 1 || r.Err != nil || r.Event != record.all()[0].event {
			t.Errorf("report is %+v", r)
		}
		if !slices.Equal(numbers, []int{1, 2, 3, 4, 5}) {
			t.Errorf("tries were numbered %v", numbers)
		}
		tries := record.all()
		for i := 1; i < len(tries); i++ {
			waited, most := tries[i].at-tries[i-1].at, firstWait<<(i-1)
			if waited < most/2 || waited > most {
				t.Errorf("try %d came after %v, want between %v and %v", i+1, waited, most/2, most)
			}
			if tries[i].event != tries[0].event {
				t.Error("the event has another ID")
			}
		}
		synctest.Wait()
		if n := d.runner.Waiting(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

// TestServerComesBack answers 500 first.
func TestServerComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var bodies []string
		server := roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			status := http.StatusOK
			if len(bodies) < 3 {
				status = http.StatusInternalServerError
			}
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("so what"))}, err
		})
		d.runner.newSender = func(h Hook) sender {
			w := newWebhook(h, "")
			w.client.Transport = server
			return w
		}
		d.configure(Hook{Name: "h", On: job.Done, Webhook: "https://example.org"})
		d.run()
		d.record(job.Done)
		for range 2 {
			if r := d.await(Delayed); r.Output != "so what" || r.Err.Error() != "server answers 500 Internal Server Error" {
				t.Errorf("report is %+v", r)
			}
		}
		d.await(Delivered)
		if len(bodies) != 3 || bodies[0] != bodies[2] || !strings.Contains(bodies[0], `"attempts":1`) {
			t.Errorf("the server got %q", bodies)
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var record record
		d.configure(Hook{Name: "h", On: job.Done, Expire: time.Hour})
		d.perform(record.of(func(context.Context, message) verdict { return sick }))
		d.record(job.Done)
		begin := time.Now()
		if r := d.await(Expired); r.Count != 1 || time.Since(begin) < time.Hour || time.Since(begin) > time.Hour+longestPause {
			t.Errorf("after %v: %+v", time.Since(begin), r)
		}
		tries := record.all()
		if last := tries[len(tries)-1].at; last > time.Hour {
			t.Errorf("tried after %v", last)
		}
		synctest.Wait()
		if n := d.runner.Waiting(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

// TestDeadHookIsLeftAlone does not try a thousand events with it one after the other,
// but delivers all of them soon after it is back.
func TestDeadHookIsLeftAlone(t *testing.T) {
	const events = 1000
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var dead atomic.Bool
		dead.Store(true)
		var record record
		d.configure(Hook{Name: "h", On: job.Done, Concurrency: 4})
		d.recordMany(events)
		d.perform(record.of(func(context.Context, message) verdict {
			if dead.Load() {
				return sick
			}
			return well
		}))
		<-time.After(time.Hour)
		synctest.Wait()
		if n := len(record.all()); n < 55 || n > 150 {
			t.Errorf("%d tries in an hour", n)
		}
		if n := d.runner.Waiting(); n != events {
			t.Errorf("%d wait, want %d", n, events)
		}
		dead.Store(false)
		<-time.After(longestPause)
		synctest.Wait()
		delivered := make(map[string]bool)
		for _, try := range record.all() {
			delivered[try.event] = true
		}
		if n := d.runner.Waiting(); n > 10 { // those that were tried wait for their own time
			t.Errorf("%d still wait after it came back", n)
		}
		<-time.After(longestWait)
		synctest.Wait()
		if n := d.runner.Waiting(); n != 0 || len(delivered) < events-10 {
			t.Errorf("%d still wait, %d were sent", n, len(delivered))
		}
	})
}

// TestOneBadEventHoldsNoOther has one that fails for ever beside others.
func TestOneBadEventHoldsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		d.configure(Hook{Name: "h", On: job.Done})
		d.perform(func(_ context.Context, m message) verdict {
			if m.event.Source.Path.Path == "/in/1.jpg" {
				return sick
			}
			return well
		})
		for range 50 {
			d.record(job.Done)
		}
		for range 49 {
			d.await(Delivered)
		}
	})
}

// TestRefusedForGood is given up; it says nothing about the next.
func TestRefusedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		d.configure(Hook{Name: "h", On: job.Done})
		begin := time.Now()
		d.perform(func(context.Context, message) verdict { return verdict{result: Failed, err: sick.err, healthy: true} })
		for range 20 {
			d.record(job.Done)
			if r := d.await(Failed); r.Tries != 1 {
				t.Errorf("%+v", r)
			}
		}
		synctest.Wait()
		if n := d.runner.Waiting(); n != 0 || time.Since(begin) > 0 {
			t.Errorf("%d wait after %v", n, time.Since(begin))
		}
	})
}

// TestCommandThatCannotBeStarted is not counted as tries of the event.
func TestCommandThatCannotBeStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		n := 0
		d.configure(Hook{Name: "h", On: job.Done})
		d.perform(func(_ context.Context, m message) verdict {
			if n++; n < 20 {
				return verdict{result: Delayed, err: sick.err, unmade: true}
			}
			if m.try != 1 {
				t.Errorf("it is try %d", m.try)
			}
			return well
		})
		d.record(job.Done)
		d.await(Delivered)
	})
}

func TestServerIsLeftAloneWhenItAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var record record
		d.configure(Hook{Name: "h", On: job.Done})
		for range 5 {
			d.record(job.Done)
		}
		d.perform(record.of(func(_ context.Context, m message) verdict {
			if len(record.all()) == 1 {
				return verdict{result: Delayed, err: sick.err, wait: 10 * time.Minute}
			}
			return well
		}))
		for range 5 {
			d.await(Delivered)
		}
		if next := record.all()[1].at; next < 10*time.Minute {
			t.Errorf("tried again after %v", next)
		}
	})
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var now, most atomic.Int32
		d.configure(Hook{Name: "h", On: job.Done, Concurrency: 3})
		for range 30 {
			d.record(job.Done)
		}
		begin := time.Now()
		d.perform(func(context.Context, message) verdict {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			<-time.After(time.Second)
			return well
		})
		for range 30 {
			d.await(Delivered)
		}
		if most.Load() != 3 || time.Since(begin) != 10*time.Second {
			t.Errorf("%d at a time, %v for all", most.Load(), time.Since(begin))
		}
	})
}

// TestConcurrencyOverReloads has many reloads while a hook hangs: it is told no more at a
// time for that.
func TestConcurrencyOverReloads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		var now atomic.Int32
		free := make(chan struct{})
		d.perform(func(context.Context, message) verdict {
			now.Add(1)
			defer now.Add(-1)
			<-free
			return well
		})
		for range 10 {
			d.record(job.Done)
			d.configure(Hook{Name: "h", On: job.Done, Concurrency: 2})
			synctest.Wait()
			if n := now.Load(); n > 2 {
				t.Errorf("%d at a time after a reload", n)
			}
		}
		close(free)
		for range 9 { // the first was recorded when there was no hook
			d.await(Delivered)
		}
	})
}

// TestEachEventOnce delivers as fast as it can while it comes in.
func TestEachEventOnce(t *testing.T) {
	const events = 2000
	d := openDesk(t, t.TempDir())
	d.configure(Hook{Name: "h", On: job.Done, Concurrency: 8})
	var mu sync.Mutex
	told := make(map[string]int)
	d.perform(func(_ context.Context, m message) verdict {
		mu.Lock()
		defer mu.Unlock()
		told[m.event.ID]++
		return well
	})
	d.recordMany(events)
	for range events {
		d.await(Delivered)
	}
	d.stop()
	if len(told) != events {
		t.Errorf("%d events were told, want %d", len(told), events)
	}
	for id, n := range told {
		if n != 1 {
			t.Errorf("%s was told %d times", id, n)
		}
	}
}

// TestWhoIsTold gives each hook what it wants to hear.
func TestWhoIsTold(t *testing.T) {
	d := openDesk(t, t.TempDir())
	d.configure(
		Hook{Name: "done", On: job.Done}, Hook{Name: "failed", On: job.Failed},
		Hook{Name: "photos", On: job.Done, Folders: []string{"photos", "x"}}, Hook{Name: "scans", On: job.Done, Folders: []string{"scans"}},
	)
	d.record(job.Done)
	d.record(job.Done)
	d.record(job.Failed)
	for _, s := range []job.State{job.Skipped, job.Held, job.Changed, job.Aborted} {
		o := outcome("other.jpg", s)
		if err := d.ledger.Record(o, photos); err != nil {
			t.Fatal(err)
		}
	}
	for hook, want := range map[string]int{"done": 2, "failed": 1, "photos": 2, "scans": 0} {
		due, _, err := d.ledger.Due(hook, time.Now(), 10)
		if len(due) != want || err != nil {
			t.Errorf("%s is told %d times, %v; want %d", hook, len(due), err, want)
		}
	}
	if n := d.runner.Waiting(); n != 5 {
		t.Errorf("%d wait", n)
	}
}

// TestProcessDiesWhileItDelivers tries again after the next start, under the same ID.
func TestProcessDiesWhileItDelivers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, dir)
		var first, second string
		d.configure(Hook{Name: "h", On: job.Done})
		d.perform(func(ctx context.Context, m message) verdict {
			first = m.event.ID
			<-ctx.Done()
			return sick
		})
		d.record(job.Done)
		synctest.Wait()
		d.stop()

		d = openDesk(t, dir)
		d.configure(Hook{Name: "h", On: job.Done})
		d.perform(func(_ context.Context, m message) verdict {
			second = m.event.ID
			return well
		})
		if r := d.await(Delivered); r.Tries != 1 || first != second || first == "" {
			t.Errorf("event %q, then %q, report %+v", first, second, r)
		}
	})
}

// TestEnd gives what is under way some time, and leaves the rest for the next start.
func TestEnd(t *testing.T) {
	for _, test := range []struct {
		name   string
		takes  time.Duration
		atOnce bool
		ends   time.Duration
		left   int
	}{
		{"soon over", 3 * time.Second, false, 3 * time.Second, 2},
		{"hangs", time.Hour, false, grace, 3},
		{"at once", time.Hour, true, 0, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := openDesk(t, t.TempDir())
				d.configure(Hook{Name: "h", On: job.Done, Timeout: 2 * time.Hour})
				for range 3 {
					d.record(job.Done)
				}
				d.runner.newSender = func(Hook) sender {
					return script(func(ctx context.Context, _ message) verdict {
						select {
						case <-ctx.Done():
							return sick
						case <-time.After(test.takes):
							return well
						}
					})
				}
				intake, end := context.WithCancel(t.Context())
				work, abort := context.WithCancel(t.Context())
				defer abort()
				over := make(chan struct{})
				go func() {
					d.runner.Run(intake, work)
					close(over)
				}()
				synctest.Wait()
				begin := time.Now()
				end()
				if test.atOnce {
					abort()
				}
				<-over
				if took := time.Since(begin); took != test.ends {
					t.Errorf("ended after %v, want %v", took, test.ends)
				}
				if n := d.runner.Waiting(); n != test.left {
					t.Errorf("%d wait, want %d", n, test.left)
				}
			})
		})
	}
}

// TestReload changes hooks while one is being told.
func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openDesk(t, t.TempDir())
		told := make(map[string]int)
		free := make(chan struct{})
		var mu sync.Mutex
		d.runner.newSender = func(h Hook) sender {
			return script(func(_ context.Context, m message) verdict {
				mu.Lock()
				told[h.Name+" "+h.Webhook+" "+m.event.Source.Path.Path]++
				mu.Unlock()
				<-free
				return well
			})
		}
		d.configure(Hook{Name: "stays", On: job.Done, Webhook: "old"}, Hook{Name: "goes", On: job.Done})
		d.run()
		d.record(job.Done)
		d.record(job.Done)
		synctest.Wait() // the first is under way, the second waits
		d.configure(Hook{Name: "stays", On: job.Done, Webhook: "new", Concurrency: 2}, Hook{Name: "comes", On: job.Done})
		synctest.Wait()
		if r := d.await(Dropped); r.Hook != "goes" || r.Count != 2 {
			t.Errorf("%+v", r)
		}
		d.record(job.Done)
		synctest.Wait()
		close(free)
		synctest.Wait()
		want := map[string]int{
			"stays old /in/1.jpg": 1, "stays new /in/2.jpg": 1, "stays new /in/3.jpg": 1, "goes  /in/1.jpg": 1, "comes  /in/3.jpg": 1,
		}
		if fmt.Sprint(told) != fmt.Sprint(want) || d.runner.Waiting() != 0 {
			t.Errorf("told %v, want %v; %d wait", told, want, d.runner.Waiting())
		}
	})
}

// TestDeliveredIsInsistedOn does not give up to put on record that it was delivered.
func TestDeliveredIsInsistedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		insist(t.Context(), func() error {
			if n++; n < 10 {
				return errors.New("disk full")
			}
			return nil
		})
		if n != 10 {
			t.Errorf("tried %d times", n)
		}
		work, end := context.WithTimeout(t.Context(), time.Minute)
		defer end()
		begin := time.Now()
		insist(work, func() error { return errors.New("disk full") })
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("ended %v after work, not with it", took)
		}
	})
}

func TestBackoff(t *testing.T) {
	for times, want := range []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second} {
		if got := backoff(firstWait, times, longestWait); got != want {
			t.Errorf("after %d: %v, want %v", times, got, want)
		}
	}
	if got := backoff(firstWait, 1<<30, longestWait); got != longestWait {
		t.Errorf("in the end: %v", got)
	}
	for range 1000 {
		if got := jitter(time.Minute); got < time.Minute/2 || got > time.Minute {
			t.Fatalf("jitter makes %v of a minute", got)
		}
	}
}
