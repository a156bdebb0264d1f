package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"imgwatchd/internal/atomicfile"
)

// outputSuffix is what the thumbnail preset makes of the end of "a.png".
const outputSuffix = "_thumbnail.jpg"

func outputOf(source string) string { return strings.TrimSuffix(source, ".png") + outputSuffix }

// A witness looks at an output folder all the time.
type witness struct {
	*dropModel
	out  string
	seen map[string]fs.FileInfo // by path below out
	end  chan struct{}
	gone sync.WaitGroup
}

// watch starts a witness; stop ends it.
func (m *dropModel) watch(out string) *witness {
	w := &witness{dropModel: m, out: out, seen: make(map[string]fs.FileInfo), end: make(chan struct{})}
	w.gone.Go(func() {
		tick := time.NewTicker(3 * time.Millisecond)
		defer tick.Stop()
		for {
			w.look()
			select {
			case <-w.end:
				return
			case <-tick.C:
			}
		}
	})
	return w
}

func (w *witness) stop() {
	close(w.end)
	w.gone.Wait()
}

// look checks every rendition that has appeared since the last look: it must be
// whole, and made from a picture that stood under the right name some time.
func (w *witness) look() {
	err := w.eachOutput(func(p string, fi fs.FileInfo) {
		if was := w.seen[p]; was != nil && os.SameFile(was, fi) && was.ModTime().Equal(fi.ModTime()) || isTemp(p) {
			return
		}
		w.seen[p] = fi
		n, err := w.tint(p)
		source, ok := strings.CutSuffix(p, outputSuffix)
		switch {
		case err != nil:
			w.Errorf("rendition %s is not whole: %v", p, err)
		case !ok || !w.stoodUnder(source+".png", n):
			w.Errorf("rendition %s shows picture %d, which never stood under its name", p, n)
		}
	})
	if err != nil {
		w.Errorf("look at the renditions: %v", err)
	}
}

func isTemp(p string) bool { return strings.HasPrefix(filepath.Base(p), atomicfile.TempPrefix) }

// eachOutput calls f for each file below the output folder.
func (w *witness) eachOutput(f func(p string, fi fs.FileInfo)) error {
	return filepath.WalkDir(w.out, func(name string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			return nil
		}
		var fi fs.FileInfo
		if err == nil {
			fi, err = e.Info()
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it had a temporary name
		}
		if err != nil {
			return err
		}
		p, err := filepath.Rel(w.out, name)
		f(p, fi)
		return err
	})
}

// tint reads which picture a rendition was made from.
func (w *witness) tint(p string) (tint, error) {
	data, err := os.ReadFile(filepath.Join(w.out, p))
	if err != nil {
		return 0, err
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return 0, fmt.Errorf("decode %d bytes: %w", len(data), err)
	}
	return tintOf(img), nil
}

// missing returns what does not have its rendition yet.
func (w *witness) missing() []string {
	var faults []string
	for p, d := range w.drops {
		if len(d.rest) > 0 || d.upload != nil {
			continue
		}
		if n, err := w.tint(outputOf(p)); err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", p, err))
		} else if n != d.tint {
			faults = append(faults, fmt.Sprintf("%s is picture %d, its rendition shows %d", p, d.tint, n))
		}
	}
	return faults
}

// wantLeftAlone wants the sources to be as they were put there, and nothing
// unfinished to be left of the renditions.
func (w *witness) wantLeftAlone() {
	w.Helper()
	for p, d := range w.drops {
		if data, err := os.ReadFile(w.path(p)); err != nil || !bytes.Equal(data, d.written) {
			w.Errorf("source %s holds %d bytes and not the %d that were written, error %v", p, len(data), len(d.written), err)
		}
	}
	err := w.eachOutput(func(p string, _ fs.FileInfo) {
		if isTemp(p) {
			w.Errorf("temporary file %s is left", p)
		}
	})
	if err != nil {
		w.Error(err)
	}
}
