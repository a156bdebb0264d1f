package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Of many writers that must not replace, one wins.
func TestWriteNoReplaceHasOneWinner(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	errs := make([]error, 16)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = Write(root, "d/f", version(i), Options{Replace: NoReplace}) })
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner < 0:
			winner = i
		case !errors.Is(err, fs.ErrExist):
			t.Errorf("writer %d: %v, want %v (winner %d)", i, err, fs.ErrExist, winner)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	wantFile(t, filepath.Join(dir, "d/f"), string(version(winner)))
	wantNoTemps(t, dir)
}

func TestConcurrentWritersMakeOneTree(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for j := range 8 {
				name := fmt.Sprintf("2026/%d/new/%d.jpg", j, i)
				if err := Write(root, name, version(i+16*j), Options{DirMode: 0o750}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 16 {
		for j := range 8 {
			wantFile(t, filepath.Join(dir, fmt.Sprintf("2026/%d/new/%d.jpg", j, i)), string(version(i+16*j)))
		}
	}
	wantNoTemps(t, dir)
}

// An observer reads the final name all the time and only ever sees whole versions.
func TestEveryVisibleVersionIsWhole(t *testing.T) {
	const versions = 500
	dir := t.TempDir()
	root := openRoot(t, dir)
	name := filepath.Join(dir, "f")
	whole := map[string]bool{}
	for n := range versions {
		whole[string(version(n))] = true
	}
	if err := Write(root, "f", version(0), Options{}); err != nil {
		t.Fatal(err)
	}

	stop := make(chan struct{})
	var seen int
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			got, err := os.ReadFile(name)
			if err != nil || !whole[string(got)] {
				t.Errorf("observed %.20q (%d bytes), error %v", got, len(got), err)
				return
			}
			seen++
		}
	})
	for n := range versions {
		if err := Write(root, "f", version(n), Options{}); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
	if seen == 0 {
		t.Error("the observer saw nothing")
	}
}
