package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// roundOf are the files that TestTracedRound publishes, in two directories.
var roundOf = []string{"one/a", "two/b", "one/c", "two/d", "one/e"}

// success is what TestTracedRound prints for a file that was published.
const success = "<nil>"

// TestTracedRound is the program that the tests below look at from outside. It
// prints what became of each file.
func TestTracedRound(t *testing.T) {
	dir := os.Getenv(tracedDir)
	if dir == "" {
		t.Skip("runs under strace only")
	}
	root := openRoot(t, dir)
	synctest.Test(t, func(t *testing.T) {
		for i, err := range together(t, new(Group), root, Options{}, roundOf...) {
			fmt.Printf("file %s: %v\n", roundOf[i], err)
		}
	})
}

// without makes the kernel refuse a ring, so that each file is synced by a call of its own.
var without = []string{"-e", "inject=io_uring_setup:error=EPERM"}

// traceRound runs TestTracedRound in a new directory and returns the steps of the
// leader and the answers by file. More arguments tell strace what to spoil.
func traceRound(t *testing.T, args ...string) (dir string, steps []string, answers map[string]string) {
	t.Helper()
	dir = t.TempDir()
	for _, d := range []string{"one", "two"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	trace, output, err := runTraced(t, "TestTracedRound", dir, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	answers = make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^file (\S+): (.*)$`).FindAllStringSubmatch(output, -1) {
		answers[m[1]] = m[2]
	}
	if len(answers) != len(roundOf) {
		t.Fatalf("%d answers, want %d\n%s", len(answers), len(roundOf), output)
	}
	return dir, stepsOfLeader(t, trace, dir), answers
}

// stepsOfLeader returns the syncs and renames below dir: "fsync TEMP", "renameat2
// TEMP", "fsync DIRECTORY", which are to be one thread's, and "io_uring_enter FILES".
func stepsOfLeader(t *testing.T, trace, dir string) []string {
	t.Helper()
	call := regexp.MustCompile(`^(\d+) +(fsync|renameat2)\(`)
	ring := regexp.MustCompile(`io_uring_enter\(\S+, (\d+),`)
	temp := regexp.MustCompile(regexp.QuoteMeta(TempPrefix) + `[0-9a-f]{16}`)
	var steps []string
	threads := map[string]bool{}
	for line := range strings.Lines(trace) {
		if m := ring.FindStringSubmatch(line); m != nil {
			steps = append(steps, "io_uring_enter "+m[1])
			continue
		}
		m := call.FindStringSubmatch(line)
		if m == nil || !strings.Contains(line, dir) {
			continue
		}
		threads[m[1]] = true
		what := temp.FindString(line)
		if what == "" {
			_, what, _ = strings.Cut(line, dir+"/")
			what, _, _ = strings.Cut(what, ">")
		}
		steps = append(steps, m[2]+" "+what)
	}
	if len(threads) != 1 {
		t.Errorf("%d threads synced, want one leader\n%s", len(threads), trace)
	}
	return steps
}

// of returns what the steps that begin with prefix go on with.
func of(steps []string, prefix string) []string {
	var rest []string
	for _, s := range steps {
		if r, ok := strings.CutPrefix(s, prefix); ok {
			rest = append(rest, r)
		}
	}
	return rest
}

// parts splits the steps of a round: syncs of files, renames, syncs of directories.
// It fails when they are not in this order, or when not each file is synced once.
func parts(t *testing.T, steps []string) (synced, renamed, dirs []string) {
	t.Helper()
	synced, renamed = of(steps, "fsync "+TempPrefix), of(steps, "renameat2 "+TempPrefix)
	dirs = steps[min(len(steps), len(synced)+len(renamed)):]
	if len(of(steps[:len(synced)], "fsync "+TempPrefix)) != len(synced) || len(of(dirs, "fsync ")) != len(dirs) {
		t.Errorf("steps are out of order: %q", steps)
	}
	distinct := len(slices.Compact(slices.Sorted(slices.Values(synced))))
	if n := len(roundOf); len(synced) != n || distinct != n {
		t.Errorf("%d syncs of %d of %d files", len(synced), distinct, n)
	}
	return synced, renamed, dirs
}

// All files are synced before any is renamed, and each directory is synced once after
// that.
func TestOrderInARound(t *testing.T) {
	dir, steps, answers := traceRound(t, without...)
	for _, name := range roundOf {
		wantFile(t, filepath.Join(dir, name), name)
		if answers[name] != success {
			t.Errorf("%s: %s", name, answers[name])
		}
	}
	synced, renamed, dirs := parts(t, steps)
	if !slices.Equal(synced, renamed) {
		t.Errorf("synced %q, then renamed %q", synced, renamed)
	}
	if got := slices.Sorted(slices.Values(dirs)); !slices.Equal(got, []string{"fsync one", "fsync two"}) {
		t.Errorf("synced at last: %q", dirs)
	}
}

// A ring that was tried syncs all files at once, and then all directories; what it does not
// take is synced by a call of its own.
func TestRingInARound(t *testing.T) {
	openNewRing(t)
	const try, all, dirs = "io_uring_enter 1", "io_uring_enter 5", "io_uring_enter 2"
	each := slices.Repeat([]string{"fsync TEMP"}, len(roundOf))
	eachDir := []string{"fsync DIRECTORY", "fsync DIRECTORY"}
	for _, test := range []struct {
		name           string
		inject         string   // what it answers
		synced, lasted []string // the steps before the renames and after them
	}{
		{"takes all", "", []string{try, all}, []string{dirs}},
		{"takes nothing", "EINTR", append([]string{try}, each...), eachDir},
		{"does not take the files", "EBUSY:when=2", append([]string{try, all}, each...), []string{dirs}},
		{"does not take the directories", "EBUSY:when=3", []string{try, all}, append([]string{dirs}, eachDir...)},
	} {
		t.Run(test.name, func(t *testing.T) {
			var spoil []string
			if test.inject != "" {
				spoil = []string{"-e", "inject=io_uring_enter:error=" + test.inject}
			}
			dir, steps, answers := traceRound(t, spoil...)
			for _, name := range roundOf {
				wantFile(t, filepath.Join(dir, name), name)
				if answers[name] != success {
					t.Errorf("%s: %s", name, answers[name])
				}
			}
			for i, s := range steps {
				steps[i] = regexp.MustCompile(regexp.QuoteMeta(TempPrefix)+`\S+`).ReplaceAllString(s, "TEMP")
				steps[i] = regexp.MustCompile(`\b(one|two)$`).ReplaceAllString(steps[i], "DIRECTORY")
			}
			renames := slices.Repeat([]string{"renameat2 TEMP"}, len(roundOf))
			if want := slices.Concat(test.synced, renames, test.lasted); !slices.Equal(steps, want) {
				t.Errorf("steps are %q, want %q", steps, want)
			}
		})
	}
}

// TestSpoiltStepInARound lets a call of the leader fail, and wants the file whose
// call it was to fail, and no other.
func TestSpoiltStepInARound(t *testing.T) {
	for _, test := range []struct {
		name, inject string
		notRenamed   []int // of the files in the order of their syncs
		dirs, failed int
	}{
		{"sync of a file", "fsync:error=EIO:when=3", []int{2}, 2, 1},
		{"sync of every file", "fsync:error=EIO:when=1..5", []int{0, 1, 2, 3, 4}, 0, 5},
		{"rename of a file", "renameat2:error=EIO:when=2", nil, 2, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, steps, answers := traceRound(t, append(without, "-e", "inject="+test.inject)...)
			synced, renamed, dirs := parts(t, steps)
			for _, i := range test.notRenamed {
				if slices.Contains(renamed, synced[i]) {
					t.Errorf("%s was renamed, though not synced", synced[i])
				}
			}
			if len(renamed) != len(synced)-len(test.notRenamed) || len(dirs) != test.dirs {
				t.Errorf("steps after the syncs are %q and %q", renamed, dirs)
			}
			failed := 0
			for name, answer := range answers {
				if answer == success {
					wantFile(t, filepath.Join(dir, name), name)
					continue
				}
				failed++
				wantNoFile(t, filepath.Join(dir, name))
				wantSpoilt(t, name, answer)
			}
			if failed != test.failed {
				t.Errorf("%d files failed, want %d: %q", failed, test.failed, answers)
			}
			wantNoTemps(t, dir)
		})
	}
}

// A directory that cannot be synced fails all files in it, whole as they are, and
// none elsewhere.
func TestSpoiltDirectoryInARound(t *testing.T) {
	first := len(roundOf) + 1 // after the syncs of files
	dir, steps, answers := traceRound(t, append(without, "-e", fmt.Sprintf("inject=fsync:error=EIO:when=%d", first))...)
	_, renamed, dirs := parts(t, steps)
	if len(renamed) != len(roundOf) || len(dirs) != 2 {
		t.Fatalf("steps are %q", steps)
	}
	spoilt := strings.TrimPrefix(dirs[0], "fsync ")
	for name, answer := range answers {
		wantFile(t, filepath.Join(dir, name), name)
		if strings.HasPrefix(name, spoilt+"/") {
			wantSpoilt(t, name, answer)
		} else if answer != success {
			t.Errorf("%s: %s, but only %s was not synced", name, answer, spoilt)
		}
	}
	wantNoTemps(t, dir)
}

// wantSpoilt fails unless an answer names the file and what happened.
func wantSpoilt(t *testing.T, name, answer string) {
	t.Helper()
	if !strings.Contains(answer, name) || !strings.Contains(answer, "input/output error") {
		t.Errorf("the answer for %s is %q", name, answer)
	}
}
