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
		want := func(what string, got, want bool) {
			t.Helper()
			if got != want {
				t.Fatalf("%s: %v, want %v", what, got, want)
			}
		}
		want("well: a comes in", g.admit(a, time.Now()), true)
		if g.room(time.Now()) != nil {
			t.Fatal("an open gate has something to wait for")
		}

		hold, _ := g.settle(a, sick, time.Now())
		want("the first hold is short", hold == minHold, true)
		g.settle(c, sick, time.Now()) // was in work as well
		want("sick: b comes in", g.admit(b, time.Now()), false)
		want("sick: what is queued is worked on", g.lets(b), false)

		<-g.room(time.Now())
		want("b is the trial", g.admit(b, time.Now()), true)
		want("b is worked on", g.lets(b), true)
		want("c comes in beside the trial", g.admit(c, time.Now()), false)
		room := g.room(time.Now())
		hold, opened := g.settle(b, sick, time.Now())
		<-room
		want("the trial failed", hold == 2*minHold && !opened, true)
		for range 5 {
			<-g.room(time.Now())
			want("another trial", g.admit(b, time.Now()), true)
			hold, _ = g.settle(b, sick, time.Now())
		}
		want("the hold is bounded", hold == maxHold, true)

		<-g.room(time.Now())
		want("a trial", g.admit(b, time.Now()), true)
		hold, opened = g.settle(b, unclear, time.Now())
		want("a damaged file proves nothing", hold == maxHold && !opened, true)
		<-g.room(time.Now())
		want("the next trial comes at once", g.admit(c, time.Now()), true)
		g.settle(a, well, time.Now()) // a straggler is no trial
		want("still closed", g.lets(a), false)
		hold, opened = g.settle(c, well, time.Now())
		want("it opens", hold == 0 && opened, true)
		want("well again", g.admit(a, time.Now()) && g.lets(b), true)
	})
}
