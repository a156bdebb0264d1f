package meter

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/job"
)

// running returns a meter of one folder that runs until the test ends.
func running(t *testing.T) *Meter {
	t.Helper()
	m := New("test")
	m.Configure(map[string][]string{"photos": {"thumb"}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return m
}

// ends has n jobs of the folder end in a state.
func (m *Meter) ends(n int, s job.State) {
	for range n {
		m.Finished(job.Outcome{Job: job.Job{Folder: "photos"}, State: s})
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := running(t)
		expect := func(when string, want float64) {
			t.Helper()
			for _, folder := range []string{"photos", ""} {
				if got := m.Rate(folder); got < 0.98*want || got > 1.02*want {
					t.Errorf("%s: rate of %q is %.3f, want %.3f", when, folder, got, want)
				}
			}
		}
		expect("at once", 0)
		m.ends(30, job.Done)
		m.ends(6, job.Skipped)
		m.ends(4, job.Failed)
		m.ends(100, job.Held)
		expect("in the first instant", 40)
		<-time.After(10 * time.Second)
		expect("after 10 s", 4)
		<-time.After(45 * time.Second)
		expect("after 55 s", 40.0/55)
		<-time.After(6 * time.Second)
		expect("after 61 s", 0)
		for range 90 {
			m.ends(5, job.Done)
			<-time.After(time.Second)
		}
		expect("in steady work", 5)
		if got := m.Rate("strange"); got != 0 {
			t.Errorf("the rate of a folder that does not exist is %v", got)
		}
	})
}

func TestRateStaysRightWhenSamplesAreMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New("test") // nobody runs it
		<-time.After(30 * time.Second)
		m.ends(60, job.Done)
		if got := m.Rate(""); got != 2 {
			t.Errorf("rate is %v, want 2", got)
		}
	})
}

func TestMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := running(t)
		begin := time.Now() // a full minute, as synctest's clock begins
		var queued atomic.Int64
		queued.Store(7)
		m.Watch(func() Live { return Live{Queued: int(queued.Load())} })

		m.ends(3, job.Done)
		<-time.After(30*time.Second + time.Millisecond)
		queued.Store(2)
		m.ends(1, job.Failed)
		<-time.After(90*time.Second + time.Millisecond)
		m.ends(5, job.Done)

		got := m.Minutes()
		if len(got) != 60 {
			t.Fatalf("%d minutes, want 60", len(got))
		}
		for i, want := range []Minute{
			{Start: begin.Add(-time.Minute)},
			{Start: begin, Done: 3, Failed: 1, Queued: 7},
			{Start: begin.Add(time.Minute), Queued: 2},
			{Start: begin.Add(2 * time.Minute), Done: 5, Queued: 2},
		} {
			if m := got[56+i]; !m.Start.Equal(want.Start) || m.Done != want.Done || m.Failed != want.Failed || m.Queued != want.Queued {
				t.Errorf("minute %d is %+v, want %+v", 56+i, m, want)
			}
		}

		<-time.After(59 * time.Minute)
		if last := m.Minutes(); last[0].Done != 5 || !last[0].Start.Equal(begin.Add(2*time.Minute)) {
			t.Errorf("the first of the hour is %+v", last[0])
		}
		<-time.After(time.Minute)
		for _, minute := range m.Minutes() {
			if minute.Done != 0 {
				t.Errorf("after an hour, %+v is left", minute)
			}
		}
	})
}

func TestHourPassesOverASleep(t *testing.T) {
	var h hour
	begin := time.Unix(60_000_000, 0)
	h.add(begin, totals{done: 1}, 4)
	woke := begin.Add(40 * time.Minute)
	h.add(woke, totals{done: 3}, 0)
	got := h.minutes(woke)
	if got[19].Done != 1 || got[59].Done != 2 {
		t.Errorf("before and after: %+v, %+v", got[19], got[59])
	}
	for _, minute := range got[20:59] {
		if minute.Done != 0 || minute.Queued != 0 {
			t.Errorf("asleep: %+v", minute)
		}
	}
	back := begin.Add(-2 * time.Minute) // someone set the clock
	h.add(back, totals{done: 4}, 0)
	if got := h.minutes(back); got[59].Done != 1 || !got[59].Start.Equal(back) {
		t.Errorf("after the clock was set back: %+v", got[59])
	}
}

func TestStages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := running(t)
		m.Staged("read", 10*time.Millisecond, 2*time.Millisecond)
		<-time.After(30 * time.Minute)
		m.Staged("read", 30*time.Millisecond, 4*time.Millisecond)
		m.Staged("write", 0, time.Second)
		m.Staged("sing", time.Hour, time.Hour)
		check := func(want ...StageTimes) {
			t.Helper()
			got := m.Stages()
			if len(got) != len(want) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("got %+v, want %+v", got[i], want[i])
				}
			}
		}
		check(StageTimes{"read", 2, 20 * time.Millisecond, 3 * time.Millisecond}, StageTimes{Stage: "transform"}, StageTimes{"write", 1, 0, time.Second})
		<-time.After(30*time.Minute + time.Second)
		check(StageTimes{"read", 1, 30 * time.Millisecond, 4 * time.Millisecond}, StageTimes{Stage: "transform"}, StageTimes{"write", 1, 0, time.Second})
	})
}

func TestEnded(t *testing.T) {
	m := New("test")
	m.Configure(map[string][]string{"photos": nil})
	m.ends(1, job.Done)
	m.ends(2, job.Failed)
	m.ends(3, job.Skipped)
	m.ends(4, job.Held)
	m.ends(5, job.Changed)
	m.ends(6, job.Aborted)
	want := Counts{Done: 1, Failed: 2, Skipped: 3, Held: 4}
	if m.Ended("photos") != want || m.Ended("") != want || m.Ended("strange") != (Counts{}) {
		t.Errorf("ended: %+v, %+v, %+v; want %+v twice", m.Ended("photos"), m.Ended(""), m.Ended("strange"), want)
	}
	m.Configure(nil)
	if m.ends(1, job.Done); m.Ended("").Done != 2 || m.Ended("photos") != (Counts{}) {
		t.Errorf("after the folder left: %+v, %+v", m.Ended(""), m.Ended("photos"))
	}
}
