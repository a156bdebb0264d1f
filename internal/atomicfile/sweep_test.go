package atomicfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSweepTemps(t *testing.T) {
	base := t.TempDir()
	dir, outside := filepath.Join(base, "root"), filepath.Join(base, "outside")
	deep := filepath.Join(dir, "not-utf8-\xff", strings.Repeat("d/", 100))
	for _, d := range []string{deep, outside, filepath.Join(dir, tempName())} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	temps := []string{
		put(t, dir, tempName(), "half a fi"),
		put(t, deep, tempName(), "half a fi"),
	}
	kept := []string{
		put(t, dir, "photo.jpg", "x"),
		put(t, dir, TempPrefix, "x"),
		put(t, dir, TempPrefix+"notes.txt", "x"),
		put(t, dir, tempName()+"0", "x"),
		put(t, dir, strings.ToUpper(tempName()), "x"),
		put(t, outside, tempName(), "x"),
	}
	links := []string{filepath.Join(dir, "link"), filepath.Join(dir, tempName())}
	for _, link := range links {
		if err := os.Symlink(outside, link); err != nil {
			t.Fatal(err)
		}
	}

	if removed, err := SweepTemps(t.Context(), openRoot(t, dir), 0); removed != len(temps) || err != nil {
		t.Errorf("SweepTemps = %d, %v; want %d removed", removed, err, len(temps))
	}
	for _, name := range temps {
		wantNoFile(t, name)
	}
	for _, name := range kept {
		wantFile(t, name, "x")
	}
	for _, link := range links {
		if _, err := os.Lstat(link); err != nil {
			t.Error(err)
		}
	}
}

// A file in flight is young though it may carry an old modification time.
func TestSweepTempsKeepsYoung(t *testing.T) {
	dir := t.TempDir()
	name := put(t, dir, tempName(), "x")
	if err := os.Chtimes(name, time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if removed, err := SweepTemps(t.Context(), openRoot(t, dir), time.Hour); removed != 0 || err != nil {
		t.Errorf("SweepTemps = %d, %v; want none removed", removed, err)
	}
	wantFile(t, name, "x")
}

func TestSweepTempsManyInOneDirectory(t *testing.T) {
	dir := t.TempDir()
	const n = 3 * sweepBatch
	for range n {
		put(t, dir, tempName(), "x")
	}
	if removed, err := SweepTemps(t.Context(), openRoot(t, dir), 0); removed != n || err != nil {
		t.Errorf("SweepTemps = %d, %v; want %d removed", removed, err, n)
	}
	wantNoTemps(t, dir)
}

// One closed directory does not save the others' temporaries.
func TestSweepTempsGoesOnAfterErrors(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	closed := filepath.Join(dir, "closed")
	if err := errors.Join(os.Mkdir(closed, 0o700), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	stays := put(t, closed, tempName(), "x")
	goes := put(t, dir, tempName(), "x")
	if err := os.Chmod(closed, 0); err != nil {
		t.Fatal(err)
	}
	asNobody(func() {
		if removed, err := SweepTemps(t.Context(), root, 0); removed != 1 || !errors.Is(err, os.ErrPermission) {
			t.Errorf("SweepTemps = %d, %v; want 1 removed and %v", removed, err, os.ErrPermission)
		}
	})
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	wantNoFile(t, goes)
	wantFile(t, stays, "x")
}

func TestSweepTempsStops(t *testing.T) {
	dir := t.TempDir()
	name := put(t, dir, tempName(), "x")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	cancel(stop)
	if removed, err := SweepTemps(ctx, openRoot(t, dir), 0); removed != 0 || !errors.Is(err, stop) {
		t.Errorf("SweepTemps = %d, %v; want none removed and %v", removed, err, stop)
	}
	wantFile(t, name, "x")
}
