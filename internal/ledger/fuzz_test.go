package ledger

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

// FuzzOpen opens any bytes as a ledger, with any bytes as its write-ahead log. Whatever
// they are, the ledger opens or says why not, and one that opens works: what is recorded
// is settled, and is still so after a restart.
func FuzzOpen(f *testing.F) {
	quickTime, fullTime = 200*time.Millisecond, 100*time.Millisecond // for databases that claim to be endless
	sound, log := soundLedger(f)
	f.Add(sound, []byte(nil))
	f.Add(sound, log)
	f.Add(sound[:len(sound)/2], log)
	f.Add(sound[:4096], log[:len(log)/2])
	f.Add([]byte(nil), log)
	f.Add([]byte("SQLite format 3\x00"), []byte("\x37\x7f\x06\x82"))
	f.Fuzz(func(t *testing.T, db, wal []byte) {
		if len(db)+len(wal) > 1<<20 {
			return
		}
		dir := t.TempDir()
		writeFile(t, filepath.Join(dir, fileName), db)
		if len(wal) > 0 {
			writeFile(t, filepath.Join(dir, fileName+"-wal"), wal)
		}
		for range 2 {
			useLedger(t, dir)
		}
	})
}

// useLedger opens the ledger in dir, asks it everything, and records in it.
func useLedger(t *testing.T, dir string) {
	l, err := Open(dir, Options{})
	if err != nil {
		t.Fatalf("a bad database is in the way: %v", err)
	}
	stop := l.Start()
	defer func() {
		if err := stop(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	// Damage may show in any of these; that is what the record at the end mends.
	_ = l.TakeOver(Crashed)
	l.Settled(file, photos())
	_, _ = l.Recall(file, photos())
	l.MadeFrom("/out/a.jpg_web")
	_, _ = l.Own(made("a.jpg", "web")[0].Fingerprint)
	_, _ = l.Failed(t.Context())
	_, _, _ = l.Find("/in/a.jpg")
	_ = l.Begin(file, photos())
	if err := l.Record(done(file, "thumb", "web"), photos()); err != nil {
		t.Fatalf("record: %v", err)
	}
	if !l.Settled(file, photos()) {
		t.Error("what was recorded is not settled")
	}
	other := file
	other.Fingerprint.Size++
	if l.Settled(other, photos()) {
		t.Error("another file is settled")
	}
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o640); err != nil {
		t.Fatal(err)
	}
}

// soundLedger returns the bytes of a ledger in use, and of its write-ahead log.
func soundLedger(f *testing.F) (db, wal []byte) {
	dir := f.TempDir()
	l, err := Open(dir, Options{})
	if err != nil {
		f.Fatal(err)
	}
	stop := l.Start()
	for _, end := range []job.Outcome{done(file, "thumb", "web"), failed(job.Job{Path: "b.jpg"}, job.Malformed)} {
		if err := l.Record(end, photos()); err != nil {
			f.Fatal(err)
		}
	}
	if _, err := l.store.tx.exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		f.Fatal(err)
	}
	if err := l.Record(done(job.Job{Path: "c.jpg"}, "thumb", "web"), photos()); err != nil {
		f.Fatal(err)
	}
	read := func(end string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, fileName+end))
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	db, wal = read(""), read("-wal")
	if err := stop(); err != nil {
		f.Fatal(err)
	}
	return db, wal
}
