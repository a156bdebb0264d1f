package ledger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

// history records sources in two folders, each second one another end, and one that is
// in work for the first time.
func history(t *testing.T) *desk {
	d := open(t, t.TempDir(), Options{})
	scans := &Recipe{Folder: "scans", Root: "/scans", Rules: "rules", Presets: map[string]string{"thumb": "t1", "web": "w1"}}
	for i, o := range []job.Outcome{
		done(job.Job{Path: "Holiday/a.jpg"}, "thumb", "web"),
		failed(job.Job{Path: "Holiday/b.jpg"}, job.Malformed),
		failed(job.Job{Path: "notes_1.txt"}, job.NotImage),
		done(job.Job{Path: "100%/caf\xe9.jpg"}, "thumb", "web"),
		done(job.Job{Path: "100%/two\nlines.jpg"}, "thumb", "web"),
		failed(job.Job{Path: "notes-1.txt"}, job.NotImage),
	} {
		r := photos()
		if i%2 == 1 {
			r = scans
		}
		d.record(o, r)
	}
	d.begin(job.Job{Path: "new.jpg"}, photos())
	return d
}

func names(found []Entry) string {
	var names []string
	for _, e := range found {
		names = append(names, filepath.Base(e.Path))
	}
	return strings.Join(names, " ")
}

