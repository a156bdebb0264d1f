package ledger

import (
	"database/sql"
	"errors"
	"strings"
)

// ErrUnknown says that the ledger knows nothing of a source.
var ErrUnknown = errors.New("not in the ledger")

// queueAgain is what becomes of a source that is to be worked on again. One in work
// stays so: what it has not made when it ends is made then.
const queueAgain = `UPDATE sources
	SET state = iif(state = 'working', state, 'queued'), attempts = 0, crashes = 0, leaves = 0, gone = 0, moved_to = ''
	WHERE `

// Redo makes the ledger forget that the source of e is done or failed, but not which
// renditions are its own. Only the rendition of preset is made again, unless that is
// "". A source that was taken up since e was read is left as it is.
func (l *Ledger) Redo(e Entry, preset string) error {
	return l.edit(e.Path, func(tx *tx, id int64) error {
		var started, ended int64
		err := tx.row(`SELECT started, ended FROM sources WHERE id = ?`, id).Scan(&started, &ended)
		if err != nil || started != nanos(e.Started) || ended != nanos(e.Ended) {
			return err
		}
		_, err = tx.exec(`UPDATE renditions SET recipe = '' WHERE source = ? AND (? = '' OR preset = ?)`, id, preset, preset)
		if err != nil {
			return err
		}
		_, err = tx.exec(queueAgain+`id = ?`, id)
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

// RedoBelow is Redo for all sources below a directory that have not left. It returns
// their number.
func (l *Ledger) RedoBelow(dir, preset string) (n int, err error) {
	const these = `path > ?1 AND path < ?2 AND NOT gone`
	return l.editBelow(dir, func(tx *tx, from, to string) (sql.Result, error) {
		_, err := tx.exec(`UPDATE renditions SET recipe = ''
			WHERE source IN (SELECT id FROM sources WHERE `+these+`) AND (?3 = '' OR preset = ?3)`, from, to, preset)
		if err != nil {
			return nil, err
		}
		return tx.exec(queueAgain+these, from, to)
	})
}

// ForgetBelow is Forget for all sources below a directory. It returns their number.
func (l *Ledger) ForgetBelow(dir string) (n int, err error) {
	return l.editBelow(dir, func(tx *tx, from, to string) (sql.Result, error) {
		return tx.exec(`DELETE FROM sources WHERE path > ? AND path < ?`, from, to)
	})
}

// editBelow changes what lies between two paths, which is all below a directory: the
// byte after the slash is the digit zero.
func (l *Ledger) editBelow(dir string, change func(tx *tx, from, to string) (sql.Result, error)) (int, error) {
	dir = strings.TrimSuffix(dir, "/")
	var n int64
	err := l.update(func(tx *tx) error {
		result, err := change(tx, dir+"/", dir+"0")
		if err != nil {
			return err
		}
		n, err = result.RowsAffected()
		return err
	})
	l.cache.clear()
	return int(n), err
}
