package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// patience is how long a check waits for something that must come.
const patience = 90 * time.Second

// A check is one thing that the installed service must do.
type check struct {
	name      string
	criterion string // what is shown, in a line
	run       func(*trial)
}

// Entry returns what a list says of the check.
func (c check) Entry() (name, claim string) { return c.name, c.criterion }

// checks are all checks in their order. What one leaves behind the next finds.
var checks = []check{
	{"boot", "Debian 12 with its own systemd is up, without network", bootCheck},
	{"lintian", "the package has no errors", lintianCheck},
	{"readme", "the README's commands install, start and try the service, to the letter", readmeCheck},
	{"unit", "systemd-analyze security of the installed unit is at most 1.3", unitCheck},
	{"drop", "files of other users become renditions of the right size, owner and mode", dropCheck},
	{"journal", "one line for each file, with its priority", journalCheck},
	{"reload", "a good configuration takes effect; a bad one is refused with the fault", reloadCheck},
	{"kill", "SIGKILL under load: it comes back and nothing is lost", killCheck},
	{"watchdog", "a process that hangs is replaced", watchdogCheck},
	{"stop", "a stop under load is a drain, well within TimeoutStopSec", stopCheck},
	{"status", "systemctl status says what the service is doing", statusCheck},
	{"verbs", "the verbs answer root and the group, and nobody else; the page answers on loopback", verbsCheck},
	{"hooks", "a command is told of what is done and what failed, from within the sandbox", hooksCheck},
	{"folders", "folders outside /srv with a drop-in; sources move to another mount", foldersCheck},
	{"upgrade", "a later package keeps configuration and state, and runs", upgradeCheck},
	{"remove", "removal leaves configuration and state; purge takes them, but no image", removeCheck},
}

// A trial is one run of a check. Its methods are called by the goroutine of the check.
type trial struct {
	check
	*place
	ctx      context.Context
	seen     []string
	failures []string
	skipped  string
}

// goThrough runs checks until one fails, and returns the exit code.
func (p *place) goThrough(ctx context.Context, chosen []check) int {
	for _, c := range chosen {
		t := &trial{check: c, place: p, ctx: ctx}
		began := time.Now()
		t.execute()
		fmt.Printf("%-7s %-11s %s (%.1fs)\n", t.verdict(), c.name, t.told(), time.Since(began).Seconds())
		if len(t.failures) > 0 {
			if ctx.Err() == nil {
				p.tellMore(ctx)
			}
			return 1
		}
	}
	return 0
}

// execute runs the check in a goroutine of its own, because fatalf ends it.
func (t *trial) execute() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if err := recover(); err != nil {
				t.failf("panic: %v\n%s", err, debug.Stack())
			}
		}()
		t.run(t)
	}()
	<-done
}

func (t *trial) verdict() string {
	switch {
	case len(t.failures) > 0:
		return "FAILED"
	case t.skipped != "":
		return "SKIPPED"
	default:
		return "ok"
	}
}

func (t *trial) told() string {
	all := append(t.seen, t.failures...)
	if t.skipped != "" {
		all = append(all, t.skipped)
	}
	return strings.Join(all, "; ")
}

// tellMore prints what helps to understand a failure.
func (p *place) tellMore(ctx context.Context) {
	a, err := p.enter(ctx, "root", "systemctl status --no-pager --full --lines=0 imgwatchd; journalctl --no-pager --lines=40 --unit=imgwatchd --output=short | cut -c 1-240")
	fmt.Fprintln(os.Stderr, a.stdout, a.stderr, err)
}

// see puts something on the line of the check.
func (t *trial) see(format string, args ...any) {
	t.seen = append(t.seen, fmt.Sprintf(format, args...))
}

func (t *trial) failf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

// fatalf notes a failure and ends the check.
func (t *trial) fatalf(format string, args ...any) {
	t.failf(format, args...)
	runtime.Goexit()
}

// skipf ends the check because it cannot be made here.
func (t *trial) skipf(format string, args ...any) {
	t.skipped = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// expect notes the failure that the format tells of, unless ok.
func (t *trial) expect(ok bool, format string, args ...any) {
	if !ok {
		t.failf(format, args...)
	}
}

// must ends the check if there is an error: one of this program or the machine.
func (t *trial) must(err error) {
	if err != nil {
		t.fatalf("%v", err)
	}
}

// try runs lines of bash in the container as a user.
func (t *trial) try(user, lines string) answer {
	a, err := t.enter(t.ctx, user, lines)
	t.must(err)
	return a
}

// as is try for what must succeed; it returns what was printed.
func (t *trial) as(user, lines string) string {
	a := t.try(user, lines)
	if a.code != 0 {
		t.fatalf("%s of %s: exit code %d: %s", lines, user, a.code, strings.TrimSpace(a.stdout+a.stderr))
	}
	return strings.TrimSpace(a.stdout)
}

// root is as for root.
func (t *trial) root(lines string) string { return t.as("root", lines) }

// until waits for a condition, and ends the check when it does not come.
func (t *trial) until(what string, done func() bool) time.Duration {
	began := time.Now()
	for !done() {
		if time.Since(began) > patience {
			t.fatalf("waited %v in vain for %s", patience, what)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-t.ctx.Done():
			t.fatalf("interrupted")
		}
	}
	return time.Since(began)
}
