package ledger

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	pruneInterval = time.Minute
	pruneTime     = time.Second // that it may take each time: who records waits for it
	pruneBatch    = 200         // sources that are looked at in one transaction
)

// prune forgets what is old or too much, as far as it comes in pruneTime.
func (l *Ledger) prune(now time.Time) {
	if l.broken {
		return
	}
	err := errors.Join(l.pruneOld(now), l.pruneLarge())
	if isDamage(err) {
		err = l.renew(err)
	}
	if err != nil {
		l.options.Warn("old entries of the ledger cannot be removed", err)
	}
}

// pruneOld forgets the sources that were not seen for long enough and are gone. One
// that still stands, or whose folder is away, is looked for again after as long a time.
func (l *Ledger) pruneOld(now time.Time) error {
	old := now.Add(-l.options.Keep).UnixNano()
	for end := time.Now().Add(pruneTime); time.Now().Before(end); {
		found, err := readOld(l.store.read, `WHERE gone IN (0, 1) AND seen < ? LIMIT ?`, old, pruneBatch)
		if err != nil || len(found) == 0 {
			return err
		}
		expired := make([]bool, len(found))
		for i, o := range found {
			expired[i] = o.gone || left(o.path)
		}
		err = l.store.tx.run(func(tx *tx) error {
			for i, o := range found {
				var err error
				if expired[i] {
					_, err = tx.exec(`DELETE FROM sources WHERE id = ?`, o.id)
				} else {
					_, err = tx.exec(`UPDATE sources SET seen = ? WHERE id = ?`, now.UnixNano(), o.id)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stands reports whether there is something at path, or may be.
func stands(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// left reports whether a source is gone for good: its folder is there, with other files
// in it. An empty one may be the place of a disk that is not mounted.
func left(path string) bool {
	if stands(path) {
		return false
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(1)
	return len(names) > 0
}

// An old source is one to forget, perhaps.
type old struct {
	id   int64
	path string
	gone bool
}

func readOld(db *sql.DB, where string, args ...any) ([]old, error) {
	rows, err := db.Query(`SELECT id, path, gone FROM sources `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []old
	for rows.Next() {
		var o old
		if err := rows.Scan(&o.id, &o.path, &o.gone); err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, rows.Err()
}

// pruneLarge forgets the oldest sources while the database is too large, those that
// are gone first. A tenth more than must go does, so that it is not done all the time.
func (l *Ledger) pruneLarge() error {
	used, err := l.used()
	if err != nil || used <= l.options.MaxSize {
		return err
	}
	standing := false
	for end := time.Now().Add(pruneTime); used > l.options.MaxSize/10*9 && time.Now().Before(end); {
		found, err := readOld(l.store.read, `ORDER BY gone DESC, seen LIMIT ?`, pruneBatch)
		if err != nil || len(found) == 0 {
			return err
		}
		err = l.store.tx.run(func(tx *tx) error {
			for _, o := range found {
				l.cache.drop(o.path)
				standing = standing || !o.gone
				if _, err := tx.exec(`DELETE FROM sources WHERE id = ?`, o.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if used, err = l.used(); err != nil {
			return err
		}
	}
	if standing {
		l.options.Warn("sources that may still stand are forgotten and will be worked on again",
			fmt.Errorf("the ledger is larger than ledger.max_size, %d MiB", l.options.MaxSize>>20))
	}
	_, err = l.store.tx.exec(`PRAGMA incremental_vacuum`)
	return err
}

// used returns the bytes of the database that hold something.
func (l *Ledger) used() (int64, error) {
	var size, free, page int64
	err := l.store.read.QueryRow(`SELECT page_count, freelist_count, page_size
		FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&size, &free, &page)
	return (size - free) * page, err
}
