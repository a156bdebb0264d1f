package ledger

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"imgwatchd/internal/job"
)

func TestSettled(t *testing.T) {
	for _, test := range []struct {
		name string
		end  job.Outcome
		want bool
	}{
		{"done", done(file, "thumb", "web"), true},
		{"done, one stood already", omitting(done(file, "thumb"), "web"), true},
		{"done, one was asked for again meanwhile", done(file, "thumb"), false},
		{"malformed", failed(file, job.Malformed), true},
		{"unreadable may be allowed later", failed(file, job.Unreadable), false},
		{"no image", failed(file, job.NotImage), true},
		{"output stands", failed(file, job.Exists), true},
		{"vanished", failed(file, job.Vanished), false},
		{"disk full", failed(file, job.Transient), false},
		{"modified", failed(file, job.Modified), false},
		{"stopped", failed(file, job.Stopping), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir, Options{})
			if l.Settled(file, photos()) {
				t.Error("settled before anything was recorded")
			}
			l.begin(file, photos())
			l.record(test.end, photos())
			for range 2 { // the second time from the cache
				if got := l.Settled(file, photos()); got != test.want {
					t.Errorf("settled %v, want %v", got, test.want)
				}
			}
			l.stop()
			if got := open(t, dir, Options{}).Settled(file, photos()); got != test.want {
				t.Errorf("settled %v after a restart, want %v", got, test.want)
			}
		})
	}
}

func omitting(o job.Outcome, presets ...string) job.Outcome {
	o.Unmade = presets
	return o
}

func TestSettledOnlyForTheSame(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.record(done(file, "thumb", "web"), photos())
	grown, touched, replaced, other := file, file, file, file
	grown.Fingerprint.Size++
	touched.Fingerprint.ModTime++
	replaced.Fingerprint.Inode++
	other.Path = "b.jpg"
	for name, j := range map[string]job.Job{"grown": grown, "touched": touched, "replaced": replaced, "other": other} {
		if l.Settled(j, photos()) {
			t.Errorf("%s file counts as settled", name)
		}
	}
	l.begin(grown, photos())
	l.flush()
	if l.Settled(grown, photos()) || l.Settled(file, photos()) {
		t.Error("renditions of the former content count for the new one")
	}
	if maker, _, ok := l.MadeFrom("/out/a.jpg_web"); !ok || maker != "/in/a.jpg" {
		t.Errorf("the rendition that stands belongs to %q", maker)
	}
}

// TestEditedRecipe holds that an edit makes new exactly what it affects.
func TestEditedRecipe(t *testing.T) {
	broken := file
	broken.Path = "broken.jpg"
	for _, test := range []struct {
		name         string
		edit         func(*Recipe)
		done, failed bool     // still settled
		kept         []string // presets of the done one that need not be made again
	}{
		{"nothing", func(*Recipe) {}, true, true, []string{"thumb", "web"}},
		{"one preset", func(r *Recipe) { r.Presets["web"] = "w2" }, false, false, []string{"thumb"}},
		{"one more preset", func(r *Recipe) { r.Presets["gray"] = "g1" }, false, false, []string{"thumb", "web"}},
		{"one less preset", func(r *Recipe) { delete(r.Presets, "web") }, true, true, []string{"thumb"}},
		{"the rules", func(r *Recipe) { r.Rules = "wider" }, true, false, []string{"thumb", "web"}},
		{"what is done leaves", func(r *Recipe) { r.DoneLeaves = true }, false, true, []string{"thumb", "web"}},
		{"what failed leaves", func(r *Recipe) { r.FailedLeaves = true }, true, false, []string{"thumb", "web"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := open(t, t.TempDir(), Options{})
			l.record(done(file, "thumb", "web"), photos())
			l.record(failed(broken, job.Malformed), photos())
			edited := photos()
			test.edit(edited)
			if got := l.Settled(file, edited); got != test.done {
				t.Errorf("the done one is settled: %v, want %v", got, test.done)
			}
			if got := l.Settled(broken, edited); got != test.failed {
				t.Errorf("the failed one is settled: %v, want %v", got, test.failed)
			}
			past := l.past(file, edited)
			if len(past.Outputs) != len(test.kept) || past.Failure != nil {
				t.Fatalf("recalled %+v, want renditions of %q", past, test.kept)
			}
			for i, out := range past.Outputs {
				if out != made("a.jpg", "thumb", "web")[i] || out.Preset != test.kept[i] {
					t.Errorf("recalled %+v, want that of %q", out, test.kept[i])
				}
			}
		})
	}
}

