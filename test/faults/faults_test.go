package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// try runs a scenario against a program, which may be a shell script, and returns the
// line of figures.
func try(t *testing.T, program string, f flags, run func(*trial), needs ...need) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "imgwatchd")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+program), 0o755); err != nil {
		t.Fatal(err)
	}
	s := scenario{name: "R0", criterion: t.Name(), needs: needs, run: run}
	return newTrial(t.Context(), s, f, &binary{path: path}).execute()
}

func TestVerdicts(t *testing.T) {
	lacking := func() string { return "no luck" }
	cleaned := 0
	for _, test := range []struct {
		name  string
		flags flags
		run   func(*trial)
		needs []need
		want  string
	}{
		{"ok", flags{}, func(t *trial) { t.figure("a", 1); t.figure("b", 2); t.figure("a", 3) }, nil, "R0 a=3 b=2 ok"},
		{"expect", flags{}, func(t *trial) { t.expect(false, "one"); t.figure("a", 1) }, nil, "R0 a=1 FAILED: one"},
		{"fatal", flags{}, func(t *trial) { t.fatalf("one\ntwo"); t.figure("a", 1) }, nil, "R0 FAILED: one two"},
		{"fatal cleanup", flags{}, func(t *trial) { t.cleanup(func() { t.fatalf("late") }) }, nil, "R0 FAILED: late"},
		{"panic", flags{}, func(*trial) { panic("oops") }, nil, "R0 FAILED: panic: oops"},
		{"need", flags{}, func(t *trial) { t.failf("ran") }, []need{lacking}, "R0 SKIPPED: no luck"},
		{"need, required", flags{require: true}, func(*trial) {}, []need{lacking}, "R0 FAILED: skipped: no luck"},
		{"short", flags{short: true}, func(t *trial) { t.figure("n", t.size(9, 1)) }, nil, "R0 n=1 ok"},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := cleaned
			got := try(t, "", test.flags, func(r *trial) {
				r.cleanup(func() { cleaned++ })
				test.run(r)
			}, test.needs...)
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if test.needs == nil && cleaned != before+1 {
				t.Errorf("cleaned %d times", cleaned-before)
			}
		})
	}
}

func TestScenarios(t *testing.T) {
	all := scenarios()
	for i, s := range all {
		if s.run == nil || s.criterion == "" || s.number() == 0 {
			t.Errorf("scenario %q is not whole", s.name)
		}
		if i > 0 && all[i-1].number() >= s.number() {
			t.Errorf("%s comes after %s", s.name, all[i-1].name)
		}
	}
}

// talker stands in for the program.
const talker = `
trap 'echo "{\"msg\":\"stopping\",\"n\":7}"; exit 3' TERM
echo '{"level":"info","msg":"folder watched","folder":"main"}'
while :; do sleep 0.1; done
`

// TestService follows services through their ends.
func TestService(t *testing.T) {
	var left string
	got := try(t, talker, flags{}, func(r *trial) {
		s := r.newSite(setup{})
		left = s.dir
		d := s.serve()
		d.signal(syscall.SIGTERM)
		if e := d.wait(); e != (exit{code: 3}) {
			t.Error(e)
		}
		if e := d.await("the end", msg("stopping")); e.field("n") != "7" || e.life != 1 {
			t.Error(e)
		}
		if d.count(msg("stopping", "n", "7")) != 1 || d.count(msg("stopping", "n", "8")) != 0 || d.count(says(`"n":7`)) != 1 {
			t.Error("matches are wrong")
		}
		next := s.serveWith(launch{wrap: []string{"env", "A=B"}})
		if e := next.kill(); e != (exit{-1, syscall.SIGKILL}) {
			t.Error(e)
		}
		if s.journal.count(msg("folder watched")) != 2 || next.count(anything) != 1 || next.peak(anything) != 1 {
			t.Error("the journal does not tell the lives apart")
		}
		forgotten := s.serve()
		r.cleanup(func() { // comes before the service's own cleanup
			if forgotten.memory() == 0 {
				t.Error("no memory in use")
			}
		})
		s.start().stop()
	})
	if !strings.HasPrefix(got, "R0 FAILED: after SIGTERM: ") {
		t.Errorf("%q", got)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("the site was left: %v", err)
	}
}

