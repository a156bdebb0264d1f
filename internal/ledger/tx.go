package ledger

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
)

// A tx is the writing connection, with the statements that were used on it kept
// prepared. One goroutine uses it at a time.
type tx struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt

	tally   atomic.Pointer[tally] // what waits for hooks, as it lasts
	changed tally                 // what will, once the transaction is through; nil: the same
	dropped map[string]int        // deliveries that it throws away, by hook
}

func newTx(db *sql.DB) (*tx, error) {
	waiting, err := readTally(db)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, err
	}
	t := &tx{conn: conn, statements: make(map[string]*sql.Stmt)}
	t.tally.Store(&waiting)
	return t, nil
}

// run does work in one transaction.
func (t *tx) run(work func(*tx) error) error {
	t.changed, t.dropped = nil, nil
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return err
	}
	err := work(t)
	if err == nil {
		_, err = t.exec(`COMMIT`)
	}
	if err != nil {
		// SQLite may have rolled back by itself; then there is nothing to do.
		t.exec(`ROLLBACK`)
		return err
	}
	if now := t.changed; now != nil {
		t.tally.Store(&now)
	}
	return nil
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// A row is the result of a query for one row.
type row interface{ Scan(dest ...any) error }

func (t *tx) row(query string, args ...any) row {
	s, err := t.statement(query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRow(args...)
}

// A failedRow is the row of a statement that cannot be prepared.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

func (t *tx) statement(query string) (*sql.Stmt, error) {
	if s, ok := t.statements[query]; ok {
		return s, nil
	}
	s, err := t.conn.PrepareContext(context.Background(), query)
	if err == nil {
		t.statements[query] = s
	}
	return s, err
}

func (t *tx) close() error {
	var errs []error
	for _, s := range t.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}
