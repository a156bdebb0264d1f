package ledger

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

// A post counts what the outbox tells of itself.
type post struct {
	added   int
	dropped map[string]int
}

// address has every end told to hooks.
func (d *desk) address(hooks ...string) *post {
	d.t.Helper()
	p := &post{dropped: make(map[string]int)}
	err := d.SetHooks(Hooks{
		Names: hooks,
		Address: func(path string, o job.Outcome) ([]string, []byte) {
			return hooks, fmt.Appendf(nil, "%s is %s", path, o.State)
		},
		Added:   func() { p.added++ },
		Dropped: func(hook string, n int) { p.dropped[hook] += n },
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// soon is when everything is due that does not wait to be tried again.
func soon() time.Time { return time.Now().Add(2 * leaveTime) }

// due returns what is on its way to a hook, as text too.
func (d *desk) due(hook string, at time.Time) (texts []string, due []Delivery) {
	d.t.Helper()
	due, _, err := d.Due(hook, at, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, x := range due {
		text := string(x.Event)
		if x.Gone {
			text += ", gone to " + x.MovedTo
		}
		texts = append(texts, text)
	}
	return texts, due
}

func (d *desk) wantDue(hook string, at time.Time, want ...string) {
	d.t.Helper()
	if got, _ := d.due(hook, at); !reflect.DeepEqual(got, want) {
		d.t.Errorf("%s gets %q, want %q", hook, got, want)
	}
}

// moving is photos whose sources leave.
func moving() *Recipe {
	r := photos()
	r.DoneLeaves, r.FailedLeaves = true, true
	return r
}

func TestOutboxOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, Options{})
	p := l.address("x", "y")
	l.record(done(file, "thumb", "web"), photos())
	if p.added != 1 || l.Waiting() != 2 {
		t.Errorf("told %d times, %d waiting", p.added, l.Waiting())
	}
	_, due := l.due("x", time.Now())
	if err := l.Strike(due[0]); err != nil {
		t.Fatal(err)
	}
	l.stop()

	l = open(t, dir, Options{})
	l.address("x", "y")
	l.wantDue("x", soon())
	l.wantDue("y", soon(), "/in/a.jpg is done")
	if l.Waiting() != 1 {
		t.Errorf("%d waiting after a restart", l.Waiting())
	}
	if err := l.Strike(due[0]); err != nil || l.Waiting() != 1 {
		t.Errorf("striking again: %v, %d waiting", err, l.Waiting())
	}
}

// TestDeliveriesOfADamagedDatabase come to their ends when a new one has begun, which
// gives the same IDs to others.
func TestDeliveriesOfADamagedDatabase(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.address("x")
	l.record(done(file, "thumb", "web"), photos())
	_, former := l.due("x", time.Now())
	if err := l.renew(errors.New("damaged")); err != nil { // nothing is written at this time
		t.Fatal(err)
	}
	l.record(done(file, "thumb", "web"), photos())
	_, due := l.due("x", time.Now())
	if len(due) != 1 || due[0].ID != former[0].ID {
		t.Fatalf("%+v are due, %+v were", due, former)
	}
	if err := errors.Join(l.Strike(former[0]), l.Postpone(former[0], 9, soon())); err != nil {
		t.Fatal(err)
	}
	if l.wantDue("x", time.Now(), "/in/a.jpg is done"); l.Waiting() != 1 {
		t.Errorf("%d waiting", l.Waiting())
	}
}

// TestOutboxStandsOrFallsWithTheEnd has a transaction fail after the event was put in.
func TestOutboxStandsOrFallsWithTheEnd(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.address("x")
	cause := errors.New("no luck")
	err := l.update(func(tx *tx) error {
		if err := l.post(tx, []string{"x"}, parcel{event: []byte("e")}); err != nil {
			t.Error(err)
		}
		return cause
	})
	if !errors.Is(err, cause) || l.Waiting() != 0 {
		t.Errorf("%v, %d waiting", err, l.Waiting())
	}
	l.wantDue("x", soon())
}

func TestEventsThatAreNews(t *testing.T) {
	again := file
	again.Fingerprint.ModTime++
	for _, test := range []struct {
		name string
		do   func(*desk)
		want int
	}{
		{"done", func(l *desk) { l.begin(file, photos()); l.record(done(file, "thumb"), photos()) }, 1},
		{"made again", func(l *desk) {
			for range 2 {
				l.begin(file, photos())
				l.record(done(file, "thumb"), photos())
			}
		}, 2},
		{"done, but it stays in its folder", func(l *desk) {
			for range 3 {
				l.record(done(file, "thumb"), moving())
			}
		}, 1},
		{"failed, but it stays in its folder", func(l *desk) {
			for range 3 {
				l.record(failed(file, job.Malformed), moving())
			}
		}, 1},
		{"unreadable at each scan", func(l *desk) {
			for range 3 {
				l.record(failed(file, job.Unreadable), photos())
			}
		}, 1},
		{"fails for another reason", func(l *desk) {
			l.record(failed(file, job.Unreadable), photos())
			l.record(failed(file, job.Malformed), photos())
		}, 2},
		{"fails, changes, fails", func(l *desk) {
			l.record(failed(file, job.Malformed), photos())
			l.record(failed(again, job.Malformed), photos())
		}, 2},
		{"fails, is retried, fails", func(l *desk) {
			l.record(failed(file, job.Malformed), photos())
			if err := l.Redo(l.entry("/in/a.jpg"), ""); err != nil {
				l.t.Fatal(err)
			}
			l.record(failed(file, job.Malformed), photos())
		}, 2},
		{"fails, leaves, comes again, fails", func(l *desk) {
			l.record(failed(file, job.Malformed), moving())
			l.left("/in/a.jpg", "/failed/a.jpg")
			l.record(failed(file, job.Malformed), moving())
		}, 2},
		{"forgotten", func(l *desk) {
			l.record(done(file, "thumb"), photos())
			if err := l.Forget("/in/a.jpg"); err != nil {
				l.t.Fatal(err)
			}
		}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := open(t, t.TempDir(), Options{})
			l.address("x")
			test.do(l)
			if texts, _ := l.due("x", soon()); len(texts) != test.want {
				t.Errorf("told %q, want %d", texts, test.want)
			}
		})
	}
}

// TestEventsWaitForTheirSourceToLeave lets hooks find it where they are told that it is.
func TestEventsWaitForTheirSourceToLeave(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	p := l.address("x")
	l.record(done(file, "thumb"), moving())
	l.wantDue("x", time.Now())
	_, next, err := l.Due("x", time.Now(), 10)
	if wait := time.Until(next); err != nil || wait <= 0 || wait > leaveTime {
		t.Errorf("waits for %v, %v", wait, err)
	}
	l.left("/in/a.jpg", "/archive/a.jpg")
	l.wantDue("x", time.Now(), "/in/a.jpg is done, gone to /archive/a.jpg")
	if p.added != 2 {
		t.Errorf("told %d times of something new", p.added)
	}
	other := file
	other.Path = "b.jpg"
	l.record(done(other, "thumb"), moving()) // and never leaves
	l.wantDue("x", soon(), "/in/a.jpg is done, gone to /archive/a.jpg", "/in/b.jpg is done")
}

// TestSourceLeftBeforeTheCrash has the process die between the move and its record.
func TestSourceLeftBeforeTheCrash(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, Options{})
	l.address("x")
	o := done(file, "thumb")
	o.MovedTo = "/archive/a.jpg"
	l.record(o, moving())
	l.stop()
	l = open(t, dir, Options{})
	if err := l.TakeOver(Stopped); err != nil { // nothing stands at /in/a.jpg
		t.Fatal(err)
	}
	l.wantDue("x", time.Now(), "/in/a.jpg is done, gone to /archive/a.jpg")
}

