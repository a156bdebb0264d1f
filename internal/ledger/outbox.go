package ledger

import (
	"database/sql"
	"errors"
	"math"
	"slices"
	"time"

	"imgwatchd/internal/job"
)

// Hooks says who is to be told of the ends of jobs. The zero Hooks is nobody.
type Hooks struct {
	// Names are those of all hooks. What waits for another is thrown away.
	Names []string

	// Address returns which hooks are to be told of the end of the source at path, and
	// what. It is called by those who record, several at a time.
	Address func(path string, o job.Outcome) (names []string, event []byte)

	// Added is told when there may be more to deliver than before; Dropped, of
	// deliveries that were thrown away because too many waited, or nobody of that name
	// is there. Neither may block.
	Added   func()
	Dropped func(hook string, n int)
}

// A Delivery is an event on its way to a hook.
type Delivery struct {
	ID       int64 // never given to another by the same database
	Event    []byte
	Attempts int    // how often the source was worked on
	Gone     bool   // the source has left its folder since
	MovedTo  string // where to; empty: it was deleted
	Made     time.Time
	Tries    int // that were made to deliver it
}

// The bounds of what waits for a hook. All hooks together take a quarter of
// Options.MaxSize at most.
const (
	maxWaiting   = 100_000
	maxWaitBytes = 64 << 20
	minWaitBytes = 64 << 10
	rowBytes     = 200 // what a delivery takes besides its event
)

// leaveTime is how long a delivery waits for its source to leave the folder.
const leaveTime = time.Minute

// SetHooks changes who is told. What was recorded before is not told to new ones.
func (l *Ledger) SetHooks(h Hooks) error {
	l.hooks.Store(&h)
	return l.update(func(tx *tx) error {
		for hook, waiting := range tx.waiting() {
			if slices.Contains(h.Names, hook) {
				continue
			}
			if _, err := tx.exec(`DELETE FROM deliveries WHERE hook = ?`, hook); err != nil {
				return err
			}
			tx.drop(hook, waiting)
		}
		return nil
	})
}

// address returns who is to be told of an end, and what.
func (l *Ledger) address(path string, o job.Outcome) (hooks []string, event []byte) {
	if h := l.hooks.Load(); h != nil && h.Address != nil {
		return h.Address(path, o)
	}
	return nil, nil
}

func (l *Ledger) tellAdded(hooks []string) {
	if h := l.hooks.Load(); h != nil && h.Added != nil && len(hooks) > 0 {
		h.Added()
	}
}

func (l *Ledger) tellDropped(dropped map[string]int) {
	h := l.hooks.Load()
	if h == nil || h.Dropped == nil {
		return
	}
	for hook, n := range dropped {
		h.Dropped(hook, n)
	}
}

func (l *Ledger) hookNames() []string {
	if h := l.hooks.Load(); h != nil {
		return h.Names
	}
	return nil
}

// Waiting returns how many deliveries there are to be made.
func (l *Ledger) Waiting() (n int) {
	_ = l.view(func(s *store) error {
		for _, waiting := range *s.tx.tally.Load() {
			n += waiting.rows
		}
		return nil
	})
	return n
}

// Due returns deliveries for a hook whose time has come, at most limit, and when that of
// the next comes, unless that is never.
func (l *Ledger) Due(hook string, now time.Time, limit int) (due []Delivery, next time.Time, err error) {
	err = l.view(func(s *store) error {
		if (*s.tx.tally.Load())[hook].rows == 0 {
			return nil
		}
		var err error
		if due, err = readDue(s.read, hook, now, limit); err != nil || len(due) == limit {
			return err
		}
		var at sql.NullInt64
		err = s.read.QueryRow(`SELECT min(due) FROM deliveries WHERE hook = ? AND due > ?`, hook, now.UnixNano()).Scan(&at)
		next = moment(at.Int64)
		return err
	})
	return due, next, err
}

