package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long a scenario waits for something that must come. It is long
// because the machine may be slow; what has a time of its own is measured.
const patience = 5 * time.Minute

// A trial is one run of a scenario. All that may end it (fatalf, skipf, check, until and
// every method of a site or a service that can fail) is called by the scenario's own
// goroutine; failf, expect, figure, logf and cleanup by any.
type trial struct {
	scenario
	flags
	bin *binary
	ctx context.Context // ends when the user interrupts

	mu       sync.Mutex
	figures  []string
	failures []string
	skipped  string // why
	cleanups []func()
}

func newTrial(ctx context.Context, s scenario, f flags, bin *binary) *trial {
	return &trial{scenario: s, flags: f, bin: bin, ctx: ctx}
}

// execute runs the scenario and its cleanups and returns the line of figures.
func (t *trial) execute() string {
	began := time.Now()
	t.logf("%s", t.criterion)
	done := make(chan struct{})
	go func() { // a goroutine, because fatalf ends it
		defer close(done)
		defer t.cleanUp()
		for _, n := range t.needs {
			if missing := n(); missing != "" {
				t.skipf("%s", missing)
			}
		}
		t.run(t)
	}()
	<-done
	t.logf("took %v", time.Since(began).Round(100*time.Millisecond))
	return t.line()
}

// cleanUp runs the cleanups, the last one first.
func (t *trial) cleanUp() {
	if err := recover(); err != nil {
		t.failf("panic: %v", err)
		buf := make([]byte, 1<<16)
		t.logf("%s", buf[:runtime.Stack(buf, false)])
	}
	t.mu.Lock()
	n := len(t.cleanups)
	if n == 0 {
		t.mu.Unlock()
		return
	}
	last := t.cleanups[n-1]
	t.cleanups = t.cleanups[:n-1]
	t.mu.Unlock()
	defer t.cleanUp() // in any case: last may fail
	last()
}

// cleanup has f called when the trial ends, whatever its end; the last one first.
func (t *trial) cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// line returns the figures and the verdict.
func (t *trial) line() string {
	words := append([]string{t.name}, t.figures...)
	switch {
	case t.skipped != "" && !t.require:
		words = append(words, "SKIPPED:", t.skipped)
	case t.skipped != "":
		words = append(words, "FAILED: skipped:", t.skipped)
	case len(t.failures) > 0:
		words = append(words, "FAILED:", summary(t.failures))
	default:
		words = append(words, "ok")
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// summary returns the first few of many failures.
func summary(failures []string) string {
	const most = 3
	if more := len(failures) - most; more > 0 {
		return fmt.Sprintf("%s; and %d more", strings.Join(failures[:most], "; "), more)
	}
	return strings.Join(failures, "; ")
}

func (t *trial) failed() bool {
	return len(t.failures) > 0 || t.skipped != "" && t.require
}

// size returns how much of something there is to be: full, or short under -short.
func (t *trial) size(full, short int) int {
	if t.short {
		return short
	}
	return full
}

// figure puts name=value on the line of figures, or changes its value. Names are
// words in lower case, joined by underscores.
func (t *trial) figure(name string, value any) {
	text := fmt.Sprintf("%s=%v", name, value)
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.figures, func(f string) bool { return strings.HasPrefix(f, name+"=") })
	if i < 0 {
		t.figures = append(t.figures, text)
		return
	}
	t.figures[i] = text
}

// logf tells a detail on standard error.
func (t *trial) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s: %s\n", t.name, fmt.Sprintf(format, args...))
}

// failf notes a failure; the scenario carries on.
func (t *trial) failf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	t.logf("failure: %s", text)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, text)
}

// expect notes the failure that the format tells of, unless ok.
func (t *trial) expect(ok bool, format string, args ...any) {
	if !ok {
		t.failf(format, args...)
	}
}

// fatalf notes a failure and ends the scenario.
func (t *trial) fatalf(format string, args ...any) {
	t.failf(format, args...)
	runtime.Goexit()
}

// skipf ends the scenario because it cannot be tried here.
func (t *trial) skipf(format string, args ...any) {
	t.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// check ends the scenario if there is an error: one of the harness or the machine,
// such as a file that cannot be written.
func (t *trial) check(err error) {
	if err != nil {
		t.fatalf("%v", err)
	}
}

// until waits for a condition, and ends the scenario when it does not come.
func (t *trial) until(what string, done func() bool) {
	if took, ok := t.within(patience, done); !ok {
		t.fatalf("waited %v in vain for %s", took.Round(time.Second), what)
	}
}

// within waits for a condition for d at most. It returns how long that took and
// whether the condition came.
func (t *trial) within(d time.Duration, done func() bool) (time.Duration, bool) {
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		if time.Since(began) > d {
			return time.Since(began), false
		}
		select {
		case <-tick.C:
		case <-t.ctx.Done():
			t.fatalf("interrupted")
		}
	}
	return time.Since(began), true
}

// pause lets time pass: to choose a random moment, or to give what must not happen
// its chance.
func (t *trial) pause(d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.ctx.Done():
		t.fatalf("interrupted")
	}
}
