package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const fileName = "ledger.db"

// readers is the number of connections that read. They are opened at the start, so
// that a process that has run out of descriptors still knows what it has done.
const readers = 2

// companions are what SQLite keeps beside a database, by the ends of their names.
var companions = []string{"", "-wal", "-shm"}

// migrations lead from each version of the database to the next; what the last of
// them makes is what the rest of the room knows. The version stands in the
// database's user_version.
//
// Paths are bytes, as Linux has them, in TEXT columns; times are nanoseconds since
// the epoch. A source that leaves is to be taken out of its folder, to moved_to, and
// gone once it was. A rendition without recipe has to be made again, but its path is
// still its source's own. A delivery is of the source that it names, whatever becomes
// of the row of that.
//
// The ID of a source is above all that there are and that there were: source_ids has
// the highest of those that were forgotten. It begins with the time, so that a ledger
// that is begun anew does not give those again of the one before.
var migrations = []string{`
CREATE TABLE sources (
	id       INTEGER PRIMARY KEY,
	path     TEXT    NOT NULL UNIQUE,
	folder   TEXT    NOT NULL,
	size     INTEGER NOT NULL,
	mtime    INTEGER NOT NULL,
	inode    INTEGER NOT NULL,
	sha256   TEXT    NOT NULL DEFAULT '',
	format   TEXT    NOT NULL DEFAULT '',
	width    INTEGER NOT NULL DEFAULT 0,
	height   INTEGER NOT NULL DEFAULT 0,
	state    TEXT    NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	crashes  INTEGER NOT NULL DEFAULT 0,
	class    TEXT    NOT NULL DEFAULT '',
	step     TEXT    NOT NULL DEFAULT '',
	reason   TEXT    NOT NULL DEFAULT '',
	leaves   INTEGER NOT NULL DEFAULT 0,
	gone     INTEGER NOT NULL DEFAULT 0,
	moved_to TEXT    NOT NULL DEFAULT '',
	started  INTEGER NOT NULL DEFAULT 0,
	ended    INTEGER NOT NULL DEFAULT 0,
	seen     INTEGER NOT NULL
);
CREATE INDEX sources_by_age ON sources (gone DESC, seen);
CREATE INDEX sources_working ON sources (state) WHERE state = 'working';
CREATE INDEX sources_failed ON sources (ended) WHERE state = 'failed';
CREATE INDEX sources_leaving ON sources (leaves) WHERE leaves AND NOT gone;
CREATE INDEX sources_by_inode ON sources (inode) WHERE gone OR leaves;
CREATE INDEX sources_moved ON sources (moved_to) WHERE moved_to <> '';
CREATE TABLE renditions (
	source INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
	preset TEXT    NOT NULL,
	recipe TEXT    NOT NULL,
	state  TEXT    NOT NULL,
	path   TEXT    NOT NULL DEFAULT '',
	format TEXT    NOT NULL DEFAULT '',
	width  INTEGER NOT NULL DEFAULT 0,
	height INTEGER NOT NULL DEFAULT 0,
	size   INTEGER NOT NULL DEFAULT 0,
	mtime  INTEGER NOT NULL DEFAULT 0,
	inode  INTEGER NOT NULL DEFAULT 0,
	sha256 TEXT    NOT NULL DEFAULT '',
	ended  INTEGER NOT NULL,
	PRIMARY KEY (source, preset)
) WITHOUT ROWID;
CREATE INDEX renditions_by_path ON renditions (path) WHERE path <> '';
CREATE INDEX renditions_by_inode ON renditions (inode) WHERE inode <> 0;
`, `
CREATE TABLE deliveries (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	hook     TEXT    NOT NULL,
	event    BLOB    NOT NULL,
	size     INTEGER NOT NULL,
	source   TEXT    NOT NULL,
	leaves   INTEGER NOT NULL,
	gone     INTEGER NOT NULL DEFAULT 0,
	moved_to TEXT    NOT NULL DEFAULT '',
	attempts INTEGER NOT NULL,
	made     INTEGER NOT NULL,
	due      INTEGER NOT NULL,
	tries    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_due ON deliveries (hook, due, size);
CREATE INDEX deliveries_of_hook ON deliveries (hook, id);
CREATE INDEX deliveries_leaving ON deliveries (source) WHERE leaves;
`, `
CREATE INDEX sources_by_end ON sources (ended) WHERE ended > 0;
CREATE INDEX sources_of_folder ON sources (folder, ended) WHERE ended > 0;
CREATE INDEX sources_skipped ON sources (ended) WHERE state = 'skipped';
`, `
CREATE TABLE source_ids (last INTEGER NOT NULL) STRICT;
INSERT INTO source_ids SELECT max(coalesce(max(id), 0), CAST(unixepoch('subsec') * 1000 AS INTEGER)) FROM sources;
CREATE TRIGGER sources_forgotten AFTER DELETE ON sources WHEN old.id > (SELECT last FROM source_ids)
BEGIN
	UPDATE source_ids SET last = old.id;
END;
`}