func readDue(db *sql.DB, hook string, now time.Time, limit int) ([]Delivery, error) {
	rows, err := db.Query(`
		SELECT id, event, attempts, gone, moved_to, made, tries FROM deliveries
		WHERE hook = ? AND due <= ? ORDER BY due LIMIT ?`, hook, now.UnixNano(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var due []Delivery
	for rows.Next() {
		var d Delivery
		var made int64
		if err := rows.Scan(&d.ID, &d.Event, &d.Attempts, &d.Gone, &d.MovedTo, &made, &d.Tries); err != nil {
			return nil, err
		}
		d.Made = moment(made)
		due = append(due, d)
	}
	return due, rows.Err()
}

// Strike takes a delivery out that has come to its end, and returns when that lasts. One
// that a new database has under the same ID, because this one was damaged meanwhile, is
// another.
func (l *Ledger) Strike(d Delivery) error {
	return l.update(func(tx *tx) error {
		var hook string
		var size int64
		err := tx.row(`DELETE FROM deliveries WHERE id = ? AND made = ? RETURNING hook, size`, d.ID, nanos(d.Made)).Scan(&hook, &size)
		if errors.Is(err, sql.ErrNoRows) { // dropped meanwhile
			return nil
		}
		if err == nil {
			tx.count(hook, backlog{-1, -size})
		}
		return err
	})
}

// Postpone notes that a delivery is to be tried again, and how often it was tried, and
// returns when that lasts.
func (l *Ledger) Postpone(d Delivery, tries int, due time.Time) error {
	return l.update(func(tx *tx) error {
		_, err := tx.exec(`UPDATE deliveries SET tries = ?, due = ? WHERE id = ? AND made = ?`, tries, due.UnixNano(), d.ID, nanos(d.Made))
		return err
	})
}

// maxExpire bounds what one call of Expire takes out: who records waits for it.
const maxExpire = 1000

// Expire takes out the oldest deliveries for a hook that were made before a time. It
// returns their number; when that is not 0 there may be more.
func (l *Ledger) Expire(hook string, before time.Time) (n int, err error) {
	err = l.update(func(tx *tx) error {
		out, err := tx.takeOldest(hook, before.UnixNano(), maxExpire)
		tx.count(hook, backlog{-out.rows, -out.bytes})
		n = out.rows
		return err
	})
	return n, err
}

// post puts an event into the outbox, for each of the hooks. An event about a source
// that is to leave its folder waits for that.
func (l *Ledger) post(tx *tx, hooks []string, p parcel) error {
	due := p.made
	if p.leaves {
		due += int64(leaveTime)
	}
	size := int64(len(p.event) + len(p.source) + rowBytes)
	for _, hook := range hooks {
		_, err := tx.exec(`
			INSERT INTO deliveries (hook, event, size, source, leaves, attempts, made, due)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			hook, p.event, size, p.source, p.leaves, p.attempts, p.made, due)
		if err != nil {
			return err
		}
		tx.count(hook, backlog{1, size})
		if err := l.bound(tx, hook); err != nil {
			return err
		}
	}
	return nil
}

// A parcel is what is delivered to all hooks alike.
type parcel struct {
	event    []byte
	source   string
	leaves   bool
	attempts int
	made     int64
}

// bound throws the oldest deliveries for a hook away while there are too many: a
// hundredth more than must go, so that it is not done all the time.
func (l *Ledger) bound(tx *tx, hook string) error {
	waiting := tx.waiting()[hook]
	bytes := l.waitBytes()
	for waiting.rows > maxWaiting || waiting.bytes > bytes && waiting.rows > 1 {
		out, err := tx.takeOldest(hook, math.MaxInt64, max(1, waiting.rows/100))
		if err != nil || out.rows == 0 {
			return err
		}
		tx.drop(hook, out)
		waiting = tx.waiting()[hook]
	}
	return nil
}

// waitBytes returns how many bytes may wait for each hook.
func (l *Ledger) waitBytes() int64 {
	hooks := max(1, int64(len(l.hookNames())))
	return min(maxWaitBytes, max(minWaitBytes, l.options.MaxSize/4/hooks))
}

// release lets those deliveries go that waited for a source to leave.
func release(tx *tx, source, to string) error {
	if len(tx.waiting()) == 0 {
		return nil
	}
	_, err := tx.exec(`UPDATE deliveries SET leaves = 0, gone = 1, moved_to = ?, due = made WHERE source = ? AND leaves`, to, source)
	return err
}

// isNews reports whether hooks are to be told of an end because it is another than the
// one on record. It is not when a source that should have left its folder still stands
// there, or one that cannot be read is tried again.
func isNews(tx *tx, path string, o job.Outcome, hooks []string) (bool, error) {
	if len(hooks) == 0 {
		return false, nil
	}
	f := o.Job.Fingerprint
	var same bool
	err := tx.row(`SELECT EXISTS (SELECT 1 FROM sources
		WHERE path = ? AND state = ? AND class = ? AND size = ? AND mtime = ? AND inode = ? AND NOT gone)`,
		path, o.State, reasonOf(o.Err).class, f.Size, f.ModTime, int64(f.Inode)).Scan(&same)
	return !same, err
}
