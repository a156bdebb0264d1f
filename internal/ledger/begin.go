package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// unfinished is the name of a database until all of it is on the disk.
const unfinished = fileName + ".new"

// begin makes the database in dir, which has none. It has its name only once all of it is on
// the disk: no loss of power leaves one that is empty, or lacks tables.
func begin(dir string) error {
	file, temp := filepath.Join(dir, fileName), filepath.Join(dir, unfinished)
	// SQLite would take what belonged to a former one for this one's.
	err := errors.Join(removeDatabase(file), removeDatabase(temp))
	if err == nil {
		err = fill(temp)
	}
	if err == nil {
		err = os.Rename(temp, file)
	}
	if err != nil {
		_ = removeDatabase(temp) // on a disk that is sick; otherwise the next begin does it
		return fmt.Errorf("begin ledger %q: %w", file, err)
	}
	syncDir(dir)
	return nil
}

// fill makes a database of the present version, which is on the disk in the end.
func fill(file string) error {
	db, err := openDB(file, kept...)
	if err != nil {
		return err
	}
	s := &store{write: db}
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(); err != nil {
		return errors.Join(err, db.Close())
	}
	// Close would do it too, but keep quiet when it fails.
	_, err = db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	return errors.Join(err, db.Close())
}

// removeDatabase removes a database and what SQLite keeps beside it, as far as it is there.
func removeDatabase(file string) error {
	var errs []error
	for _, end := range append([]string{"-journal"}, companions...) {
		if err := os.Remove(file + end); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// syncDir makes the names in dir lasting, where its filesystem can: like SQLite, which does
// so when it makes a file beside the database, it takes no for an answer.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}
