package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"imgwatchd/internal/job"
)

// An Entry is what the ledger knows of a source, for people to read.
type Entry struct {
	ID       int64       `json:"id"`   // never given to another source, not even when this one is forgotten
	Path     string      `json:"path"` // absolute
	Folder   string      `json:"folder"`
	State    job.State   `json:"state"`
	Attempts int         `json:"attempts"`
	Crashes  int         `json:"crashes,omitempty"`
	Class    job.Class   `json:"class,omitempty"`
	Step     string      `json:"step,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Gone     bool        `json:"gone"`                // it has left its folder
	MovedTo  string      `json:"moved_to,omitempty"`  // where to, absolute; empty: it was deleted
	Started  time.Time   `json:"started,omitzero"`    // the last attempt
	Ended    time.Time   `json:"ended,omitzero"`      // zero: it has not
	Size     int64       `json:"size"`                // bytes
	SHA256   string      `json:"sha256,omitempty"`    // of the source
	Format   string      `json:"format,omitempty"`    // "jpeg", …
	Width    int         `json:"width,omitempty"`     // pixels, upright
	Height   int         `json:"height,omitempty"`    //
	Outputs  []Rendition `json:"renditions,omitzero"` // in no order

	Fingerprint job.Fingerprint `json:"-"`
}

// A Rendition is what the ledger knows of one preset of a source.
type Rendition struct {
	job.Output
	State job.State `json:"state"` // done, failed, skipped; queued: to be made again
}

const entryColumns = `
	SELECT id, path, folder, size, mtime, inode, sha256, format, width, height,
		state, attempts, crashes, class, step, reason, gone, moved_to, started, ended
	FROM sources `

// Find returns the entry of the source that stands at path, or that was moved
// there.
func (l *Ledger) Find(path string) (Entry, bool, error) {
	found, err := l.entries(entryColumns+`WHERE path = ?1 OR moved_to = ?1 AND moved_to <> '' AND gone ORDER BY path = ?1 DESC, ended DESC LIMIT 1`, path)
	if err != nil || len(found) == 0 {
		return Entry{}, false, err
	}
	return found[0], true, nil
}

// Entry returns the entry with an ID.
func (l *Ledger) Entry(id int64) (Entry, bool, error) {
	found, err := l.entries(entryColumns+`WHERE id = ?`, id)
	if err != nil || len(found) == 0 {
		return Entry{}, false, err
	}
	return found[0], true, nil
}

// failedPage is how many entries Failed reads at a time.
const failedPage = 1000

// Failed returns the entries of all sources that failed, the latest first. It reads them
// by and by, so that those who scan need not wait for the last of many, and ends when ctx
// does.
func (l *Ledger) Failed(ctx context.Context) ([]Entry, error) {
	var failed []Entry
	for ended, id := int64(math.MaxInt64), int64(math.MaxInt64); ; {
		select {
		case l.looking <- struct{}{}:
		case <-ctx.Done():
			return nil, fmt.Errorf("list what failed: %w", ctx.Err())
		}
		page, err := l.entriesOf(ctx, entryColumns+`WHERE state = 'failed' AND (ended, id) < (?, ?) ORDER BY ended DESC, id DESC LIMIT ?`, ended, id, failedPage)
		<-l.looking
		failed = append(failed, page...)
		if err != nil || len(page) < failedPage {
			return failed, err
		}
		last := page[len(page)-1]
		ended, id = nanos(last.Ended), last.ID
	}
}

func (l *Ledger) entries(query string, args ...any) ([]Entry, error) {
	return l.entriesOf(context.Background(), query, args...)
}

// entriesOf is entries that gives up when ctx ends.
func (l *Ledger) entriesOf(ctx context.Context, query string, args ...any) ([]Entry, error) {
	var found []Entry
	err := l.view(func(s *store) error {
		ids, err := readSources(ctx, s.read, &found, query, args...)
		for i := 0; err == nil && i < len(ids); i++ {
			found[i].Outputs, err = s.readOutputs(ids[i])
		}
		return err
	})
	return found, err
}

func readSources(ctx context.Context, db *sql.DB, found *[]Entry, query string, args ...any) (ids []int64, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var inode, started, ended int64
		err := rows.Scan(&e.ID, &e.Path, &e.Folder, &e.Size, &e.Fingerprint.ModTime, &inode, &e.SHA256, &e.Format, &e.Width, &e.Height,
			&e.State, &e.Attempts, &e.Crashes, &e.Class, &e.Step, &e.Reason, &e.Gone, &e.MovedTo, &started, &ended)
		if err != nil {
			return nil, err
		}
		e.Fingerprint.Size, e.Fingerprint.Inode = e.Size, uint64(inode)
		e.Started, e.Ended = moment(started), moment(ended)
		if !e.Gone { // it is where it would go
			e.MovedTo = ""
		}
		*found, ids = append(*found, e), append(ids, e.ID)
	}
	return ids, rows.Err()
}

func (s *store) readOutputs(source int64) ([]Rendition, error) {
	rows, err := s.find.renditions.Query(source)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	outputs := []Rendition{}
	for rows.Next() {
		var r Rendition
		var recipe string
		if err := scanOutput(rows, &r.Output, &recipe, &r.State); err != nil {
			return nil, err
		}
		if recipe == "" {
			r.State = job.Queued
		}
		outputs = append(outputs, r)
	}
	return outputs, rows.Err()
}

func moment(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanos)
}

// nanos is the reverse of moment.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Count returns the number of sources in each state.
func (l *Ledger) Count() (map[job.State]int, error) {
	counts := make(map[job.State]int)
	err := l.view(func(s *store) error {
		rows, err := s.read.Query(`SELECT state, count(*) FROM sources GROUP BY state`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var state job.State
			var n int
			if err := rows.Scan(&state, &n); err != nil {
				return err
			}
			counts[state] = n
		}
		return rows.Err()
	})
	return counts, err
}