func TestRecallFailure(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	end := omitting(failed(file, job.Malformed), "web")
	end.Outputs = made("a.jpg", "thumb")
	l.record(end, photos())
	past := l.past(file, photos())
	if job.ClassOf(past.Failure) != job.Malformed || past.Failure.Error() != "decode: cause" {
		t.Errorf("recalled %v, want the reason", past.Failure)
	}
	edited := photos()
	edited.Presets["web"] = "w2"
	if past := l.past(file, edited); past.Failure != nil || len(past.Outputs) != 1 {
		t.Errorf("recalled %+v after an edit, want no failure", past)
	}
}

// TestSourceThatLeft holds that a file is new that comes again after it left.
func TestSourceThatLeft(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	moving := photos()
	moving.DoneLeaves = true
	l.record(done(file, "thumb", "web"), moving)
	if past := l.past(file, moving); len(past.Outputs) != 2 {
		t.Errorf("a source that did not leave yet has %+v", past)
	}
	l.left("/in/a.jpg", "/archive/a.jpg")
	if past := l.past(file, moving); len(past.Outputs) != 0 || l.Settled(file, photos()) {
		t.Errorf("a source that came again has %+v", past)
	}
	if _, gone, _ := l.MadeFrom("/out/a.jpg_web"); !gone {
		t.Error("it is not known that the source has left")
	}
	e := l.entry("/archive/a.jpg")
	if e.Path != "/in/a.jpg" || !e.Gone || e.MovedTo != "/archive/a.jpg" {
		t.Errorf("found %+v by the new place", e)
	}
	l.begin(file, moving)
	l.flush()
	if e := l.entry("/in/a.jpg"); e.Gone || e.MovedTo != "" || e.State != job.Working || e.Attempts != 0 {
		t.Errorf("the source that came again is %+v", e)
	}
}

func TestOwn(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	moving := photos()
	moving.DoneLeaves = true
	end := done(file, "thumb", "web")
	end.MovedTo = "/archive/a.jpg" // where it is to go
	l.record(end, moving)
	rendition := made("a.jpg", "thumb", "web")[1].Fingerprint
	touched := rendition
	touched.ModTime++
	for _, left := range []bool{false, true} {
		for _, test := range []struct {
			print job.Fingerprint
			want  string
		}{
			{rendition, "/out/a.jpg_web"}, {file.Fingerprint, "/archive/a.jpg"}, {touched, ""}, {job.Fingerprint{}, ""},
		} {
			paths, err := l.Own(test.print)
			if err != nil || strings.Join(paths, ":") != test.want {
				t.Errorf("left %v: found %q, %v, want %q", left, paths, err, test.want)
			}
		}
		l.left("/in/a.jpg", "/archive/a.jpg")
	}
}

// TestAnyName holds that paths are bytes.
func TestAnyName(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	for _, name := range []string{"caf\xe9.jpg", "two\nlines.jpg", "-rf", "a'b\"c.jpg", "\xff\xfe", "e\u0301.jpg", "\u00e9.jpg", "A.jpg"} {
		j := file
		j.Path = name
		l.record(done(j, "thumb", "web"), photos())
	}
	for _, name := range []string{"caf\xe9.jpg", "two\nlines.jpg", "-rf", "a'b\"c.jpg", "\xff\xfe", "e\u0301.jpg", "\u00e9.jpg", "A.jpg"} {
		e := l.entry("/in/" + name)
		if e.Path != "/in/"+name {
			t.Errorf("%q came back as %q", name, e.Path)
		}
		if by, ok, err := l.Entry(e.ID); !ok || err != nil || by.Path != e.Path || len(by.Outputs) != len(e.Outputs) {
			t.Errorf("%q by its ID: %+v, %v, %v", name, by, ok, err)
		}
		if maker, _, _ := l.MadeFrom("/out/" + name + "_web"); maker != "/in/"+name {
			t.Errorf("%q came back as the maker %q", name, maker)
		}
	}
	if _, ok, _ := l.Find("/in/caf\u00e9.jpg"); ok {
		t.Error("found another spelling")
	}
	if _, ok, err := l.Entry(1 << 40); ok || err != nil {
		t.Errorf("found what has another ID: %v", err)
	}
}

