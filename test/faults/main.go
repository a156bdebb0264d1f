// Faults drives the built imgwatchd through what it must survive: kills, full disks,
// bursts, broken ledgers. Each scenario stands for one line of the table of criteria,
// counts what it sees and ends with one line of figures:
//
//	R4 rounds=50 in_flight=22 redone=0 temps=0 … ok
//
// The last word is ok, "FAILED: reason" or "SKIPPED: reason". Lines of figures go to
// standard output, everything else to standard error. The exit code is 1 when one failed.
//
//	go run ./test/faults               every scenario in full, for hours if need be
//	go run ./test/faults -short        all of them within 8 minutes on two processors
//	go run ./test/faults -keep R4      one scenario, and its folders stay for a look
//	go run ./test/faults -list         what there is
//
// # Adding a scenario
//
// Write a file of its own, r07_storm.go, that registers itself:
//
//	var _ = register(scenario{
//		name:      "R7",
//		criterion: "one file written 1,000 times makes 1 job",
//		needs:     []need{root},
//		run:       storm,
//	})
//
//	func storm(t *trial) {
//		s := t.newSite(setup{folders: []string{"stable_for: 2s"}})
//		d := s.serve()
//		for range t.size(1000, 100) {
//			s.copyIn("a.jpg", smallPicture(1))
//		}
//		s.awaitOutputs([]string{"a.jpg"})
//		d.awaitIdle()
//		d.stop()
//		jobs := s.journal.count(msg("done", "path", "a.jpg"))
//		t.figure("jobs", jobs)
//		t.expect(jobs == 1, "the file was worked on %d times", jobs)
//	}
//
// A trial is like a testing.T: fatalf, skipf and whatever fails by itself end the
// scenario from its own goroutine, expect and failf note a failure and carry on,
// and cleanups run in any case. A full run may take minutes, a short one about 20 seconds.
// Whoever changes the machine (mounts, sysctls, namespaces) says how to undo it, with
// t.cleanup, before doing it. Waiting is always for a condition, with minutes of patience;
// a criterion that names a time is measured with t.within.
package main

import (
	"context"
	"flag"
	"fmt"

	"imgwatchd/test/frame"
)

// flags are the choices of the command line.
type flags struct {
	short, keep, require bool
	bin                  string
}

func main() {
	var f flags
	set := flag.NewFlagSet("faults", flag.ContinueOnError)
	set.BoolVar(&f.short, "short", false, "the shortened selection: all of it within 8 minutes")
	set.BoolVar(&f.keep, "keep", false, "leave the folders of the scenarios")
	set.BoolVar(&f.require, "require", false, "a skipped scenario counts as failed")
	set.StringVar(&f.bin, "bin", "", "use this imgwatchd instead of building one")
	frame.Main(set, frame.ByName(scenarios()), f.tryAll)
}

// tryAll runs the scenarios one after the other and returns the exit code.
func (f *flags) tryAll(ctx context.Context, chosen []scenario) (int, error) {
	bin, release, err := prepare(ctx, f.bin)
	if err != nil {
		return 1, err
	}
	defer release()
	code := 0
	for _, s := range chosen {
		if ctx.Err() != nil {
			return 1, nil
		}
		t := newTrial(ctx, s, *f, bin)
		fmt.Println(t.execute())
		if t.failed() {
			code = 1
		}
	}
	return code, nil
}
