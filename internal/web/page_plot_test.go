package web

import (
	"testing"
	"time"
)

func TestAxisTop(t *testing.T) {
	for most, want := range map[int64]int64{0: 4, 4: 4, 5: 5, 7: 8, 10: 10, 11: 12, 13: 15, 19: 20, 21: 30, 99: 100, 101: 120, 252: 300, 4594: 5000, 100_000: 100_000} {
		if got := axisTop(most); got != want {
			t.Errorf("%d: %d, want %d", most, got, want)
		}
	}
}

// lastMinutes returns minutes of which the last is the one that runs.
func lastMinutes(minutes ...Minute) Status {
	s := Status{Now: noon, Started: noon.Add(-time.Hour)}
	for i, m := range minutes {
		m.Start = noon.Truncate(time.Minute).Add(time.Duration(i-len(minutes)+1) * time.Minute)
		s.Minutes = append(s.Minutes, m)
	}
	return s
}

func TestThroughput(t *testing.T) {
	p := throughput(lastMinutes(Minute{Done: 8, Failed: 2}, Minute{}, Minute{Done: 5}))
	if p.Top != "10" || p.Middle != "5" || p.Void != 0 || len(p.Bars) != 2 {
		t.Fatalf("%+v", p)
	}
	first, last := p.Bars[0], p.Bars[1]
	if first.X != 570 || first.Done != (extent{20, 80}) || first.Failed != (extent{0, 20}) || first.Running {
		t.Errorf("first: %+v", first)
	}
	if last.X != 590 || last.Done != (extent{50, 50}) || !last.Running {
		t.Errorf("last: %+v", last)
	}
	then := noon.Add(-2 * time.Minute).Local()
	clock := then.Format("15:04 ") + zoneText(then)
	if want := "15 files in the last hour, 2 failed. Most: 10 at " + clock + ". This minute: 5."; p.Summary != want {
		t.Errorf("%q, want %q", p.Summary, want)
	}
}

func TestBacklog(t *testing.T) {
	p := backlog(lastMinutes(Minute{Queued: 8}, Minute{Queued: 4}))
	if p.Line != "M580 0L590 0L590 50L600 50" || p.Area != p.Line+"L600 100L580 100Z" || p.Top != "8" {
		t.Errorf("%+v", p)
	}
	s := lastMinutes(Minute{}, Minute{}, Minute{Queued: 4})
	s.Started = noon
	if p := backlog(s); p.Line != "M590 0L600 0" {
		t.Errorf("a minute before the start is drawn: %+v", p)
	}
}

// TestVoid holds that the time before the start is not shown as time without work.
func TestVoid(t *testing.T) {
	for running, want := range map[time.Duration]float64{0: 590, 40 * time.Second: 580, 50 * time.Minute: 90, 3 * time.Hour: 0} {
		s := lastMinutes(Minute{})
		s.Started = noon.Add(-running)
		if got := throughput(s).Void; got != want {
			t.Errorf("running for %v: %v, want %v", running, got, want)
		}
	}
	if p := throughput(Status{}); p.Void != plotWidth || p.Top != "4" {
		t.Errorf("without minutes: %+v", p)
	}
}

func TestShares(t *testing.T) {
	s := Status{Stages: []StageTimes{
		{Stage: "read", Busy: 10 * time.Millisecond}, {Stage: "transform", Wait: 20 * time.Millisecond, Busy: 60 * time.Millisecond}, {Stage: "write", Busy: 10 * time.Millisecond},
	}}
	shares, note := shares(s)
	if want := "A file takes 100 ms on average, from when it is taken up."; note != want {
		t.Errorf("%q, want %q", note, want)
	}
	if len(shares) != 4 || shares[1] != (share{Stage: "transform", X: 100, W: 600, Text: "60 ms"}) || shares[3].Text != "20 ms" || shares[3].X != 800 || shares[3].W != 200 {
		t.Errorf("%+v", shares)
	}
}