func TestPostpone(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.address("x")
	l.record(done(file, "thumb"), photos())
	_, due := l.due("x", time.Now())
	later := time.Now().Add(time.Hour)
	if err := l.Postpone(due[0], 3, later); err != nil {
		t.Fatal(err)
	}
	due, next, err := l.Due("x", time.Now(), 10)
	if len(due) > 0 || !next.Equal(later) || err != nil {
		t.Errorf("%d due, next at %v, %v", len(due), next, err)
	}
	due, next, err = l.Due("x", later, 10)
	if len(due) != 1 || due[0].Tries != 3 || due[0].Attempts != 1 || !next.IsZero() || err != nil {
		t.Errorf("%+v, next at %v, %v", due, next, err)
	}
}

func TestExpire(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.address("x", "y")
	l.record(done(file, "thumb"), photos())
	between := time.Now()
	other := file
	other.Path = "b.jpg"
	l.record(done(other, "thumb"), photos())
	for _, want := range []int{1, 0} {
		if n, err := l.Expire("x", between); n != want || err != nil {
			t.Errorf("%d expired, %v; want %d", n, err, want)
		}
	}
	l.wantDue("x", soon(), "/in/b.jpg is done")
	l.wantDue("y", soon(), "/in/a.jpg is done", "/in/b.jpg is done")
	if l.Waiting() != 3 {
		t.Errorf("%d waiting", l.Waiting())
	}
}