// A store is an open database: one connection that writes, and some that read.
type store struct {
	write *sql.DB // of one connection
	tx    *tx     // on that connection
	read  *sql.DB
	find  struct{ source, renditions, maker, inode *sql.Stmt } // what a scan asks, prepared
}

func (s *store) close() error {
	var err error
	if s.tx != nil {
		err = s.tx.close()
	}
	return errors.Join(err, s.read.Close(), s.write.Close())
}

// A badStore is the error of a database that has to be set aside.
type badStore struct {
	kind  string // part of the name that it is set aside under
	cause error
}

func (b *badStore) Error() string { return b.cause.Error() }
func (b *badStore) Unwrap() error { return b.cause }

// openStore opens the database in dir, brings it up to date, and checks it.
func openStore(dir string) (*store, error) {
	file := filepath.Join(dir, fileName)
	fresh, err := looksFresh(file)
	if err == nil && fresh {
		err = begin(dir)
	}
	if err != nil {
		return nil, err
	}
	s := &store{}
	if s.write, err = openDB(file, kept...); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = openDB(file, "query_only(1)"); err != nil {
		return nil, errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if err = s.migrate(); err == nil && !fresh {
		err = s.check()
	}
	if err == nil {
		err = s.prepare()
	}
	if err != nil {
		s.close()
		return nil, asBad(fmt.Errorf("open ledger %q: %w", file, err))
	}
	return s, nil
}

// looksFresh reports whether there is no database yet. An empty file is none, but
// a sign that one was lost.
func looksFresh(file string) (bool, error) {
	fi, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(file); err == nil { // a new one would take the place of the link
			return false, fmt.Errorf("ledger %q is a link to a file that is not there", file)
		}
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at ledger: %w", err)
	case fi.Size() == 0:
		return false, &badStore{"empty", fmt.Errorf("ledger %q is empty", file)}
	}
	return false, nil
}

