package atomicfile

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// pace is the time from the beginning of one round to that of the next, unless
// the next is full before. It lets files gather where the disk is faster than
// those who publish, and is less than anyone notices.
const pace = 30 * time.Millisecond

// A Group publishes for many goroutines at once, so that they share what
// durability costs: group commit.
//
// For a file to last, the filesystem has to commit its journal twice: once with
// the bytes, once with the name. That costs for one file nearly what it costs for
// fifty. So whoever publishes in a Group writes a temporary file and joins the
// round that gathers; the first to join leads it. When the round before is over
// and did not begin just now, the leader has the bytes of every file of the round on
// their way to the disk, syncs the files, renames them, syncs each of their directories
// once, and everyone has an answer. That one goroutine does all of it keeps the others,
// and the processors, from being woken for each file.
//
// Every file has its own answer. One that cannot be synced or renamed fails alone;
// a directory that cannot be synced fails all files in it. Each filesystem has
// rounds of its own, so that one that hangs holds up no other. Where nobody has
// published a moment ago, a round begins at once.
//
// The zero value is ready for use. A Group that is no longer used is to be closed.
type Group struct {
	// Size is how many files make a round full, so that it need not keep the pace.
	// 0: 16. Three quarters of the goroutines that publish are good: while a round
	// waits for its sync, the rest gathers, and is not full at once.
	Size int

	turns   turns
	mu      sync.Mutex
	disks   map[uint64]*disk // by device number
	hurried bool             // rounds do not wait to be full
}

// Write does what the function [Write] does, and shares the cost with the calls
// that others make at the same time. Without durability there is none to share.
func (g *Group) Write(root *os.Root, name string, data []byte, o Options) error {
	if err := g.write(root, name, data, o); err != nil {
		return fmt.Errorf("publish %q: %w", filepath.Join(root.Name(), name), err)
	}
	return nil
}

func (g *Group) write(root *os.Root, name string, data []byte, o Options) error {
	parent, base, err := splitFinal(name)
	if err != nil {
		return err
	}
	d, err := makeDir(root, parent, o)
	if err != nil {
		return err
	}
	defer d.close()
	d.turn = g.turns.join(d.path)
	defer g.turns.leave(d.path)
	t, err := d.createTemp(o.Mode)
	if err != nil {
		return err
	}
	defer t.discard()
	if _, err := t.file.Write(data); err != nil {
		return err
	}
	if err := t.dress(o.Mode, o.ModTime); err != nil {
		return err
	}
	if o.Ready != nil {
		fi, err := t.file.Stat()
		if err != nil {
			return err
		}
		o.Ready(fi)
	}
	return g.publish(t, base, int64(len(data)), cmp.Or(o.Replace, Overwrite), o.Durability)
}

// publish gives the file, which must hold size bytes, the name base in its
// directory.
func (g *Group) publish(t *temp, base string, size int64, r Replace, durable Durability) error {
	if err := t.checkSize(size); err != nil {
		return err
	}
	if durable == None {
		if err := t.file.Close(); err != nil {
			return err
		}
		return t.rename(base, r)
	}
	id, err := t.dir.identity()
	if err != nil {
		return err
	}
	return g.commit(&entry{temp: t, base: base, replace: r, dir: id, err: errUnanswered})
}

// commit sees e through a round and returns its answer.
func (g *Group) commit(e *entry) error {
	d, r, leads := g.join(e)
	if leads {
		g.lead(d, r)
	} else {
		<-r.done
	}
	return e.err
}

// join adds e to the round that gathers on its filesystem. Where none does, it
// opens one, and the caller leads it.
func (g *Group) join(e *entry) (d *disk, r *round, leads bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d = g.disk(e.dir.device)
	if leads = d.gathering == nil; leads {
		d.gathering = newRound()
	}
	r = d.gathering
	r.entries = append(r.entries, e)
	if len(r.entries) == g.size() {
		close(r.full)
	}
	return d, r, leads
}

// size is how many files make a round full. The caller holds g.mu.
func (g *Group) size() int {
	if g.hurried {
		return 1
	}
	return cmp.Or(g.Size, 16)
}

// Hurry says that little is left to come, so that from now on no round waits for more.
func (g *Group) Hurry() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, d := range g.disks {
		if d.gathering != nil && len(d.gathering.entries) < g.size() {
			close(d.gathering.full)
		}
	}
	g.hurried = true
}

// Close gives back what the Group holds of the system: for each filesystem a descriptor, a
// goroutine with a thread and a little memory. Who publishes after that has the Group ask for them again.
func (g *Group) Close() {
	g.mu.Lock()
	disks := slices.Collect(maps.Values(g.disks))
	g.mu.Unlock()
	for _, d := range disks {
		d.turn.Lock()
		d.syncer.close()
		d.turn.Unlock()
	}
}

// disk returns the rounds of a filesystem. The caller holds g.mu.
func (g *Group) disk(device uint64) *disk {
	d := g.disks[device]
	if d == nil {
		d = new(disk)
		if g.disks == nil {
			g.disks = make(map[uint64]*disk)
		}
		g.disks[device] = d
	}
	return d
}

// lead commits r when its turn has come. Until then others may join.
func (g *Group) lead(d *disk, r *round) {
	d.turn.Lock()
	defer d.turn.Unlock()
	r.gather(time.Until(d.begun.Add(pace)))
	g.mu.Lock()
	d.gathering = nil
	g.mu.Unlock()
	d.begun = time.Now()
	r.commit(&d.syncer)
}

// A disk is the succession of rounds on one filesystem: while one is committed,
// the next gathers.
type disk struct {
	gathering *round // nil: none; guarded by the Group's mu

	turn   sync.Mutex // held from when a round is next until it is committed
	begun  time.Time  // when the latest commit began; guarded by turn
	syncer syncer     // guarded by turn
}
