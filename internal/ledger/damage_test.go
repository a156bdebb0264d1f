package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

// TestWrongValues puts a value of another type into each column of numbers, which SQLite's
// own look for damage lets pass. The ledger opens all the same, and once something has
// failed for it the next write mends it.
func TestWrongValues(t *testing.T) {
	sound := usedLedger(t)
	values := []string{`'text'`, `1.5`, `x'00ff'`, `-9223372036854775808`}
	for i, column := range numbers(t) {
		value := values[i%len(values)]
		t.Run(fmt.Sprint(column, value), func(t *testing.T) {
			t.Parallel()
			l := open(t, spoiled(t, sound, column, value), Options{})
			if err := l.TakeOver(Crashed); err != nil {
				t.Fatalf("a start fails: %v", err)
			}
			_ = l.askAll()
			l.recordAll()
			l.stopRun(func() { l.prune(time.Now()) })
			if err := l.askAll(); err != nil {
				t.Error(err)
			}
			if told := l.told(); len(told) > 1 || len(told) == 1 && !strings.Contains(told[0], "set aside") {
				t.Errorf("told %q", told)
			}
		})
	}
}

// TestPruneMendsDamage has only that meet a value of the wrong type.
func TestPruneMendsDamage(t *testing.T) {
	l := open(t, spoiled(t, usedLedger(t), column{"sources", "gone"}, `'text'`), Options{MaxSize: 1})
	l.stopRun(func() { l.prune(time.Now()) })
	if told := l.told(); len(told) != 1 || !strings.Contains(told[0], "set aside") {
		t.Errorf("told %q", told)
	}
	l.recordAll()
}

// A column is one of a table of the database.
type column struct{ table, name string }

func numbers(t *testing.T) []column {
	t.Helper()
	rows, err := open(t, t.TempDir(), Options{}).store.read.Query(`
		SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
		WHERE t.name IN ('sources', 'renditions', 'deliveries') AND c.type = 'INTEGER' AND NOT c.pk`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// usedLedger returns the bytes of a ledger with something in every table.
func usedLedger(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	l := open(t, dir, Options{})
	l.recordAll()
	l.stop()
	data, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// spoiled returns the directory of a ledger that has a value in all rows of a column.
func spoiled(t *testing.T, sound []byte, c column, value string) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, fileName), sound)
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.tx.exec(fmt.Sprintf(`UPDATE %s SET %s = %s`, c.table, c.name, value))
	if err := errors.Join(err, s.close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// recordAll records a source of each kind, one with a delivery.
func (d *desk) recordAll() {
	d.t.Helper()
	d.address("tell")
	leaving := photos()
	leaving.DoneLeaves = true
	d.record(done(file, "thumb", "web"), photos())
	d.record(done(job.Job{Path: "leaves.jpg"}, "thumb", "web"), leaving)
	d.record(failed(job.Job{Path: "bad.jpg"}, job.Malformed), photos())
	d.begin(job.Job{Path: "new.jpg"}, photos())
}

// askAll asks everything, and returns what failed.
func (d *desk) askAll() error {
	var errs []error
	for _, name := range []string{"a.jpg", "leaves.jpg", "bad.jpg", "new.jpg"} {
		_, recalled := d.Recall(job.Job{Path: name}, photos())
		_, _, found := d.Find("/in/" + name)
		errs = append(errs, recalled, found)
	}
	_, own := d.Own(made("a.jpg", "web")[0].Fingerprint)
	_, failed := d.Failed(d.t.Context())
	_, counted := d.Count()
	_, _, searched := d.Search(d.t.Context(), Search{Limit: 10})
	_, _, due := d.Due("tell", time.Now().Add(time.Hour), 10)
	return errors.Join(append(errs, own, failed, counted, searched, due)...)
}

// TestHandOver has root use the ledger of another user, for whom all files have to be
// that are made meanwhile.
func TestHandOver(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files to others")
	}
	const other = 65534
	dir := t.TempDir()
	if err := os.Chown(dir, other, other); err != nil {
		t.Fatal(err)
	}
	l := open(t, dir, Options{})
	l.recordAll()
	err := l.update(func(tx *tx) error { // which a sound database would not refuse
		_, err := tx.exec(`INSERT INTO sources (path) VALUES (NULL)`)
		return err
	})
	if told := l.told(); err == nil || len(told) == 0 || !strings.Contains(told[0], "set aside") {
		t.Fatalf("%v, told %q", err, told)
	}
	l.recordAll()
	for _, name := range filesIn(t, dir) {
		fi, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if st := fi.Sys().(*syscall.Stat_t); st.Uid != other || st.Gid != other {
			t.Errorf("%s is of %d:%d", name, st.Uid, st.Gid)
		}
	}
}
