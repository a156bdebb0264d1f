package daemon

import (
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/job"
)

// TestGate follows a folder whose output falls sick and gets well again.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		a, b, c := job.Key{Path: "a"}, job.Key{Path: "b"}, job.Key{Path: "c"}
		admit := func(k job.Key, want answer) {
			t.Helper()
			if got := g.admit(k, time.Now()); got != want {
				t.Fatalf("%s: answer %d, want %d", k.Path, got, want)
			}
		}
		settle := func(k job.Key, h health, wantHold time.Duration, wantOpened bool) {
			t.Helper()
			if hold, opened := g.settle(k, ending{health: h}, time.Now()); hold != wantHold || opened != wantOpened {
				t.Fatalf("%s: closed for %v, opened %v; want %v, %v", k.Path, hold, opened, wantHold, wantOpened)
			}
		}
		admit(a, enter)
		settle(a, sick, 0, false) // alone: it may be the file
		settle(a, sick, 0, false)
		admit(b, enter)
		settle(b, well, 0, false)
		settle(a, sick, 0, false) // and so it is

		settle(b, sick, minHold, false) // two in a row: it is the machine
		settle(c, sick, minHold, false) // was in work as well
		admit(a, wait)
		if g.lets(a) {
			t.Fatal("what is queued is worked on")
		}

		<-g.room(time.Now())
		admit(c, passBy) // it was held last
		admit(b, enter)
		if !g.lets(b) || g.lets(a) {
			t.Fatal("the trial alone is worked on")
		}
		admit(a, wait)
		room := g.room(time.Now())
		settle(b, sick, 2*minHold, false)
		<-room
		for hold := 4 * minHold; ; hold *= 2 {
			<-g.room(time.Now())
			admit(a, enter)
			settle(a, sick, min(hold, maxHold), false)
			<-g.room(time.Now())
			admit(b, enter)
			hold *= 2
			settle(b, sick, min(hold, maxHold), false)
			if hold > 4*maxHold {
				break
			}
		}

		<-g.room(time.Now())
		admit(a, enter)
		settle(a, unclear, maxHold, false) // a damaged file proves nothing
		if g.room(time.Now()) != nil {
			t.Fatal("the next trial has to wait")
		}
		admit(c, enter)
		settle(a, well, maxHold, false) // a straggler is no trial
		settle(c, well, 0, true)
		admit(a, enter)
		if !g.lets(b) || g.room(time.Now()) != nil {
			t.Fatal("it is not open")
		}
	})
}

// TestLastTry holds a file again and again, with and without others that end well.
func TestLastTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		bad, good := job.Key{Path: "bad"}, job.Key{Path: "good"}
		for range 3 * maxTries {
			g.settle(bad, ending{health: sick}, time.Now())
		}
		if g.lastTry(bad) {
			t.Fatal("a file is blamed, though nothing else ended well")
		}
		for i := 1; i < maxTries; i++ {
			if g.settle(good, ending{health: well}, time.Now()); g.lastTry(bad) != (i == maxTries-1) {
				t.Fatalf("after %d times alone: last try %v", i, g.lastTry(bad))
			}
			g.settle(bad, ending{health: sick}, time.Now())
		}
		if g.lastTry(bad) {
			t.Fatal("nothing ended well since")
		}
		g.settle(bad, ending{health: well}, time.Now())
		if g.settle(good, ending{health: well}, time.Now()); g.lastTry(bad) {
			t.Fatal("a file that was done is blamed")
		}
	})
}

func TestPatienceGrows(t *testing.T) {
	var g gate
	k := job.Key{Path: "a"}
	former := time.Duration(0)
	for range 6 {
		g.settle(k, ending{health: sick}, time.Now())
		p := g.patience(k)
		if p < former/2 || p > maxHold {
			t.Errorf("patience %v after %v", p, former)
		}
		former = p
	}
	if former < maxHold*3/4 {
		t.Errorf("the longest patience is %v", former)
	}
}

// TestGateOfOneFile lets the only file try again though it was held last.
func TestGateOfOneFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		a, b := job.Key{Path: "a"}, job.Key{Path: "b"}
		g.settle(a, ending{health: sick}, time.Now())
		hold, _ := g.settle(b, ending{health: sick}, time.Now()) // and a goes away
		<-time.After(2 * hold)
		if got := g.admit(b, time.Now()); got != enter {
			t.Errorf("answer %d, want to enter", got)
		}
	})
}