func TestEdit(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.record(done(file, "thumb", "web"), photos())
	if err := l.Redo(l.entry("/in/a.jpg"), "web"); err != nil {
		t.Fatal(err)
	}
	if past := l.past(file, photos()); len(past.Outputs) != 1 || past.Outputs[0].Preset != "thumb" || l.Settled(file, photos()) {
		t.Errorf("after redoing web: %+v", past)
	}
	before := l.entry("/in/a.jpg")
	if err := l.Redo(before, ""); err != nil {
		t.Fatal(err)
	}
	if past := l.past(file, photos()); len(past.Outputs) != 0 {
		t.Errorf("after redoing all: %+v", past)
	}
	if maker, _, _ := l.MadeFrom("/out/a.jpg_web"); maker != "/in/a.jpg" {
		t.Errorf("the rendition belongs to %q", maker)
	}
	l.begin(file, photos())
	if err := l.Redo(l.entry("/in/a.jpg"), ""); err != nil {
		t.Errorf("redoing what is in work: %v", err)
	}
	l.record(done(file, "web"), photos()) // thumb was thought to be made
	if past := l.past(file, photos()); len(past.Outputs) != 1 || l.Settled(file, photos()) {
		t.Errorf("redone in work: %+v", past)
	}
	l.record(done(file, "thumb", "web"), photos())
	if err := l.Redo(before, ""); err != nil || !l.Settled(file, photos()) {
		t.Errorf("redoing what was done since: %v, settled %v", err, l.Settled(file, photos()))
	}
	if err := l.Forget("/in/a.jpg"); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := l.Find("/in/a.jpg"); ok {
		t.Error("a forgotten source is known")
	}
	if _, _, ok := l.MadeFrom("/out/a.jpg_web"); ok {
		t.Error("the rendition of a forgotten source is known")
	}
	if err := errors.Join(l.Forget("/in/a.jpg"), nil); !errors.Is(err, ErrUnknown) {
		t.Errorf("forgetting twice: %v", err)
	}
	if err := l.Redo(before, ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("redoing what is unknown: %v", err)
	}
}

// More failed than are read at a time, many of them at the same moment.
func TestManyFailed(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	const many = 2*failedPage + failedPage/2
	err := l.update(func(tx *tx) error {
		_, err := tx.exec(`
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO sources (path, folder, size, mtime, inode, state, ended, seen)
			SELECT '/in/' || i, 'photos', 1, 1, 1, 'failed', 1 + i / 700, 1 FROM n`, many)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	failed, err := l.Failed(t.Context())
	if err != nil || len(failed) != many {
		t.Fatalf("%d failed, %v", len(failed), err)
	}
	for i, e := range failed {
		if want := fmt.Sprintf("/in/%d", many-i); e.Path != want {
			t.Fatalf("entry %d is %s, want %s", i, e.Path, want)
		}
	}
}

func TestFailedAndCount(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	for i, name := range []string{"b.jpg", "c.jpg", "d.jpg"} {
		j := file
		j.Path = name
		for range i + 1 {
			l.record(failed(j, job.Malformed), photos())
		}
	}
	l.record(done(file, "thumb", "web"), photos())
	bad, err := l.Failed(t.Context())
	if err != nil || len(bad) != 3 {
		t.Fatalf("%d failed, %v", len(bad), err)
	}
	if e := bad[0]; e.Path != "/in/d.jpg" || e.Attempts != 3 || e.Class != job.Malformed || e.Step != "decode" || e.Reason != "cause" || e.Ended.IsZero() {
		t.Errorf("the latest is %+v", e)
	}
	counts, err := l.Count()
	if err != nil || counts[job.Failed] != 3 || counts[job.Done] != 1 {
		t.Errorf("counted %v, %v", counts, err)
	}
}
