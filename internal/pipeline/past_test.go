package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/render"
)

// keepLedger gives the bench a ledger. Each pipeline that is made counts the renditions
// that it makes in made, which may be nil.
func (b *bench) keepLedger() (l *ledger.Ledger, stop func()) {
	b.Helper()
	l, err := ledger.Open(filepath.Join(b.dir, "state"), ledger.Options{})
	if err != nil {
		b.Fatal(err)
	}
	closeLedger := l.Start()
	stop = func() {
		if err := closeLedger(); err != nil {
			b.Error(err)
		}
	}
	b.Cleanup(stop)
	b.options.Ledger = l
	return l, stop
}

// counting returns a pipeline, as after a restart, and the number of renditions that it
// makes.
func (b *bench) counting() (*Pipeline, *atomic.Int64) {
	var made atomic.Int64
	p := b.pipeline(nil)
	p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
		made.Add(int64(len(plans)))
		return renderAll(ctx, data, h, plans)
	}
	return p, &made
}

func (b *bench) workCounting(name string) (job.Outcome, int64) {
	b.Helper()
	p, made := b.counting()
	return b.workOn(b.Context(), p, name)[name], made.Load()
}

// wide is a second preset.
func wide() *render.Preset {
	return &render.Preset{
		Name:   "wide",
		Steps:  []render.Step{&render.Resize{Width: 18}},
		Output: render.Output{Name: "{stem}_wide.{ext}", Format: codec.JPEG},
	}
}

func TestNothingIsMadeTwice(t *testing.T) {
	b := newBench(t)
	b.keepLedger()
	b.folder.Presets = append(b.folder.Presets, wide())
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	if o, made := b.workCounting("a.jpg"); o.State != job.Done || made != 2 {
		t.Fatalf("first: %s, %d made", o.State, made)
	}
	if o, made := b.workCounting("a.jpg"); o.State != job.Skipped || job.ClassOf(o.Err) != job.Exists || made != 0 {
		t.Errorf("again: %s (%v), %d made", o.State, o.Err, made)
	}
	edited := wide()
	edited.Output.Quality = 30
	b.folder.Presets[1] = edited
	if o, made := b.workCounting("a.jpg"); o.State != job.Done || made != 1 || len(o.Outputs) != 1 || o.Outputs[0].Preset != "wide" {
		t.Errorf("with an edited preset: %s, %d made, %+v", o.State, made, o.Outputs)
	}
	b.drop("a.jpg", picture(t, codec.JPEG, 30, 20))
	if o, made := b.workCounting("a.jpg"); o.State != job.Done || made != 2 {
		t.Errorf("with other content: %s, %d made", o.State, made)
	}
	b.wantFiles("out", "a_thumb.jpg", "a_wide.jpg")
}

// TestOnlyTheSourceIsLeft has a source that could not be moved at first.
func TestOnlyTheSourceIsLeft(t *testing.T) {
	for _, test := range []struct {
		name   string
		damage func(output string) error
		made   int64
	}{
		{"renditions stand", func(string) error { return nil }, 0},
		{"a rendition is gone", os.Remove, 1},
		{"a rendition is cut", func(output string) error { return os.Truncate(output, 100) }, 1},
		{"a rendition is no picture", func(output string) error { return os.WriteFile(output, []byte("text"), 0o666) }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.keepLedger()
			b.folder.OnSuccess = Move
			if err := os.WriteFile(b.folder.Archive, nil, 0o666); err != nil { // no folder
				t.Fatal(err)
			}
			b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
			if o, made := b.workCounting("a.jpg"); o.State != job.Done || o.Left == nil || o.Gone || made != 1 {
				t.Fatalf("first: %s, left %v, %d made", o.State, o.Left, made)
			}
			output := filepath.Join(b.folder.Output, "a_thumb.jpg")
			if err := errors.Join(os.Remove(b.folder.Archive), test.damage(output)); err != nil {
				t.Fatal(err)
			}
			o, made := b.workCounting("a.jpg")
			if o.State != job.Done || o.Left != nil || !o.Gone || made != test.made {
				t.Errorf("again: %s (%v), left %v, %d made, want %d", o.State, o.Err, o.Left, made, test.made)
			}
			b.wantFiles("in")
			b.wantFiles("archive", "a.jpg")
			if err := verify(o.Outputs[0]); err != nil {
				t.Errorf("after the source has left: %v", err)
			}
		})
	}
}

