package ledger

import (
	"errors"
	"fmt"
	"path/filepath"
)

// maxBatch bounds the writes of one transaction.
const maxBatch = 512

// ErrClosed is the error of a write to a ledger whose Run is over.
var ErrClosed = errors.New("ledger is closed")

// A write is something to do within the next transaction.
type write struct {
	do   func(*tx) error
	done chan<- error // gets the result; nil: nobody waits
}

// put has do done, without waiting for it.
func (l *Ledger) put(do func(*tx) error) { l.send(write{do, nil}) }

// update has do done and waits until it lasts.
func (l *Ledger) update(do func(*tx) error) error {
	done := make(chan error, 1)
	if !l.send(write{do, done}) {
		return ErrClosed
	}
	select {
	case err := <-done:
		return err
	case <-l.ended:
	}
	select { // Run may have written it last
	case err := <-done:
		return err
	default:
		return ErrClosed
	}
}

func (l *Ledger) send(w write) bool {
	select {
	case l.writes <- w:
		return true
	case <-l.ended:
		return false
	}
}

// gather returns w and what waits besides.
func (l *Ledger) gather(w write) []write {
	batch := []write{w}
	for len(batch) < maxBatch {
		select {
		case w := <-l.writes:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit does a batch in one transaction, once more in a new database when the
// present one proves damaged.
func (l *Ledger) commit(batch []write) {
	err := errBroken
	if !l.broken {
		err = l.tryCommit(batch)
	}
	if isDamage(err) || l.broken {
		if err = l.renew(err); err == nil {
			err = l.tryCommit(batch)
		}
	}
	if err != nil {
		err = fmt.Errorf("write ledger %q: %w", filepath.Join(l.dir, fileName), err)
		l.options.Warn("ledger cannot be written", err)
	}
	for _, w := range batch {
		if w.done != nil {
			w.done <- err
		}
	}
}

func (l *Ledger) tryCommit(batch []write) error {
	err := l.store.tx.run(func(tx *tx) error {
		for _, w := range batch {
			if err := w.do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		l.tellDropped(l.store.tx.dropped)
	}
	return err
}

var errBroken = errors.New("the database could not be opened anew")

// renew sets the database aside for the damage that cause tells of. Where that fails,
// the next write tries again.
func (l *Ledger) renew(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.broken {
		l.store.close()
		l.cache.clear()
		l.broken = true
		if err := l.setAside(&badStore{"damaged", cause}); err != nil {
			return err
		}
	}
	s, err := l.openStore()
	if err == nil {
		l.store, l.broken = s, false
	}
	return err
}

// view has a query read. Damage that shows is left to the next write to deal with.
func (l *Ledger) view(query func(*store) error) error {
	l.mu.RLock()
	s := l.store
	err := query(s)
	l.mu.RUnlock()
	if isDamage(err) {
		l.put(func(*tx) error {
			if l.store != s { // it is set aside already
				return nil
			}
			return err
		})
	}
	return err
}
