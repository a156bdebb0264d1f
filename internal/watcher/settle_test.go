package watcher

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

const quiet = time.Second

// start is any moment; the tests count in milliseconds from it.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// seen is a file of a size, last written and last changed at the given times.
func seen(size int64, mod, changed time.Time) sighting {
	return sighting{print: job.Fingerprint{Size: size, ModTime: mod.UnixNano(), Inode: 1}, changed: changed}
}

// foreign is a file on a filesystem whose clock is not ours.
func foreign(size int64) sighting { return seen(size, at(-1e6), time.Time{}) }

func TestSettle(t *testing.T) {
	type look struct {
		ms   int
		seen sighting
		want verdict
	}
	for _, c := range []struct {
		name  string
		looks []look
	}{
		{"old at first sight", []look{
			{0, seen(1, at(-5000), at(-5000)), ready},
		}},
		{"copied with its old time", []look{
			{0, seen(1, at(-1e6), at(-10)), waiting},
			{989, seen(1, at(-1e6), at(-10)), waiting},
			{990, seen(1, at(-1e6), at(-10)), ready},
		}},
		{"growing", []look{
			{0, seen(1, at(0), at(0)), waiting},
			{900, seen(2, at(900), at(900)), waiting},
			{1000, seen(2, at(900), at(900)), waiting},
			{1850, seen(3, at(1800), at(1800)), waiting},
			{2799, seen(3, at(1800), at(1800)), waiting},
			{2800, seen(3, at(1800), at(1800)), ready},
		}},
		{"found changed long after the last write", []look{
			{0, seen(1, at(0), at(0)), waiting},
			{5000, seen(2, at(100), at(100)), ready},
		}},
		{"chmod does not start the wait again", []look{
			{0, seen(1, at(0), at(0)), waiting},
			{900, seen(1, at(0), at(900)), waiting},
			{1000, seen(1, at(0), at(950)), ready},
		}},
		{"change time in the future", []look{
			{0, seen(1, at(-5000), at(1e6)), waiting},
			{999, seen(1, at(-5000), at(1e6)), waiting},
			{1000, seen(1, at(-5000), at(1e6)), ready},
		}},
		{"modification time in the future", []look{
			{0, seen(1, at(1e6), at(-5000)), waiting},
			{1000, seen(1, at(1e6), at(-5000)), ready},
		}},
		{"foreign clock: always seen twice", []look{
			{0, foreign(1), waiting},
			{999, foreign(1), waiting},
			{1000, foreign(2), waiting},
			{1999, foreign(2), waiting},
			{2000, foreign(2), ready},
		}},
		{"replaced by a file of the same size and time", []look{
			{0, foreign(1), waiting},
			{500, sighting{print: job.Fingerprint{Size: 1, ModTime: at(-1e6).UnixNano(), Inode: 2}}, waiting},
			{1000, sighting{print: job.Fingerprint{Size: 1, ModTime: at(-1e6).UnixNano(), Inode: 2}}, waiting},
			{1500, sighting{print: job.Fingerprint{Size: 1, ModTime: at(-1e6).UnixNano(), Inode: 2}}, ready},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSettle(quiet, 10)
			for _, l := range c.looks {
				if got := s.Observe("a", l.seen, at(l.ms)); got != l.want {
					t.Fatalf("at %d ms: verdict %v, want %v", l.ms, got, l.want)
				}
			}
		})
	}
}

// A file that someone keeps open is looked at again and again, less and less often.
func TestHoldGrows(t *testing.T) {
	s := newSettle(quiet, 10)
	now, file := at(0), seen(1, at(-5000), at(-5000))
	for _, want := range []time.Duration{quiet, 2 * quiet, 4 * quiet, maxRecheck, maxRecheck} {
		if got := s.Observe("a", file, now); got != ready {
			t.Fatalf("verdict %v, want ready", got)
		}
		s.Hold("a", file.print, now)
		if got := s.Next().Sub(now); got != want {
			t.Fatalf("next look after %v, want %v", got, want)
		}
		if got := s.Observe("a", file, now.Add(want/2)); got != waiting {
			t.Fatalf("verdict before the next look: %v, want waiting", got)
		}
		now = s.Next()
	}
	s.Hold("a", seen(2, now, now).print, now)
	if got := s.Next().Sub(now); got != quiet {
		t.Fatalf("after a change the next look is after %v, want %v", got, quiet)
	}
}

func TestHoldOfALongQuietPeriod(t *testing.T) {
	s := newSettle(time.Minute, 10)
	for range 3 {
		s.Hold("a", foreign(1).print, start)
	}
	if got := s.Next().Sub(start); got != time.Minute {
		t.Fatalf("next look after %v, want the quiet period", got)
	}
}

func TestVisit(t *testing.T) {
	s := newSettle(quiet, 10)
	s.Visit("a", at(5000))
	s.Visit("a", at(9000))
	if got := s.Next(); !got.Equal(at(5000)) {
		t.Fatalf("a later visit put the earlier one off to %v", got)
	}
	s.Visit("a", at(2000))
	if got := s.Next(); !got.Equal(at(2000)) {
		t.Fatalf("next look %v, want the earlier visit", got)
	}
	if got := s.Observe("a", seen(1, at(-5000), at(-5000)), at(2000)); got != ready {
		t.Fatalf("verdict %v: a visited file at rest is ready", got)
	}
}

func TestSettleIsBounded(t *testing.T) {
	s := newSettle(quiet, 2)
	s.Observe("a", foreign(1), at(0))
	s.Observe("b", foreign(1), at(0))
	if got := s.Observe("c", foreign(1), at(0)); got != full {
		t.Fatalf("verdict %v, want full", got)
	}
	if got := s.Observe("a", foreign(2), at(1)); got != waiting {
		t.Fatalf("verdict %v: a file that is known still has its place", got)
	}
	if got := s.Observe("d", seen(1, at(-5000), at(-5000)), at(0)); got != ready {
		t.Fatalf("verdict %v: a file at rest needs no place", got)
	}
	s.Drop("b")
	s.Drop("unknown")
	if got := s.Observe("c", foreign(1), at(0)); got != waiting {
		t.Fatalf("verdict %v, want waiting: there is room again", got)
	}
}

func TestDueInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSettle(quiet, 1000)
	for i := range 1000 {
		s.Visit(fmt.Sprint(i), at(random.IntN(5000)))
	}
	for i := range 300 {
		s.Drop(fmt.Sprint(random.IntN(1000)))
		s.Hold(fmt.Sprint(i), foreign(1).print, at(random.IntN(5000)))
	}
	if _, ok := s.Due(at(-1)); ok {
		t.Fatal("a file is due before its time")
	}
	last := at(-1)
	for s.Len() > 0 {
		next := s.Next()
		if next.Before(last) {
			t.Fatalf("due at %v after %v", next, last)
		}
		p, ok := s.Due(next)
		if !ok {
			t.Fatalf("nothing due at %v", next)
		}
		s.Drop(p)
		last = next
	}
	if !s.Next().IsZero() {
		t.Fatal("an empty set is due")
	}
}