func TestSourceStaysWithoutRenditions(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess = Delete
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	it := b.pipeline(nil).newItem(job.Job{Folder: "photos", Path: "a.jpg"})
	it.outputs = []job.Output{{Path: filepath.Join(b.dir, "out", "a_thumb.jpg"), Format: "jpeg", Width: 16, Height: 16, Size: 700}}
	err := it.checkOutputs()
	if job.ClassOf(err) != job.Transient || job.StepOf(err) != "verify" {
		t.Errorf("a rendition that is not there: %v", err)
	}
}

// TestWhatCannotBeRecordedIsNotDone works with a ledger that takes nothing.
func TestWhatCannotBeRecordedIsNotDone(t *testing.T) {
	b := newBench(t)
	l, err := ledger.Open(filepath.Join(b.dir, "state"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	l.Run(over)
	b.options.Ledger = l
	b.folder.OnSuccess = Delete
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	o := b.work("a.jpg")["a.jpg"]
	b.wantState(o, job.Held, job.Transient)
	if job.StepOf(o.Err) != "record" {
		t.Errorf("held for %v", o.Err)
	}
	b.wantFiles("in", "a.jpg")
}

func TestKnownFailure(t *testing.T) {
	b := newBench(t)
	b.keepLedger()
	b.folder.OnFailure = Move
	if err := os.WriteFile(b.folder.Failed, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	whole := picture(t, codec.JPEG, 200, 200)
	b.drop("a.jpg", whole[:len(whole)/2])
	if o, made := b.workCounting("a.jpg"); o.State != job.Failed || o.Left == nil || made != 1 {
		t.Fatalf("first: %s, left %v, %d made", o.State, o.Left, made)
	}
	if err := os.Remove(b.folder.Failed); err != nil {
		t.Fatal(err)
	}
	o, made := b.workCounting("a.jpg")
	b.wantState(o, job.Failed, job.Malformed)
	if made != 0 || !o.Gone {
		t.Errorf("%d made, the source has left: %v", made, o.Gone)
	}
	b.wantFiles("failed", "a.jpg", "a.jpg.error.json")
}

// TestSuspect has a source in work each time when the program crashes.
func TestSuspect(t *testing.T) {
	b := newBench(t)
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	fi, err := os.Stat(filepath.Join(b.folder.Root, "a.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for range maxCrashes {
		l, stop := b.keepLedger()
		j := job.Job{Folder: "photos", Path: "a.jpg", Fingerprint: job.FingerprintOf(fi)}
		if err := l.Begin(j, b.pipeline(nil).Recipe("photos")); err != nil {
			t.Fatal(err)
		}
		stop()
		l, stop = b.keepLedger()
		if err := l.TakeOver(ledger.Crashed); err != nil {
			t.Fatal(err)
		}
		stop()
	}
	b.keepLedger()
	o, made := b.workCounting("a.jpg")
	b.wantState(o, job.Failed, job.Crashed)
	if made != 0 || !strings.Contains(o.Err.Error(), "crashed 3 times") {
		t.Errorf("%d made: %v", made, o.Err)
	}
}

// TestSuspectsWorkAlone holds that one books all the memory.
func TestSuspectsWorkAlone(t *testing.T) {
	b := newBench(t)
	p := b.pipeline(nil)
	it := &item{past: ledger.Past{Crashes: 1}}
	if err := p.book(t.Context(), it); err != nil || it.booked != b.options.Memory {
		t.Errorf("booked %d of %d, %v", it.booked, b.options.Memory, err)
	}
	p.unbook(it, 0)
}

// TestNamesAcrossRestarts holds that a name stays its source's.
func TestNamesAcrossRestarts(t *testing.T) {
	for _, policy := range []Conflict{Overwrite, Rename, FailTaken} {
		t.Run(string(policy), func(t *testing.T) {
			b := newBench(t)
			b.keepLedger()
			b.folder.OnConflict = policy
			b.drop("a.png", picture(t, codec.PNG, 20, 20))
			b.wantState(b.work("a.png")["a.png"], job.Done, "")

			b.drop("a.jpg", picture(t, codec.JPEG, 30, 20))
			o := b.work("a.jpg")["a.jpg"]
			if policy == Rename {
				b.wantState(o, job.Done, "")
				b.wantFiles("out", "a_thumb.jpg", "a_thumb_1.jpg")
			} else {
				b.wantState(o, job.Failed, job.Conflict)
				if !strings.Contains(o.Err.Error(), "a.png") {
					t.Errorf("the reason does not name the holder: %v", o.Err)
				}
				b.wantFiles("out", "a_thumb.jpg")
			}

			b.drop("a.png", picture(t, codec.PNG, 20, 10)) // its own name again
			b.wantState(b.work("a.png")["a.png"], job.Done, "")
			if size := b.sizeOf(filepath.Join(b.folder.Output, "a_thumb.jpg")); size.Y != 8 {
				t.Errorf("the rendition is %v, not of the new source", size)
			}
		})
	}
}

// TestNameOfSourceThatLeft is free for the next picture, also after a restart.
func TestNameOfSourceThatLeft(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess, b.folder.OnConflict = Move, Rename
	for i := range 3 {
		_, stop := b.keepLedger()
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 10+i))
		b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
		stop()
	}
	b.wantFiles("out", "a_thumb.jpg", "a_thumb_1.jpg", "a_thumb_2.jpg")
}

func TestMinFree(t *testing.T) {
	b := newBench(t)
	b.options.MinFree = 1 << 60
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	o := b.work("a.jpg")["a.jpg"]
	b.wantState(o, job.Held, job.Transient)
	if job.StepOf(o.Err) != "space" || !strings.Contains(o.Err.Error(), "limits.min_free") {
		t.Errorf("held for %v", o.Err)
	}
	b.wantFiles("in", "a.jpg")
}

func TestGiveUp(t *testing.T) {
	for _, test := range []struct {
		name  string
		cause error
		last  bool
		want  job.Class
	}{
		{"not yet", job.Reject(job.Transient, "read", syscall.EIO), false, job.Transient},
		{"at last", job.Reject(job.Transient, "read", syscall.EIO), true, job.GaveUp},
		{"disk full", job.Reject(job.Transient, "publish", syscall.ENOSPC), true, job.Transient},
		{"out of descriptors", job.Reject(job.Transient, "open", syscall.EMFILE), true, job.Transient},
		{"no ledger", job.Reject(job.Transient, "record", ledger.ErrClosed), true, job.Transient},
		{"damaged", job.Reject(job.Malformed, "decode", errors.New("cut")), true, job.Malformed},
	} {
		b := newBench(t)
		p := b.pipeline(nil)
		p.options.Hooks.LastTry = func(job.Job) bool { return test.last }
		it := &item{err: test.cause}
		p.giveUp(it)
		if got := job.ClassOf(it.err); got != test.want || !errors.Is(it.err, errors.Unwrap(test.cause)) {
			t.Errorf("%s: %v is %s, want %s", test.name, it.err, got, test.want)
		}
	}
}

func TestRestore(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	b.drop("sub/a.jpg", []byte("no picture"))
	o := b.work("sub/a.jpg")["sub/a.jpg"]
	b.wantFiles("failed", "sub/a.jpg", "sub/a.jpg.error.json")
	if err := Restore(o.MovedTo, b.folder.Root, "sub/a.jpg"); err != nil {
		t.Fatal(err)
	}
	b.wantFiles("failed")
	b.wantFiles("in", "sub/a.jpg")

	b.work("sub/a.jpg")
	b.drop("sub/a.jpg", []byte("another"))
	if err := Restore(o.MovedTo, b.folder.Root, "sub/a.jpg"); err == nil {
		t.Error("a file was replaced")
	}
	b.wantFiles("failed", "sub/a.jpg", "sub/a.jpg.error.json")
}

// TestJobAfterItsSourceLeft leaves the record of where it went as it is.
func TestJobAfterItsSourceLeft(t *testing.T) {
	b := newBench(t)
	l, _ := b.keepLedger()
	b.folder.OnFailure = Move
	b.drop("a.jpg", []byte("no picture"))
	failed := b.work("a.jpg")["a.jpg"]
	b.wantState(failed, job.Failed, job.Malformed)
	b.wantState(b.work("a.jpg")["a.jpg"], job.Skipped, job.Vanished)
	e, known, err := l.Find(filepath.Join(b.folder.Root, "a.jpg"))
	if err != nil || !known || e.State != job.Failed || !e.Gone || e.MovedTo != failed.MovedTo {
		t.Errorf("the ledger has %+v, %v, %v", e, known, err)
	}
}

// TestOwnWorkIsRecognised has renditions that a killed run had no time to record.
func TestOwnWorkIsRecognised(t *testing.T) {
	for _, policy := range []Conflict{SkipTaken, Rename, FailTaken} {
		b := newBench(t)
		b.folder.OnConflict, b.folder.OnSuccess = policy, Move
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		unrecorded := b.folder
		unrecorded.OnSuccess = Keep
		first := &bench{T: t, dir: b.dir, folder: unrecorded, options: b.options}
		b.wantState(first.work("a.jpg")["a.jpg"], job.Done, "")

		b.keepLedger()
		b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
		b.wantFiles("in")
		b.wantFiles("out", "a_thumb.jpg")
	}
}

// TestKilledBeforeItWasNotedAsGone has another picture dropped under the name of one
// that left, of which the ledger does not know yet that it has.
func TestKilledBeforeItWasNotedAsGone(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess, b.folder.OnConflict = Move, Rename
	if err := os.WriteFile(b.folder.Archive, nil, 0o666); err != nil { // no folder
		t.Fatal(err)
	}
	_, stop := b.keepLedger()
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	if o := b.work("a.jpg")["a.jpg"]; o.State != job.Done || o.Left == nil {
		t.Fatalf("first: %s, left %v", o.State, o.Left)
	}
	stop()
	if err := errors.Join(os.Remove(b.folder.Archive), os.Remove(filepath.Join(b.folder.Root, "a.jpg"))); err != nil {
		t.Fatal(err)
	}
	b.keepLedger()
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 10))
	b.wantState(b.work("a.jpg")["a.jpg"], job.Done, "")
	b.wantFiles("out", "a_thumb.jpg", "a_thumb_1.jpg")
	if size := b.sizeOf(filepath.Join(b.folder.Output, "a_thumb.jpg")); size.Y != 16 {
		t.Errorf("the rendition of the picture that left is %v now", size)
	}
}