func TestHookThatIsNoMore(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.address("x", "y")
	l.record(done(file, "thumb"), photos())
	p := l.address("y", "z")
	l.wantDue("x", soon())
	l.wantDue("y", soon(), "/in/a.jpg is done")
	if l.Waiting() != 1 || !reflect.DeepEqual(p.dropped, map[string]int{"x": 1}) {
		t.Errorf("%d waiting, dropped %v", l.Waiting(), p.dropped)
	}
}

// TestOutboxIsBounded fills it for a hook that is dead, beside one that is not.
func TestOutboxIsBounded(t *testing.T) {
	for _, test := range []struct {
		name    string
		event   []byte
		maxSize int64
		most    int // that may wait
	}{
		{"many", []byte("e"), 1 << 30, maxWaiting},
		{"large", []byte(strings.Repeat("e", 10_000)), 1 << 20, (1 << 20) / 4 / 2 / 10_201},
		{"larger than all", []byte(strings.Repeat("e", 1<<20)), 1 << 10, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := open(t, t.TempDir(), Options{MaxSize: test.maxSize})
			p := l.address("dead", "other")
			add := func(hook string, n int) {
				err := l.update(func(tx *tx) error {
					for range n {
						if err := l.post(tx, []string{hook}, parcel{event: test.event, source: "s"}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			add("other", 1)
			add("dead", test.most+1)
			waiting := l.Waiting() - 1
			if waiting > test.most || waiting < test.most*98/100 {
				t.Errorf("%d wait, %d may", waiting, test.most)
			}
			if got := p.dropped["dead"]; got != test.most+1-waiting || p.dropped["other"] != 0 {
				t.Errorf("dropped %v with %d waiting", p.dropped, waiting)
			}
			due, _, err := l.Due("dead", time.Now(), math.MaxInt32)
			if err != nil || len(due) != waiting {
				t.Fatalf("%d are due, %v", len(due), err)
			}
			if last := due[len(due)-1].ID; last != int64(test.most+2) {
				t.Errorf("the last that waits is %d, not the newest", last)
			}
		})
	}
}

// TestOlderLedger opens one that had no outbox.
func TestOlderLedger(t *testing.T) {
	dir := t.TempDir()
	db, err := openDB(filepath.Join(dir, fileName), "auto_vacuum(2)", "journal_mode(WAL)")
	if err == nil {
		_, err = db.Exec(migrations[0] + `PRAGMA user_version = 1`)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir, Options{})
	if told := l.told(); len(told) > 0 {
		t.Errorf("told %q", told)
	}
	l.address("x")
	l.record(done(file, "thumb"), photos())
	l.wantDue("x", soon(), "/in/a.jpg is done")
}
