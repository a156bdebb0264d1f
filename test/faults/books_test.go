package main

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// TestBooks reads a ledger that is sound, gone and broken, and leaves it as it is.
func TestBooks(t *testing.T) {
	got := try(t, "", flags{}, func(r *trial) {
		s := r.newSite(setup{})
		source := filepath.Join(s.in, "a.jpg")
		if b := s.readBooks([]string{source}); b.unsound != nil || b.done(source) {
			t.Errorf("no ledger: %+v", b)
		}
		r.check(recordDone(s))
		if b := s.readBooks([]string{source}); b.unsound != nil || !b.done(source) || b.counts[job.Done] != 1 {
			t.Errorf("a ledger: %+v", b)
		}
		r.check(os.WriteFile(s.ledgerFile(""), noise(make([]byte, 8192)), 0o600))
		before := r.sums(s.state)
		if b := s.readBooks([]string{source}); b.unsound == nil || b.done(source) {
			t.Errorf("a broken ledger: %+v", b)
		}
		if _, different := compare(r.sums(s.state), before); len(different) > 0 {
			t.Errorf("reading has changed %q", different)
		}
	})
	if got != "R0 ok" {
		t.Errorf("%q", got)
	}
}

// recordDone records in the site's ledger that a.jpg is done.
func recordDone(s *site) error {
	l, err := ledger.Open(s.state, ledger.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	defer running.Wait()
	defer cancel()
	recipe := &ledger.Recipe{Folder: "main", Root: s.in, Presets: map[string]string{"thumbnail": "1"}}
	return l.Record(job.Outcome{Job: job.Job{Folder: "main", Path: "a.jpg"}, State: job.Done}, recipe)
}

// TestBreakages leaves no ledger as it was.
func TestBreakages(t *testing.T) {
	sound := noise(make([]byte, 20480))
	for _, b := range append(atRandom, breakages...) {
		if b.edit == nil {
			continue
		}
		if got := b.edit(append([]byte{}, sound...)); string(got) == string(sound) {
			t.Errorf("%s: nothing is broken", b.name)
		}
	}
}
