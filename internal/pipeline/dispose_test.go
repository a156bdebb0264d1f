package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/job"
	"imgwatchd/internal/render"
)

func TestOnSuccess(t *testing.T) {
	for _, test := range []struct {
		policy  Disposal
		in      []string
		archive []string
	}{
		{Keep, []string{"sub/a.jpg"}, nil},
		{Delete, nil, nil},
		{Move, nil, []string{"sub/a.jpg"}},
	} {
		t.Run(string(test.policy), func(t *testing.T) {
			b := newBench(t)
			b.folder.OnSuccess = test.policy
			b.drop("sub/a.jpg", picture(t, codec.JPEG, 20, 20))
			b.wantState(b.work("sub/a.jpg")["sub/a.jpg"], job.Done, "")
			b.wantFiles("in", test.in...)
			b.wantFiles("out", "sub/a_thumb.jpg")
			b.wantFiles("archive", test.archive...)
		})
	}
}

func TestArchiveKeepsWhatIsThere(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess = Move
	p := b.pipeline(nil)
	for range 3 {
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], job.Done, "")
	}
	b.wantFiles("archive", "a.jpg", "a_1.jpg", "a_2.jpg")
	b.wantFiles("out", "a_thumb.jpg")
}

// TestSourceReplacedDuringTheWork is not moved or deleted: what stands there now
// has not been worked on.
func TestSourceReplacedDuringTheWork(t *testing.T) {
	for _, policy := range []Disposal{Move, Delete} {
		b := newBench(t)
		b.folder.OnSuccess = policy
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		other := picture(t, codec.JPEG, 40, 20)
		p := b.pipeline(nil)
		p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
			b.drop("new", other)
			if err := os.Rename(filepath.Join(b.folder.Root, "new"), filepath.Join(b.folder.Root, "a.jpg")); err != nil {
				t.Error(err)
			}
			return renderAll(ctx, data, h, plans)
		}
		b.wantState(b.workOn(t.Context(), p, "a.jpg")["a.jpg"], job.Changed, job.Modified)
		if there, err := os.ReadFile(filepath.Join(b.folder.Root, "a.jpg")); err != nil || !bytes.Equal(there, other) {
			t.Errorf("%s: the new file did not stay: %v", policy, err)
		}
		b.wantFiles("archive")
	}
}

// TestSourceTakenAwayDuringTheWork is done: there is nothing left to move.
func TestSourceTakenAwayDuringTheWork(t *testing.T) {
	for _, policy := range []Disposal{Move, Delete} {
		b := newBench(t)
		b.folder.OnSuccess = policy
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		p := b.pipeline(nil)
		p.make = func(ctx context.Context, data []byte, h codec.Header, plans []render.Plan) ([]rendition, error) {
			if err := os.Remove(filepath.Join(b.folder.Root, "a.jpg")); err != nil {
				t.Error(err)
			}
			return renderAll(ctx, data, h, plans)
		}
		o := b.workOn(t.Context(), p, "a.jpg")["a.jpg"]
		b.wantState(o, job.Done, "")
		if o.Left != nil {
			t.Errorf("%s: left behind: %v", policy, o.Left)
		}
		b.wantFiles("archive")
	}
}

