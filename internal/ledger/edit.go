package ledger

import (
	"database/sql"
	"errors"

	"imgwatchd/internal/job"
)

// ErrUnknown says that the ledger knows nothing of a source.
var ErrUnknown = errors.New("not in the ledger")

// ErrInWork says that a source is in work, so that nothing can be changed about it.
var ErrInWork = errors.New("in work at this moment")

// Redo makes the ledger forget that the source of e is done or failed, but not which
// renditions are its own. Only the rendition of preset is made again, unless that is
// "". A source that was taken up since e was read is left as it is.
func (l *Ledger) Redo(e Entry, preset string) error {
	inWork := false
	err := l.edit(e.Path, func(tx *tx, id int64) error {
		var started int64
		var state job.State
		if err := tx.row(`SELECT started, state FROM sources WHERE id = ?`, id).Scan(&started, &state); err != nil {
			return err
		}
		if inWork = state == job.Working; inWork || started != nanos(e.Started) {
			return nil
		}
		_, err := tx.exec(`UPDATE renditions SET recipe = '' WHERE source = ? AND (? = '' OR preset = ?)`, id, preset, preset)
		if err != nil {
			return err
		}
		_, err = tx.exec(`UPDATE sources SET state = 'queued', attempts = 0, crashes = 0, gone = 0, moved_to = '' WHERE id = ?`, id)
		return err
	})
	if err == nil && inWork {
		return ErrInWork
	}
	return err
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

// belowDir is the condition that a source stands below a directory, "" for all: the
// byte after the slash is the digit zero.
const belowDir = `(?1 = '' OR path > ?1 || '/' AND path < ?1 || '0')`

// RedoBelow is Redo for all sources below a directory that have not left and are not
// in work. It returns their number.
func (l *Ledger) RedoBelow(dir, preset string) (n int, err error) {
	return l.editBelow(dir, func(tx *tx, dir string) (sql.Result, error) {
		const these = belowDir + ` AND NOT gone AND state <> 'working'`
		_, err := tx.exec(`UPDATE renditions SET recipe = ''
			WHERE source IN (SELECT id FROM sources WHERE `+these+`) AND (?2 = '' OR preset = ?2)`, dir, preset)
		if err != nil {
			return nil, err
		}
		return tx.exec(`UPDATE sources SET state = 'queued', attempts = 0, crashes = 0 WHERE `+these, dir)
	})
}

// ForgetBelow is Forget for all sources below a directory. It returns their number.
func (l *Ledger) ForgetBelow(dir string) (n int, err error) {
	return l.editBelow(dir, func(tx *tx, dir string) (sql.Result, error) {
		return tx.exec(`DELETE FROM sources WHERE `+belowDir, dir)
	})
}

func (l *Ledger) editBelow(dir string, change func(tx *tx, dir string) (sql.Result, error)) (int, error) {
	if dir == "/" {
		dir = ""
	}
	var n int64
	err := l.update(func(tx *tx) error {
		result, err := change(tx, dir)
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	l.cache.clear()
	return int(n), err
}
