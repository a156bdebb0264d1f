package ledger

import (
	"database/sql"
	"errors"
)

// ErrUnknown says that the ledger knows nothing of a source.
var ErrUnknown = errors.New("not in the ledger")

// Redo makes the ledger forget that a source is done or failed, but not which
// renditions are its own. Only the rendition of preset is made again, unless that
// is "".
func (l *Ledger) Redo(path, preset string) error {
	return l.edit(path, func(tx *tx, id int64) error {
		_, err := tx.exec(`UPDATE renditions SET recipe = '' WHERE source = ? AND (? = '' OR preset = ?)`, id, preset, preset)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE sources SET state = 'queued', attempts = 0, crashes = 0, gone = 0, moved_to = '' WHERE id = ?`, id)
		return err
	})
}

// Forget makes the ledger forget a source, with all that was made from it.
func (l *Ledger) Forget(path string) error {
	return l.edit(path, func(tx *tx, id int64) error {
		_, err := tx.exec(`DELETE FROM sources WHERE id = ?`, id)
		return err
	})
}

// edit changes what is known of the source at path, or returns ErrUnknown.
func (l *Ledger) edit(path string, change func(tx *tx, id int64) error) error {
	var unknown error
	err := l.update(func(tx *tx) error {
		var id int64
		err := tx.row(`SELECT id FROM sources WHERE path = ?`, path).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			unknown = ErrUnknown // no fault of those who share the transaction
			return nil
		}
		if err != nil {
			return err
		}
		unknown = nil
		return change(tx, id)
	})
	l.cache.drop(path)
	return errors.Join(err, unknown)
}