// TestHeldSourceStays whatever is to be done with it at the end.
func TestHeldSourceStays(t *testing.T) {
	for _, policy := range []Disposal{Move, Delete} {
		b := newBench(t)
		b.folder.OnSuccess, b.folder.OnFailure = policy, Move
		if err := os.WriteFile(b.folder.Output, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
		b.wantState(b.work("a.jpg")["a.jpg"], job.Held, job.Transient)
		b.wantFiles("in", "a.jpg")
		b.wantFiles("archive")
		b.wantFiles("failed")
	}
}

func TestOnFailure(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	b.drop("sub/bad.jpg", []byte("not a picture"))
	b.drop("notes.txt", []byte("not a picture either"))
	got := b.work("sub/bad.jpg", "notes.txt")
	b.wantState(got["sub/bad.jpg"], job.Failed, job.Malformed)
	if want := filepath.Join(b.folder.Failed, "sub/bad.jpg"); got["sub/bad.jpg"].MovedTo != want {
		t.Errorf("moved to %q, want %q", got["sub/bad.jpg"].MovedTo, want)
	}
	b.wantFiles("in", "notes.txt")
	b.wantFiles("failed", "sub/bad.jpg", "sub/bad.jpg.error.json")

	text, err := os.ReadFile(filepath.Join(b.folder.Failed, "sub/bad.jpg.error.json"))
	if err != nil {
		t.Fatal(err)
	}
	var note struct {
		Source, Reason, Class, Step, Version string
		Time                                 time.Time
	}
	if err := json.Unmarshal(text, &note); err != nil {
		t.Fatal(err)
	}
	if note.Source != filepath.Join(b.folder.Root, "sub/bad.jpg") || note.Reason == "" || note.Class != "malformed" ||
		note.Step != "header" || note.Version != "test" || note.Time.IsZero() {
		t.Errorf("note is %s", text)
	}
}

func TestNoteBesideALongName(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	name := strings.Repeat("é", 125) + ".jpg" // 254 bytes
	b.drop(name, []byte("not a picture"))
	b.wantState(b.work(name)[name], job.Failed, job.Malformed)
	b.wantFiles("failed", strings.Repeat("é", 122)+".error.json", name)
}

// TestPatience holds damage against a source only when it has been quiet for long
// enough not to be half of an upload.
func TestPatience(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure, b.folder.Patience = Move, time.Minute
	whole := picture(t, codec.JPEG, 20, 20)
	b.drop("half.jpg", whole[:len(whole)/2])
	o := b.work("half.jpg")["half.jpg"]
	b.wantState(o, job.Changed, job.Modified)
	if o.Again <= 0 || o.Again > time.Minute {
		t.Errorf("it is to be looked at again in %v", o.Again)
	}
	b.wantFiles("in", "half.jpg")

	past := time.Now().Add(-2 * time.Minute)
	if err := os.Chtimes(filepath.Join(b.folder.Root, "half.jpg"), past, past); err != nil {
		t.Fatal(err)
	}
	b.wantState(b.work("half.jpg")["half.jpg"], job.Failed, job.Malformed)
	b.wantFiles("failed", "half.jpg", "half.jpg.error.json")
}

func TestFailedIsKept(t *testing.T) {
	b := newBench(t)
	b.drop("bad.jpg", []byte("not a picture"))
	b.wantState(b.work("bad.jpg")["bad.jpg"], job.Failed, job.Malformed)
	b.wantFiles("in", "bad.jpg")
	b.wantFiles("failed")
}

// TestSourceThatCannotBeMoved is done all the same, and says so.
func TestSourceThatCannotBeMoved(t *testing.T) {
	b := newBench(t)
	b.folder.OnSuccess = Move
	if err := os.WriteFile(b.folder.Archive, nil, 0o666); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	b.drop("a.jpg", picture(t, codec.JPEG, 20, 20))
	o := b.work("a.jpg")["a.jpg"]
	if o.State != job.Done || o.Left == nil || len(o.Outputs) != 1 {
		t.Errorf("ended %s with %v and %d outputs", o.State, o.Left, len(o.Outputs))
	}
	b.wantFiles("in", "a.jpg")
}

func TestModesAndTimes(t *testing.T) {
	b := newBench(t)
	b.folder.FileMode, b.folder.DirMode, b.folder.PreserveTimes = 0o640, 0o710, true
	b.drop("sub/a.jpg", picture(t, codec.JPEG, 20, 20))
	past := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(b.folder.Root, "sub/a.jpg"), past, past); err != nil {
		t.Fatal(err)
	}
	b.wantState(b.work("sub/a.jpg")["sub/a.jpg"], job.Done, "")
	for path, mode := range map[string]os.FileMode{"sub": 0o710 | os.ModeDir, "sub/a_thumb.jpg": 0o640} {
		fi, err := os.Stat(filepath.Join(b.folder.Output, path))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", path, fi.Mode(), mode)
		}
		if !fi.IsDir() && !fi.ModTime().Equal(past) {
			t.Errorf("%s is of %v, want %v", path, fi.ModTime(), past)
		}
	}
}
