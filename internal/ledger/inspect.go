package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"imgwatchd/internal/job"
)

// A Condition says how a ledger is, to one who only looks.
type Condition struct {
	Bytes   int64             // of the database and what SQLite keeps beside it
	Sources map[job.State]int // how many are in each state
	Gone    int               // how many of them have left their folders
	Aside   int               // databases that were set aside
	Outbox  map[string]Outbox // by the names of hooks; nil: it is not known
	Checked bool              // the look for damage came to its end
}

// An Outbox is what waits for a hook.
type Outbox struct {
	Waiting int       // deliveries
	Failed  int       // how many of them were tried, in vain
	Oldest  time.Time // when the first was made
}

// Inspect looks at the ledger in dir, for damage too, until ctx ends. It changes
// nothing and waits for nobody, whether a daemon has the ledger open or not. An error
// that is no fs.ErrNotExist or fs.ErrPermission means that it is damaged.
func Inspect(ctx context.Context, dir string) (Condition, error) {
	var c Condition
	for _, end := range companions {
		fi, err := os.Stat(filepath.Join(dir, fileName+end))
		if err == nil {
			c.Bytes += fi.Size()
		} else if end == "" {
			return c, fmt.Errorf("look at ledger: %w", err)
		}
	}
	c.Aside = countAside(dir)
	quiet := !inUse(dir)
	err := c.read(ctx, filepath.Join(dir, fileName), quiet)
	if err != nil && quiet && inUse(dir) { // a daemon has begun to write meanwhile
		err = c.read(ctx, filepath.Join(dir, fileName), false)
	}
	return c, err
}

// inUse reports whether there is more to the database than its file.
func inUse(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName+"-wal"))
	return err == nil
}

func countAside(dir string) int {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range entries {
		if m := asideName.FindStringSubmatch(e.Name()); m != nil && m[2] == "" {
			n++
		}
	}
	return n
}

// read reads the database. One that is quiet is read without the files that SQLite
// would make beside it, and leave there.
func (c *Condition) read(ctx context.Context, file string, quiet bool) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("look at ledger: %w", err)
	}
	defer f.Close()
	query := url.Values{"mode": {"ro"}}
	if quiet {
		query = url.Values{"immutable": {"1"}}
	}
	db, err := openWith(query, file, "query_only(1)")
	if err != nil {
		return fmt.Errorf("look at ledger: %w", err)
	}
	defer db.Close()
	s := &store{read: db, write: db}
	if err := s.inspect(ctx, c); err != nil && ctx.Err() == nil {
		return fmt.Errorf("look at ledger %q: %w", file, err)
	}
	return nil
}

// inspect counts, and looks for damage.
func (s *store) inspect(ctx context.Context, c *Condition) error {
	var version int
	if err := s.read.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version < 1 || version > len(migrations) {
		return fmt.Errorf("it has version %d, this program knows up to %d", version, len(migrations))
	}
	counts, gone, err := s.count(ctx)
	if err != nil {
		return err
	}
	c.Sources, c.Gone = counts, gone
	if version == len(migrations) { // an older one may have none
		if c.Outbox, err = s.outbox(ctx); err != nil {
			return err
		}
	}
	var answer string
	if err := s.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&answer); err != nil {
		return err
	}
	if answer != "ok" {
		return errors.New(answer)
	}
	c.Checked = true
	return nil
}

func (s *store) count(ctx context.Context) (counts map[job.State]int, gone int, err error) {
	rows, err := s.read.QueryContext(ctx, `SELECT state, count(*), sum(gone) FROM sources GROUP BY state`)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	counts = make(map[job.State]int)
	for rows.Next() {
		var state job.State
		var n, left int
		if err := rows.Scan(&state, &n, &left); err != nil {
			return nil, 0, err
		}
		counts[state], gone = n, gone+left
	}
	return counts, gone, rows.Err()
}

func (s *store) outbox(ctx context.Context) (map[string]Outbox, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT hook, count(*), sum(tries > 0), min(made) FROM deliveries GROUP BY hook`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := make(map[string]Outbox)
	for rows.Next() {
		var hook string
		var o Outbox
		var made int64
		if err := rows.Scan(&hook, &o.Waiting, &o.Failed, &made); err != nil {
			return nil, err
		}
		o.Oldest = moment(made)
		all[hook] = o
	}
	return all, rows.Err()
}