// kept is how SQLite keeps the database.
var kept = []string{"auto_vacuum(2)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "journal_size_limit(16777216)"}

// openDB opens a database, which is made when there is none.
func openDB(file string, pragmas ...string) (*sql.DB, error) {
	return openWith(url.Values{"_txlock": {"immediate"}}, file, pragmas...)
}

// openWith is openDB with more that SQLite or its driver is to know.
func openWith(query url.Values, file string, pragmas ...string) (*sql.DB, error) {
	query["_pragma"] = append([]string{"busy_timeout(10000)"}, pragmas...)
	name := url.URL{Scheme: "file", OmitHost: true, Path: file, RawQuery: query.Encode()}
	return sql.Open("sqlite", name.String())
}

// migrate brings the database to the version that this program knows.
func (s *store) migrate() error {
	var version int
	if err := s.write.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version < 0 {
		return &badStore{"damaged", fmt.Errorf("it has version %d", version)}
	}
	if version > len(migrations) {
		return &badStore{"newer", fmt.Errorf("it has version %d, this program knows up to %d", version, len(migrations))}
	}
	for ; version < len(migrations); version++ {
		tx, err := s.write.Begin()
		if err != nil {
			return err
		}
		_, err = tx.Exec(migrations[version] + fmt.Sprintf("PRAGMA user_version = %d", version+1))
		if err != nil {
			return errors.Join(fmt.Errorf("migrate from version %d: %w", version, err), tx.Rollback())
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

// How long each look for damage may take. What it has not reached by then shows when
// it is used.
var (
	quickTime = 10 * time.Second
	fullTime  = time.Second
)

// check looks for damage. The full look also compares the indexes with their tables,
// which takes several times as long as the quick one.
func (s *store) check() error {
	if err := s.look("quick_check", quickTime); err != nil {
		return err
	}
	if err := s.look("integrity_check", fullTime); err != nil {
		return err
	}
	return s.checkSchema()
}

// look runs a check of SQLite for at most the given time.
func (s *store) look(pragma string, atMost time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	defer cancel()
	var answer string
	err := s.write.QueryRowContext(ctx, "PRAGMA "+pragma+"(1)").Scan(&answer)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case answer != "ok":
		return &badStore{"damaged", errors.New(answer)}
	}
	return nil
}

// checkSchema compares the tables with those of a new database.
func (s *store) checkSchema() error {
	model, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer model.Close()
	model.SetMaxOpenConns(1) // each connection would have a memory of its own
	if err := (&store{write: model}).migrate(); err != nil {
		return err
	}
	want, err := readSchema(model)
	if err != nil {
		return err
	}
	got, err := readSchema(s.write)
	if err == nil && got != want {
		err = &badStore{"damaged", errors.New("its tables are not those of its version")}
	}
	return err
}

func readSchema(db *sql.DB) (text string, err error) {
	err = db.QueryRow(`SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name)`).Scan(&text)
	return text, err
}

// prepare gets ready what is asked often.
func (s *store) prepare() (err error) {
	for _, q := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.find.source, findSource}, {&s.find.renditions, findRenditions}, {&s.find.maker, findMaker}, {&s.find.inode, findInode},
	} {
		if *q.to, err = s.read.Prepare(q.text); err != nil {
			return err
		}
	}
	if err := s.warm(); err != nil {
		return err
	}
	s.tx, err = newTx(s.write)
	return err
}

// warm opens the connections that read.
func (s *store) warm() error {
	var conns [readers]*sql.Conn
	var errs []error
	for i := range conns {
		conn, err := s.read.Conn(context.Background())
		if err == nil {
			conns[i] = conn
			err = conn.QueryRowContext(context.Background(), `SELECT count(*) FROM sources WHERE id < 0`).Scan(new(int))
		}
		errs = append(errs, err)
	}
	for _, conn := range conns {
		if conn != nil {
			errs = append(errs, conn.Close())
		}
	}
	return errors.Join(errs...)
}

// asBad turns an error of opening that means damage into a badStore. Statements that
// fail then for what they say miss a table, or find one too many.
func asBad(err error) error {
	var bad *badStore
	switch {
	case errors.As(err, &bad):
		return &badStore{bad.kind, err}
	case isDamage(err) || codeOf(err) == sqlite3.SQLITE_ERROR:
		return &badStore{"damaged", err}
	}
	return err
}

// isDamage reports whether err means that the bytes of the database are not what
// was written. No write breaks a constraint of a sound one, or its types.
func isDamage(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return err != nil && strings.Contains(err.Error(), wrongValue)
}

// wrongValue is in each error about a value that is not of the type that the program has
// for its column. SQLite takes any, and database/sql has no type for that error.
const wrongValue = "sql: Scan error on column"

// Passing reports whether an error of Open or of a write may pass without anyone
// touching the state directory: the disk is full, or sick.
func Passing(err error) bool {
	switch codeOf(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR:
		return true
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EIO)
}

// codeOf returns SQLite's primary result code, or SQLITE_OK when err is not its.
func codeOf(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return sqlite3.SQLITE_OK
	}
	return e.Code() & 0xff
}

// keepAside is how many databases that were set aside are kept.
const keepAside = 3

// setAside renames the database and returns its new name.
func setAside(dir, kind string) (string, error) {
	name := fmt.Sprintf("%s.%s-%s", fileName, kind, time.Now().UTC().Format("20060102T150405.000000000"))
	for _, end := range companions {
		err := os.Rename(filepath.Join(dir, fileName+end), filepath.Join(dir, name+end))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	// What is kept too much is no reason not to go on.
	_ = removeOldest(dir)
	return name, nil
}

// asideName is how setAside calls a database; its parts are the time and the end
// of a companion.
var asideName = regexp.MustCompile(`^` + regexp.QuoteMeta(fileName) + `\.[a-z]+-([0-9]{8}T[0-9.]+)(-wal|-shm)?$`)

// removeOldest leaves but the newest of the databases that were set aside.
func removeOldest(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	files := make(map[string][]string) // by time
	for _, e := range entries {
		if m := asideName.FindStringSubmatch(e.Name()); m != nil {
			files[m[1]] = append(files[m[1]], e.Name())
		}
	}
	times := slices.Sorted(maps.Keys(files))
	for _, t := range times[:max(0, len(times)-keepAside)] {
		for _, name := range files[t] {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