// TestServiceEnds does not wait for what a service can no longer say.
func TestServiceEnds(t *testing.T) {
	got := try(t, "echo 'last words' >&2; exit 1", flags{}, func(r *trial) { r.newSite(setup{}).serve() })
	want := "R0 FAILED: waited for folder watched, but the service ended: exit code 1, the last it said: last words"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestObserver shows it files that are whole, half and replaced.
func TestObserver(t *testing.T) {
	got := try(t, "", flags{short: true}, func(r *trial) {
		s := r.newSite(setup{})
		write := func(name string, data []byte) {
			path := filepath.Join(s.out, name)
			r.check(os.MkdirAll(filepath.Dir(path), 0o755))
			r.check(os.WriteFile(filepath.Join(s.dir, "new"), data, 0o644))
			r.check(os.Rename(filepath.Join(s.dir, "new"), path))
		}
		whole := smallPicture(1)
		write(".imgwatchd-0123456789abcdef", nil)
		write("sub/a.jpg", whole)
		write("b.png", smallPNG(1))
		write("half.jpg", whole[:len(whole)-9])
		write("empty.jpg", nil)
		o := s.observe()
		saw := o.stop()
		if saw.looks == 0 || saw.hertz <= 0 || saw.decoded != 4 || len(saw.partials) != 2 {
			t.Errorf("saw %+v", saw)
		}
		o = s.observe()
		write("sub/a.jpg", whole[:9])
		if partials := o.stop().partials; !slices.ContainsFunc(partials, func(p string) bool { return strings.Contains(p, "sub/a.jpg: 9 bytes") }) {
			t.Errorf("saw %q", partials)
		}
		saw.judge(r)
	})
	if !strings.Contains(got, "FAILED: partial: 2 times") {
		t.Errorf("%q", got)
	}
}

// TestOutputs finds what is lost, left over or different.
func TestOutputs(t *testing.T) {
	got := try(t, "", flags{}, func(r *trial) {
		s := r.newSite(setup{})
		r.check(os.WriteFile(filepath.Join(s.out, "a_thumbnail.jpg"), smallPicture(1), 0o644))
		r.check(os.WriteFile(filepath.Join(s.out, "b_thumbnail.jpg"), smallPicture(2)[:99], 0o644))
		r.check(os.WriteFile(filepath.Join(s.out, ".imgwatchd-0123456789abcdef"), nil, 0o644))
		if lost := s.lost([]string{"a.jpg", "b.jpg", "c.jpg"}); !slices.Equal(lost, []string{"b.jpg", "c.jpg"}) {
			t.Errorf("lost %q", lost)
		}
		if n := len(s.temps()); n != 1 {
			t.Errorf("%d temporary files", n)
		}
		if n := len(s.published()); n != 2 {
			t.Errorf("%d published", n)
		}
		sums := r.sums(s.out)
		same, different := compare(sums, map[string]string{"a_thumbnail.jpg": sums["a_thumbnail.jpg"], "c_thumbnail.jpg": "x"})
		slices.Sort(different)
		if same != 1 || !slices.Equal(different, []string{"b_thumbnail.jpg", "c_thumbnail.jpg"}) {
			t.Errorf("%d same, different %q", same, different)
		}
	})
	if got != "R0 ok" {
		t.Errorf("%q", got)
	}
}

// TestDrops puts files into the drop folder in every way.
func TestDrops(t *testing.T) {
	got := try(t, `echo "$1"; exit 4`, flags{}, func(r *trial) {
		s := r.newSite(setup{folders: append(make([]string, 9), "stable_for: 1s")})
		data := smallPicture(7)
		s.drop("a/b.jpg", data)
		s.copyIn("c.jpg", data)
		s.copySlowly("d/e.jpg", data, 1000, time.Millisecond)
		for name, sum := range r.sums(s.in) {
			if sum != r.sums(s.in)["c.jpg"] {
				t.Errorf("%s differs", name)
			}
		}
		if n := len(r.sums(s.in)); n != 3 {
			t.Errorf("%d files", n)
		}
		if fi, err := os.Stat(s.out + "10"); err != nil || !fi.IsDir() {
			t.Error(err)
		}
		if a := r.command("version", "--json"); a != (answer{stdout: "version\n", code: 4}) {
			t.Errorf("%+v", a)
		}
	})
	if got != "R0 ok" {
		t.Errorf("%q", got)
	}
}

func TestPeak(t *testing.T) {
	j, began := &journal{}, time.Unix(1e9, 0)
	for _, ms := range []int{0, 600, 900, 1100, 1590, 1600, 5000} {
		j.events = append(j.events, event{Msg: "x", at: began.Add(time.Duration(ms) * time.Millisecond)})
	}
	if got := j.peak(msg("x")); got != 4 {
		t.Errorf("peak %d, want 4: 600 to 1590", got)
	}
	if got := j.peak(msg("y")); got != 0 {
		t.Errorf("peak %d of nothing", got)
	}
}

func TestOverlay(t *testing.T) {
	tree := map[string]any{"a": map[string]any{"b": 1, "c": 2}, "d": []any{1}, "e": 1}
	over, err := parse("{a: {c: 3, x: 4}, d: [2], e: null}")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(overlay(tree, over)), "map[a:map[b:1 c:3 x:4] d:[2]]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestKiller charges what is done again to the kill that made it forgotten.
func TestKiller(t *testing.T) {
	got := try(t, "", flags{}, func(r *trial) {
		s := r.newSite(setup{})
		k := killer{site: s}
		life := func(made ...string) {
			s.lives++
			for _, name := range made {
				path := filepath.Join(s.out, thumbnailOf(name))
				r.check(os.WriteFile(path+".new", []byte(name), 0o644))
				r.check(os.Chtimes(path+".new", time.Time{}, time.Unix(int64(s.lives), 0)))
				r.check(os.Rename(path+".new", path))
			}
			k.follow()
		}
		life("a.jpg", "b.jpg", "c.jpg")
		life("d.jpg")
		life("a.jpg", "b.jpg")
		s.journal.add(s.lives+1, `{"msg":"done","path":"c.jpg"}`)
		life("a.jpg")
		if k.redone() != 4 || k.worst() != 3 {
			t.Errorf("%d done again, %d after one kill: %v", k.redone(), k.worst(), k.again)
		}
	})
	if got != "R0 ok" {
		t.Errorf("%q", got)
	}
}

// TestNeeds tries what is there: a need that cannot be met says why and leaves nothing.
func TestNeeds(t *testing.T) {
	if missing := tool("sh")(); missing != "" {
		t.Error(missing)
	}
	if missing := tool("no-such-tool")(); missing == "" {
		t.Error("a tool that does not exist is there")
	}
	for name, n := range map[string]need{"root": root, "strace": strace, "mounts": mounts, "loop devices": loopDevices} {
		t.Logf("%s: %q", name, n())
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "faults-need-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	if mounted, err := os.ReadFile("/proc/self/mounts"); err == nil && strings.Contains(string(mounted), "faults-need-") {
		t.Error("a mount was left behind")
	}
}

// TestInterrupted ends a trial that waits.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := scenario{name: "R0", run: func(t *trial) { t.until("the impossible", func() bool { return false }) }}
	if got := newTrial(ctx, s, flags{}, &binary{}).execute(); got != "R0 FAILED: interrupted" {
		t.Errorf("%q", got)
	}
}