func TestSearch(t *testing.T) {
	d := history(t)
	for _, tt := range []struct {
		search Search
		want   string // the latest first
		more   bool
	}{
		{Search{Limit: 10}, "notes-1.txt two\nlines.jpg caf\xe9.jpg notes_1.txt b.jpg a.jpg", false},
		{Search{Limit: 2}, "notes-1.txt two\nlines.jpg", true},
		{Search{Limit: 6}, "notes-1.txt two\nlines.jpg caf\xe9.jpg notes_1.txt b.jpg a.jpg", false},
		{Search{}, "", true},
		{Search{Limit: 10, Folder: "scans"}, "notes-1.txt caf\xe9.jpg b.jpg", false},
		{Search{Limit: 1, Folder: "scans"}, "notes-1.txt", true},
		{Search{Limit: 10, Folder: "nowhere"}, "", false},
		{Search{Limit: 10, State: job.Done}, "two\nlines.jpg caf\xe9.jpg a.jpg", false},
		{Search{Limit: 10, State: job.Failed}, "b.jpg", false},
		{Search{Limit: 10, State: job.Skipped}, "notes-1.txt notes_1.txt", false},
		{Search{Limit: 10, State: job.Skipped, Folder: "photos"}, "notes_1.txt", false},
		{Search{Limit: 10, State: job.Failed, Folder: "photos"}, "", false},
		{Search{Limit: 10, Text: "holiday"}, "b.jpg a.jpg", false},
		{Search{Limit: 10, Text: "HOLIDAY/A"}, "a.jpg", false},
		{Search{Limit: 10, Text: "100%"}, "two\nlines.jpg caf\xe9.jpg", false},
		{Search{Limit: 10, Text: "%.jpg"}, "", false},
		{Search{Limit: 10, Text: "notes_"}, "notes_1.txt", false},
		{Search{Limit: 10, Text: "o\nl"}, "two\nlines.jpg", false},
		{Search{Limit: 10, Text: "caf\xe9"}, "caf\xe9.jpg", false},
		{Search{Limit: 10, Text: `\`}, "", false},
		{Search{Limit: 10, Text: "\x00"}, "", false},
		{Search{Limit: 10, Text: "a.jpg\x00"}, "", false},
		{Search{Limit: 10, Text: "' OR 1=1 --"}, "", false},
		{Search{Limit: 10, Text: "jpg", Folder: "photos", State: job.Done}, "two\nlines.jpg a.jpg", false},
	} {
		found, more, err := d.Search(t.Context(), tt.search)
		if got := names(found); err != nil || got != tt.want || more != tt.more {
			t.Errorf("%+v: %q, %v, %v; want %q, %v", tt.search, got, more, err, tt.want, tt.more)
		}
	}
	if _, _, err := d.Search(t.Context(), Search{Limit: 10, State: "growing"}); err == nil || !strings.Contains(err.Error(), `"growing" is not one of`) {
		t.Errorf("an unknown state: %v", err)
	}
	found, _, err := d.Search(t.Context(), Search{Limit: 1, Text: "a.jpg"})
	if err != nil || len(found) != 1 || len(found[0].Outputs) != 2 {
		t.Errorf("without its renditions: %+v, %v", found, err)
	}
}

// TestSearchPages turns pages, of each size, until there are no more.
func TestSearchPages(t *testing.T) {
	d := history(t)
	all, _, err := d.Search(t.Context(), Search{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for size := 1; size <= len(all)+1; size++ {
		var got []Entry
		s := Search{Limit: size}
		for more := true; more; {
			var page []Entry
			if page, more, err = d.Search(t.Context(), s); err != nil || len(page) == 0 {
				t.Fatalf("pages of %d: %v, %v", size, page, err)
			}
			got = append(got, page...)
			s.Before = page[len(page)-1].ID
		}
		if names(got) != names(all) {
			t.Errorf("pages of %d: %q, want %q", size, names(got), names(all))
		}
	}
	if _, _, err := d.Search(t.Context(), Search{Limit: 1, Before: 12345}); err == nil || !strings.Contains(err.Error(), "begin anew") {
		t.Errorf("going on from what is forgotten: %v", err)
	}
}

// TestSearchPagesOfOneMoment turns pages of sources that ended at the same time.
func TestSearchPagesOfOneMoment(t *testing.T) {
	d := history(t)
	if err := d.update(func(tx *tx) error { _, err := tx.exec(`UPDATE sources SET ended = 1 WHERE ended > 0`); return err }); err != nil {
		t.Fatal(err)
	}
	var got []string
	s := Search{Limit: 1}
	for more := true; more; {
		var page []Entry
		var err error
		if page, more, err = d.Search(t.Context(), s); err != nil || len(page) != 1 {
			t.Fatalf("%v, %v", page, err)
		}
		got = append(got, page[0].Path)
		s.Before = page[0].ID
	}
	if len(got) != 6 {
		t.Errorf("the pages have %q", got)
	}
}

// TestSearchIsPlanned keeps every search to an index that serves it in order: none reads
// more than it must, and none sorts.
func TestSearchIsPlanned(t *testing.T) {
	d := history(t)
	for _, folder := range []string{"", "photos"} {
		for _, state := range []job.State{"", job.Done, job.Failed, job.Skipped} {
			for _, before := range []int64{0, d.entry("/in/notes_1.txt").ID} {
				s := Search{Limit: 5, Folder: folder, State: state, Before: before, Text: "x"}
				query, args, err := d.searchQuery(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				plan := planOf(t, d, query, args)
				if !strings.HasPrefix(plan, "SEARCH sources USING INDEX sources_") || strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%+v: %s", s, plan)
				}
			}
		}
	}
}

func planOf(t *testing.T, d *desk, query string, args []any) string {
	t.Helper()
	rows, err := d.store.read.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return strings.Join(steps, "; ")
}

// TestSearchEndsWithWhoAsked, whether it waits for its turn or runs.
func TestSearchEndsWithWhoAsked(t *testing.T) {
	d := history(t)
	d.searching <- struct{}{}
	d.looking <- struct{}{}
	for name, ask := range map[string]func(context.Context) error{
		"search": func(ctx context.Context) error { _, _, err := d.Search(ctx, Search{Text: "a", Limit: 1}); return err },
		"latest": func(ctx context.Context) error { _, _, err := d.Search(ctx, Search{Limit: 1}); return err },
		"failed": func(ctx context.Context) error { _, err := d.Failed(ctx); return err },
	} {
		ctx, leave := context.WithCancel(t.Context())
		asked := make(chan error)
		go func() { asked <- ask(ctx) }()
		leave()
		if err := <-asked; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) `
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if found, err := d.entriesOf(soon, endless+entryColumns+`WHERE id IN n`); err == nil {
		t.Errorf("a query without end found %d entries", len(found))
	}
}

// TestSearchHoldsNobodyUp has writes, the questions of a scan and looks at the latest go
// on while a search keeps its turn.
func TestSearchHoldsNobodyUp(t *testing.T) {
	d := history(t)
	d.searching <- struct{}{}
	searched := make(chan error, 1)
	go func() {
		_, _, err := d.Search(t.Context(), Search{Text: "a", Limit: 1})
		searched <- err
	}()
	for i := range 20 {
		j := job.Job{Path: fmt.Sprint(i, ".jpg"), Fingerprint: job.Fingerprint{ModTime: time.Now().UnixNano()}}
		d.record(done(j, "thumb", "web"), photos())
		if !d.Settled(j, photos()) {
			t.Error("what is done is not settled")
		}
	}
	for _, latest := range []Search{{Limit: 1}, {Limit: 1, State: job.Failed}, {Limit: 1, Folder: "scans"}} {
		if _, _, err := d.Search(t.Context(), latest); err != nil {
			t.Errorf("%+v: %v", latest, err)
		}
	}
	select {
	case err := <-searched:
		t.Errorf("two searches run at a time: %v", err)
	default:
	}
	<-d.searching
	if err := <-searched; err != nil {
		t.Error(err)
	}
}