// TestTakeOverNotesWhatLeft looks at the start for sources that were about to leave.
func TestTakeOverNotesWhatLeft(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	if err := os.WriteFile(b.folder.Failed, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, stop := b.keepLedger()
	b.drop("a.jpg", []byte("no picture"))
	b.wantState(b.work("a.jpg")["a.jpg"], job.Failed, job.Malformed)
	stop()
	to := filepath.Join(b.folder.Failed, "a.jpg")
	err := errors.Join(os.Remove(b.folder.Failed), os.Mkdir(b.folder.Failed, 0o777), os.Rename(filepath.Join(b.folder.Root, "a.jpg"), to))
	if err != nil {
		t.Fatal(err)
	}
	l, _ := b.keepLedger()
	if err := l.TakeOver(ledger.Stopped); err != nil {
		t.Fatal(err)
	}
	e, known, err := l.Find(to)
	if err != nil || !known || !e.Gone || e.MovedTo != to || e.State != job.Failed {
		t.Errorf("the ledger has %+v, %v, %v", e, known, err)
	}
}

// TestLeftOutRenditionHoldsNoSource has one preset whose rendition is someone else's,
// and a source that could not be moved at first.
func TestLeftOutRenditionHoldsNoSource(t *testing.T) {
	b := newBench(t)
	b.keepLedger()
	b.folder.Presets = append(b.folder.Presets, wide())
	b.folder.OnConflict, b.folder.OnSuccess = SkipTaken, Move
	err := errors.Join(
		os.WriteFile(b.folder.Archive, nil, 0o666),
		os.Mkdir(b.folder.Output, 0o777),
		os.WriteFile(filepath.Join(b.folder.Output, "a_wide.jpg"), []byte("of someone else"), 0o666),
	)
	if err != nil {
		t.Fatal(err)
	}
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	if o := b.work("a.jpg")["a.jpg"]; o.State != job.Done || o.Left == nil {
		t.Fatalf("first: %s (%v), left %v", o.State, o.Err, o.Left)
	}
	if err := os.Remove(b.folder.Archive); err != nil {
		t.Fatal(err)
	}
	if o := b.work("a.jpg")["a.jpg"]; o.State != job.Done || !o.Gone {
		t.Errorf("again: %s (%v), gone %v", o.State, o.Err, o.Gone)
	}
	b.wantFiles("archive", "a.jpg")
}

// TestNameOfSourceThatWasMovedAway does not hold up the one that came of it.
func TestNameOfSourceThatWasMovedAway(t *testing.T) {
	b := newBench(t)
	b.keepLedger()
	b.folder.Layout = Flat
	b.drop("x/a.jpg", picture(t, codec.JPEG, 20, 20))
	b.wantState(b.work("x/a.jpg")["x/a.jpg"], job.Done, "")
	err := errors.Join(os.Mkdir(filepath.Join(b.folder.Root, "y"), 0o777),
		os.Rename(filepath.Join(b.folder.Root, "x/a.jpg"), filepath.Join(b.folder.Root, "y/a.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	b.wantState(b.work("y/a.jpg")["y/a.jpg"], job.Done, "")
	b.wantFiles("out", "a_thumb.jpg")
}
