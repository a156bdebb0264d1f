package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
)

// patience is how long is waited for what must come.
const patience = 60 * time.Second

// A trial is one check under way. Whatever fails in it ends it, but for expect.
type trial struct {
	ctx      context.Context
	browser  context.Context
	choice   choice
	name     string
	failures []string
	notes    []string
	undo     []func()
	shots    int
}

// stop is what fatalf panics with.
type stop struct{}

// execute runs a check, prints its line, and reports whether it was good.
func (t *trial) execute(look func(*trial)) bool {
	func() {
		defer func() {
			switch v := recover(); v.(type) {
			case nil, stop:
			default:
				t.failures = append(t.failures, fmt.Sprintf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		look(t)
	}()
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	if len(t.failures) > 0 {
		fmt.Printf("FAILED  %s: %s\n", t.name, strings.Join(t.failures, "; "))
		return false
	}
	fmt.Printf("ok      %s: %s\n", t.name, strings.Join(t.notes, ", "))
	return true
}

// note adds to the line of a good check what was seen.
func (t *trial) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func (t *trial) fatalf(format string, args ...any) {
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
	panic(stop{})
}

func (t *trial) check(err error) {
	if err != nil {
		t.fatalf("%v", err)
	}
}

// expect notes a failure unless it holds, and goes on.
func (t *trial) expect(holds bool, format string, args ...any) {
	if !holds {
		t.failures = append(t.failures, fmt.Sprintf(format, args...))
	}
}

// until waits for a condition, and returns how long that took. In vain, it says what
// lacks, if that is given.
func (t *trial) until(what string, met func() bool, lacks ...func() string) time.Duration {
	begun := time.Now()
	for !met() {
		if time.Since(begun) > patience {
			for _, say := range lacks {
				what += ": " + say()
			}
			t.fatalf("waited in vain for %s", what)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-t.ctx.Done():
			t.fatalf("%v", t.ctx.Err())
		}
	}
	return time.Since(begun)
}

// folder makes a folder of the trial's own.
func (t *trial) folder() string {
	dir, err := os.MkdirTemp("", "browser-"+t.name+"-")
	t.check(err)
	if !t.choice.keep {
		t.undo = append(t.undo, func() { os.RemoveAll(dir) })
	}
	return dir
}

func (t *trial) save(name string, data []byte) {
	t.check(os.WriteFile(filepath.Join(t.choice.out, name), data, 0o644))
	t.shots++
}
