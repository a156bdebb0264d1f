package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"imgwatchd/internal/atomicfile"
)

// pausedName is the file in the state directory that names the paused folders, one a
// line. It stands beside the ledger, not in it: a ledger that is damaged begins anew, and
// must not set going what an operator has stopped.
const pausedName = "paused"

// pauses knows the folders that take nothing up until an operator says so. A folder that
// leaves the configuration stays paused, should it come back.
type pauses struct {
	dir string

	saving sync.Mutex // held while the file is written, which those who ask do not wait for

	mu     sync.Mutex
	paused map[string]chan struct{} // closed when the folder is resumed
	unread error                    // why the file could not be read: it is not to be replaced
}

// openPauses reads what is paused in a state directory. With an error, nothing is.
func openPauses(dir string) (*pauses, error) {
	p := &pauses{dir: dir, paused: make(map[string]chan struct{})}
	text, err := os.ReadFile(filepath.Join(dir, pausedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.unread = fmt.Errorf("read which folders are paused: %w", err)
		return p, p.unread
	}
	for name := range strings.FieldsSeq(string(text)) {
		p.paused[name] = make(chan struct{})
	}
	return p, nil
}

// pause pauses folders. With an error they are paused, but not beyond the next start.
func (p *pauses) pause(folders ...string) error {
	p.mu.Lock()
	for _, f := range folders {
		if p.paused[f] == nil {
			p.paused[f] = make(chan struct{})
		}
	}
	p.mu.Unlock()
	return p.save()
}

// resume ends the pause of folders. With an error they go on, but are paused again after
// the next start.
func (p *pauses) resume(folders ...string) error {
	p.mu.Lock()
	for _, f := range folders {
		if resumed := p.paused[f]; resumed != nil {
			close(resumed)
			delete(p.paused, f)
		}
	}
	p.mu.Unlock()
	return p.save()
}

// of returns a channel that is closed when the folder is resumed, and nil while it is
// not paused.
func (p *pauses) of(folder string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused[folder]
}

// names returns what is paused.
func (p *pauses) names() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.paused))
}

// save writes down what is paused by now.
func (p *pauses) save() error {
	p.saving.Lock()
	defer p.saving.Unlock()
	err := p.unread
	if err == nil {
		err = os.MkdirAll(p.dir, 0o750)
	}
	if err == nil {
		err = p.write()
	}
	if err != nil {
		return fmt.Errorf("this lasts until the next start only: write down which folders are paused: %w", err)
	}
	return nil
}

func (p *pauses) write() error {
	root, err := atomicfile.OpenRoot(p.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var text strings.Builder
	for _, name := range p.names() {
		text.WriteString(name + "\n")
	}
	// Everyone may read it: what root writes while no daemon runs is for the daemon's user.
	return atomicfile.Write(root, pausedName, []byte(text.String()), atomicfile.Options{Mode: 0o644})
}
