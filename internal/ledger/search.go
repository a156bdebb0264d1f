package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"imgwatchd/internal/job"
)

// A Search selects entries that came to an end, the latest first.
type Search struct {
	Text   string    // part of the path, blind to the case of ASCII letters; empty: any
	Folder string    // empty: any
	State  job.State // Done, Failed or Skipped; empty: any
	Before int64     // only entries that ended before the one with this ID; 0: from the latest
	Limit  int       // at most so many
}

// searchTime is how long a search may take. Only one for a text that is rare in a
// ledger of millions comes near.
const searchTime = 10 * time.Second

// Search returns the entries that s selects, and whether there are older ones. One
// search that may take long runs at a time, and beside it one that does not: so those
// who scan are never without a connection for long, and a text that is rare does not
// keep the latest from those who look at them. It ends when ctx does.
func (l *Ledger) Search(ctx context.Context, s Search) (found []Entry, more bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, searchTime, errBusy)
	defer cancel()
	turn := l.looking
	if s.long() {
		turn = l.searching
	}
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, false, fmt.Errorf("search ledger: %w", context.Cause(ctx))
	}
	defer func() { <-turn }()
	query, args, err := l.searchQuery(ctx, s)
	if err == nil {
		found, err = l.entriesOf(ctx, query, args...)
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, false, fmt.Errorf("search ledger: %w", err)
	}
	if more = len(found) > s.Limit; more {
		found = found[:s.Limit]
	}
	return found, more, nil
}

// long reports whether a search may have to look at many entries for each that it finds:
// no index goes by text, by what is done, or by both folder and state.
func (s Search) long() bool {
	return s.Text != "" || s.State == job.Done || s.Folder != "" && s.State != ""
}

// Errors of Search.
var (
	errBusy   = fmt.Errorf("it takes longer than %v; name a folder or a state, or search again later", searchTime)
	errBefore = errors.New("the entry to go on from is not in the ledger any more; begin anew")
)

// searchQuery returns the statement for s, with one entry more than asked for.
//
// There is an index for each way to select a few from many. Which one is best follows
// from what is asked, not from statistics: the folder that the failed ones are looked
// for in may have a million that are done.
func (l *Ledger) searchQuery(ctx context.Context, s Search) (query string, args []any, err error) {
	where := []string{"ended > 0"}
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	index := "sources_by_end"
	if s.Folder != "" {
		index = "sources_of_folder"
		and("folder = ?", s.Folder)
	}
	switch s.State {
	case "":
	case job.Done:
		and("state = 'done'")
	case job.Failed:
		index = "sources_failed"
		and("state = 'failed'")
	case job.Skipped:
		index = "sources_skipped"
		and("state = 'skipped'")
	default:
		return "", nil, fmt.Errorf("state %q is not one of done, failed, skipped", s.State)
	}
	if s.Before != 0 {
		ended, err := l.endOf(ctx, s.Before)
		if err != nil {
			return "", nil, err
		}
		and("(ended, id) < (?, ?)", ended, s.Before)
	}
	switch {
	case s.Text == "":
	case strings.Contains(s.Text, "\x00"): // a pattern would end there; and no path has one
		and("path = ?", s.Text)
	default:
		and(`path LIKE ? ESCAPE '\'`, "%"+likeEscape.Replace(s.Text)+"%")
	}
	args = append(args, max(0, s.Limit)+1)
	return entryColumns + "INDEXED BY " + index + " WHERE " + strings.Join(where, " AND ") + " ORDER BY ended DESC, id DESC LIMIT ?", args, nil
}

// likeEscape makes text mean itself in a LIKE.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// endOf returns when the source with an ID ended.
func (l *Ledger) endOf(ctx context.Context, id int64) (ended int64, err error) {
	err = l.view(func(s *store) error {
		return s.read.QueryRowContext(ctx, `SELECT ended FROM sources WHERE id = ?`, id).Scan(&ended)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = errBefore
	}
	return ended, err
}
