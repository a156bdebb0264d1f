// Package ledger is the durable record of what became of each source. It answers
// whether a file that a scan finds is done already, and keeps the promise that a
// restart redoes only what was in flight.
//
// The record is an SQLite database, ledger.db, in the state directory. Its key is
// the absolute path of a source. An entry holds for one fingerprint (size,
// modification time, inode) and, preset by preset, for one recipe: a file that
// changed is new, and an edited preset makes new exactly what it affects.
//
// What [Ledger.Record] has returned for survives a power cut. Everything that is
// written at the same time shares one transaction and one sync: a single goroutine,
// in Run, takes whatever waits, commits it, and takes what came meanwhile. Readers
// see a snapshot and never wait for it.
//
// It is also the outbox of hooks: who is to be told of the end of a job, and what,
// stands in the same transaction as that end. What waits there is bounded, and the
// oldest goes first.
//
// The ledger is a cache of what stands on the disk. One that is damaged, cut off,
// empty or from a newer version is set aside, under a name that says why, and a new
// one is begun; the next scan fills it again, and at worst work is redone. The same
// happens when damage shows while the ledger is in use.
//
// One process at a time has a ledger open: [Open] locks the state directory, and the
// lock goes with the process, however it ends. Everything is safe for use by many
// goroutines.
package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Options says how a ledger is kept. The zero value is usual.
type Options struct {
	Keep    time.Duration // sources that are gone are remembered for so long; 0: 90 days
	MaxSize int64         // bytes of the database beyond which the oldest entries go; 0: 1 GiB

	// Warn is told of a ledger that was set aside and of writes that failed; nil:
	// nobody is. It may be called from any goroutine.
	Warn func(what string, err error)
}

func (o Options) applyDefaults() Options {
	o.Keep = cmp.Or(o.Keep, 90*24*time.Hour)
	o.MaxSize = cmp.Or(o.MaxSize, 1<<30)
	if o.Warn == nil {
		o.Warn = func(string, error) {}
	}
	return o
}

// A Ledger is an open record. Make one with Open, have Run running while it is
// written to, and Close it in the end.
type Ledger struct {
	dir     string
	options Options
	lock    *os.File
	writes  chan write
	ended   chan struct{} // closed when Run is over
	cache   cache
	hooks   atomic.Pointer[Hooks] // nil: nobody is told anything
	broken  bool                  // the database could not be exchanged; belongs to Run

	searching chan struct{} // holds a token while a search runs that may take long
	looking   chan struct{} // holds a token while any other does

	mu    sync.RWMutex // held for writing while the database is exchanged
	store *store
}

// Open opens the ledger in dir, which is made when missing. It fails with ErrLocked
// while another process has it open.
func Open(dir string, o Options) (*Ledger, error) {
	o = o.applyDefaults()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make state directory: %w", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	l := &Ledger{
		dir: dir, options: o, lock: lock,
		writes: make(chan write, maxBatch),
		ended:  make(chan struct{}),
		cache:  newCache(),

		searching: make(chan struct{}, 1),
		looking:   make(chan struct{}, 1),
	}
	if l.store, err = l.openStore(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return l, nil
}

// handOver gives what root has made in a state directory to the owner of that, who may
// be the user that the daemon runs as. Where that is not possible nothing changes.
func handOver(dir string) {
	fi, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		for _, name := range []string{lockName, fileName, fileName + "-wal", fileName + "-shm"} {
			_ = os.Lchown(filepath.Join(dir, name), int(st.Uid), int(st.Gid))
		}
	}
}

// openStore opens the database, or sets a bad one aside and begins another.
func (l *Ledger) openStore() (*store, error) {
	defer handOver(l.dir)
	s, err := openStore(l.dir)
	var bad *badStore
	if !errors.As(err, &bad) {
		return s, err
	}
	if err := l.setAside(bad); err != nil {
		return nil, err
	}
	return openStore(l.dir)
}

// setAside renames a bad database, and says so.
func (l *Ledger) setAside(bad *badStore) error {
	name, err := setAside(l.dir, bad.kind)
	if err != nil {
		return fmt.Errorf("set bad ledger aside: %w", err)
	}
	l.options.Warn(fmt.Sprintf("ledger set aside as %s, a new one is begun: sources that were kept are looked at again", name), bad)
	return nil
}

// An End says how the process ended that had the ledger before.
type End int

const (
	Stopped End = iota // it was told to, or was killed, or lost its power
	Crashed            // it did by itself: what it had in work is suspected of it
)

// TakeOver gives back what a former process left in work, and notes of the sources that
// were about to leave whether they have. It is to be called before anything is
// recorded.
func (l *Ledger) TakeOver(former End) error {
	crashes := 0
	if former == Crashed {
		crashes = 1
	}
	leaving, err := l.entries(entryColumns + `WHERE leaves AND NOT gone`)
	if err != nil && !isDamage(err) { // for which the write below has the database set aside
		return fmt.Errorf("take over ledger: %w", err)
	}
	leaving = slices.DeleteFunc(leaving, func(e Entry) bool { return stands(e.Path) })
	return l.update(func(tx *tx) error {
		for _, e := range leaving {
			if err := foundGone(tx, e.Path); err != nil {
				return err
			}
		}
		_, err := tx.exec(`UPDATE sources SET state = 'queued', crashes = crashes + ? WHERE state = 'working'`, crashes)
		return err
	})
}

// foundGone notes that a source has left for where it was to go.
func foundGone(tx *tx, source string) error {
	var to string
	err := tx.row(`UPDATE sources SET gone = 1, leaves = 0 WHERE path = ? RETURNING moved_to`, source).Scan(&to)
	if errors.Is(err, sql.ErrNoRows) { // the database was set aside meanwhile
		return nil
	}
	if err != nil {
		return err
	}
	return release(tx, source, to)
}

// SetBounds changes Options.Keep and Options.MaxSize; 0 stands for what it does
// there.
func (l *Ledger) SetBounds(keep time.Duration, maxSize int64) {
	bounds := Options{Keep: keep, MaxSize: maxSize}.applyDefaults()
	l.put(func(*tx) error { // where they are read
		l.options.Keep, l.options.MaxSize = bounds.Keep, bounds.MaxSize
		return nil
	})
}

// Run writes what is recorded, and forgets what is old, until ctx ends; then it
// writes what waits and returns.
func (l *Ledger) Run(ctx context.Context) {
	defer close(l.ended)
	tick := time.NewTicker(pruneInterval)
	defer tick.Stop()
	for {
		select {
		case w := <-l.writes:
			l.commit(l.gather(w))
		case <-tick.C:
			l.prune(time.Now())
		case <-ctx.Done():
			l.drain()
			return
		}
	}
}

// Start has Run run. The function that it returns ends that, which writes what waits,
// and closes the ledger.
func (l *Ledger) Start() (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	go l.Run(ctx)
	return sync.OnceValue(func() error {
		cancel()
		<-l.ended
		return l.Close()
	})
}

// drain writes what waits.
func (l *Ledger) drain() {
	for {
		select {
		case w := <-l.writes:
			l.commit(l.gather(w))
		default:
			return
		}
	}
}

// Close closes the ledger and lets another process have it. Run must be over, if it
// was begun.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.store.close(), l.lock.Close())
}

// Dir returns the state directory.
func (l *Ledger) Dir() string { return l.dir }
