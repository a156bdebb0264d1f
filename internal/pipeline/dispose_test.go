package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/atomicfile"
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

// A crash between a note and the move of its source leaves the note; the next try takes
// its place, and that of no other file.
func TestNoteOfAFormerTry(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	at := func(name string) string { return filepath.Join(b.folder.Failed, name) }
	if err := os.MkdirAll(b.folder.Failed, 0o777); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(at(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("a.jpg.error.json", fmt.Sprintf(`{"file": "a.jpg", "source": %q, "reason": "before"}`, filepath.Join(b.folder.Root, "a.jpg")))
	put("b.jpg.error.json", `{"file": "b.jpg", "source": "/elsewhere/b.jpg", "reason": "another"}`)
	put("c.jpg.error.json", "no note")
	if err := os.Symlink("/etc/passwd", at("e.jpg.error.json")); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(at("d.jpg.error.json"), 0o666); err != nil {
		t.Fatal(err)
	}
	names := []string{"a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"}
	for _, name := range names {
		b.drop(name, []byte("not a picture"))
	}
	for name, o := range b.work(names...) {
		b.wantState(o, job.Failed, job.Malformed)
		if o.Left != nil || o.MovedTo != at(name) {
			t.Errorf("%s went to %q: %v", name, o.MovedTo, o.Left)
		}
	}
	if text, err := os.ReadFile(at("a.jpg.error.json")); err != nil || bytes.Contains(text, []byte("before")) {
		t.Errorf("the note of the former try is still there: %s, %v", text, err)
	}
	for _, name := range []string{"b.jpg_1.error.json", "c.jpg_1.error.json", "d.jpg_1.error.json", "e.jpg_1.error.json"} {
		if text, err := os.ReadFile(at(name)); err != nil || !bytes.Contains(text, []byte(b.folder.Root)) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
	if _, err := os.Lstat(at("a.jpg_1.error.json")); err == nil {
		t.Error("a.jpg has two notes")
	}
}

// A source that cannot be noted stays, and one that changed leaves no note.
func TestNoNoteNoMove(t *testing.T) {
	b := newBench(t)
	b.folder.OnFailure = Move
	if err := os.MkdirAll(b.folder.Failed, 0o777); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(b.folder.Failed)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b.drop("bad.jpg", []byte("not a picture"))
	it := &item{folder: &b.folder, job: job.Job{Folder: b.folder.Name, Path: "bad.jpg", Fingerprint: job.Fingerprint{Size: 1}}, err: errors.New("bad")}
	p := New(b.options)
	it.leave(Move, b.folder.Failed, func(dir *os.Root, name string) (func(), error) { return p.note(it, dir, name) })
	if !errors.Is(it.err, atomicfile.ErrChanged) {
		t.Errorf("a source that changed: %v", it.err)
	}
	b.wantFiles("failed")
	it.job.Fingerprint = job.Fingerprint{}
	it.leave(Move, b.folder.Failed, func(*os.Root, string) (func(), error) { return nil, fs.ErrPermission })
	if !errors.Is(it.left, fs.ErrPermission) || it.gone {
		t.Errorf("a source that cannot be noted: gone %v, %v", it.gone, it.left)
	}
	b.wantFiles("in", "bad.jpg")
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
