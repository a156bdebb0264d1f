package ledger

import (
	"database/sql"
	"maps"
)

// A backlog is how much waits for a hook.
type backlog struct {
	rows  int
	bytes int64
}

// A tally holds the backlog of each hook that something waits for. It is not changed
// once others can see it.
type tally map[string]backlog

func readTally(db *sql.DB) (tally, error) {
	rows, err := db.Query(`SELECT hook, count(*), sum(size) FROM deliveries GROUP BY hook`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	t := tally{}
	for rows.Next() {
		var hook string
		var b backlog
		if err := rows.Scan(&hook, &b.rows, &b.bytes); err != nil {
			return nil, err
		}
		t[hook] = b
	}
	return t, rows.Err()
}

// waiting returns what waits, as far as the transaction has come. The caller must not
// change it.
func (t *tx) waiting() tally {
	if t.changed != nil {
		return t.changed
	}
	return *t.tally.Load()
}

// count adds to what waits for a hook; it counts once the transaction is through.
func (t *tx) count(hook string, more backlog) {
	if t.changed == nil {
		t.changed = maps.Clone(*t.tally.Load())
	}
	now := t.changed[hook]
	now.rows += more.rows
	now.bytes += more.bytes
	if now.rows <= 0 {
		delete(t.changed, hook)
		return
	}
	t.changed[hook] = now
}

// drop counts deliveries that are thrown away.
func (t *tx) drop(hook string, out backlog) {
	t.count(hook, backlog{-out.rows, -out.bytes})
	if t.dropped == nil {
		t.dropped = make(map[string]int)
	}
	t.dropped[hook] += out.rows
}

// takeOldest takes out the oldest deliveries for a hook that were made at a time or
// before, at most limit.
func (t *tx) takeOldest(hook string, made int64, limit int) (out backlog, err error) {
	var last sql.NullInt64
	err = t.row(`
		SELECT count(*), coalesce(sum(size), 0), max(id) FROM (
			SELECT id, size FROM deliveries INDEXED BY deliveries_of_hook WHERE hook = ?1 AND made <= ?2 ORDER BY id LIMIT ?3)`,
		hook, made, limit).Scan(&out.rows, &out.bytes, &last)
	if err != nil || out.rows == 0 {
		return out, err
	}
	_, err = t.exec(`DELETE FROM deliveries INDEXED BY deliveries_of_hook WHERE hook = ? AND made <= ? AND id <= ?`, hook, made, last.Int64)
	return out, err
}
