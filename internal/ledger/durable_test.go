package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgwatchd/internal/job"
)

func TestTakeOver(t *testing.T) {
	dir := t.TempDir()
	for i, test := range []struct {
		former End
		want   int
	}{{Stopped, 0}, {Crashed, 1}, {Crashed, 2}, {Stopped, 2}} {
		l := open(t, dir, Options{})
		if err := l.TakeOver(test.former); err != nil {
			t.Fatal(err)
		}
		if past := l.past(file, photos()); past.Crashes != test.want {
			t.Errorf("start %d: %d crashes, want %d", i, past.Crashes, test.want)
		}
		if i > 0 {
			if e := l.entry("/in/a.jpg"); e.State != job.Queued {
				t.Errorf("start %d: %s", i, e.State)
			}
		}
		l.begin(file, photos())
		l.stop()
	}
	l := open(t, dir, Options{})
	l.record(done(file, "thumb", "web"), photos())
	if past := l.past(file, photos()); past.Crashes != 0 {
		t.Errorf("a source that was done is suspected of %d crashes", past.Crashes)
	}
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, Options{})
	_, err := Open(dir, Options{})
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second ledger: %v", err)
	}
	l.stop()
	open(t, dir, Options{})
}

func TestClosed(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	l.stop()
	if err := l.Record(done(file), photos()); !errors.Is(err, ErrClosed) {
		t.Errorf("recorded in a closed ledger: %v", err)
	}
	if err := l.Begin(file, photos()); !errors.Is(err, ErrClosed) {
		t.Errorf("began in a closed ledger: %v", err)
	}
}

// TestFailedWrite names the file that cannot be written: SQLite does not.
func TestFailedWrite(t *testing.T) {
	d := open(t, t.TempDir(), Options{})
	cause := errors.New("no luck")
	err := d.update(func(*tx) error { return cause })
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), filepath.Join(d.Dir(), fileName)) {
		t.Error(err)
	}
	if told := d.told(); len(told) != 1 || !strings.Contains(told[0], fileName) {
		t.Errorf("told %q", told)
	}
}

// TestSetAside opens databases that cannot be used.
func TestSetAside(t *testing.T) {
	whole := t.TempDir()
	l := open(t, whole, Options{})
	for i := range 200 {
		j := file
		j.Path = fmt.Sprintf("%03d.jpg", i)
		l.record(done(j, "thumb", "web"), photos())
	}
	l.stop()
	sound, err := os.ReadFile(filepath.Join(whole, fileName))
	if err != nil {
		t.Fatal(err)
	}
	garbled := bytes.Clone(sound)
	for i := 5000; i < len(garbled); i += 97 {
		garbled[i] ^= 0xff
	}
	newer := bytes.Clone(sound)
	newer[63] = 99 // user_version
	negative := bytes.Clone(sound)
	negative[60] = 0xff
	older := bytes.Clone(sound)
	older[63] = 0
	for _, test := range []struct {
		name string
		data []byte
		kind string
	}{
		{"empty", nil, "empty"},
		{"text", []byte("This is no database.\n"), "damaged"},
		{"zeros", make([]byte, 8192), "damaged"},
		{"cut after the header", sound[:100], "damaged"},
		{"cut in half", sound[:len(sound)/2], "damaged"},
		{"cut within a page", sound[:len(sound)-1000], "damaged"},
		{"bits turned over", garbled, "damaged"},
		{"newer version", newer, "newer"},
		{"negative version", negative, "damaged"},
		{"older version with later tables", older, "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, fileName), test.data, 0o640); err != nil {
				t.Fatal(err)
			}
			l := open(t, dir, Options{})
			if told := l.told(); len(told) != 1 || !strings.Contains(told[0], "set aside as "+fileName+"."+test.kind+"-") {
				t.Fatalf("told %q", told)
			}
			aside, _ := filepath.Glob(filepath.Join(dir, fileName+"."+test.kind+"-*"))
			if len(aside) == 0 {
				t.Fatal("nothing was set aside")
			}
			if kept, err := os.ReadFile(aside[0]); err != nil || test.kind == "newer" && kept[63] != 99 {
				t.Errorf("%s has lost its version: %v", aside[0], err)
			}
			l.record(done(file, "thumb", "web"), photos())
			if !l.Settled(file, photos()) {
				t.Error("the new ledger does not work")
			}
		})
	}
}

func TestAsideIsBounded(t *testing.T) {
	dir := t.TempDir()
	for range 2 * keepAside {
		if err := os.WriteFile(filepath.Join(dir, fileName), []byte("nonsense"), 0o640); err != nil {
			t.Fatal(err)
		}
		open(t, dir, Options{}).stop()
	}
	aside, err := filepath.Glob(filepath.Join(dir, fileName+".damaged-*"))
	if err != nil || len(aside) != keepAside {
		t.Errorf("%d databases are kept aside, %v", len(aside), err)
	}
}

// TestDamageInUse damages the file under a ledger that is open.
func TestDamageInUse(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, Options{})
	l.record(done(file, "thumb", "web"), photos())
	if _, err := l.store.tx.exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	damage(t, dir)
	if _, err := l.store.tx.exec(`PRAGMA shrink_memory`); err != nil { // or the damage would be hidden for long
		t.Fatal(err)
	}
	l.cache.clear()
	other := file
	other.Path = "b.jpg"
	l.record(done(other, "thumb", "web"), photos())
	if told := l.told(); len(told) != 1 || !strings.Contains(told[0], "set aside") {
		t.Errorf("told %q", told)
	}
	if !l.Settled(other, photos()) || l.Settled(file, photos()) {
		t.Error("the new ledger does not hold what was recorded last, and that only")
	}
}

func TestMigration(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, Options{})
	l.record(done(file, "thumb", "web"), photos())
	l.stop()
	former := migrations
	defer func() { migrations = former }()
	migrations = append(migrations[:len(migrations):len(migrations)], `ALTER TABLE sources ADD COLUMN color TEXT NOT NULL DEFAULT 'red';`)
	l = open(t, dir, Options{})
	var version int
	if err := l.store.read.QueryRow(`PRAGMA user_version`).Scan(&version); err != nil || version != len(migrations) {
		t.Errorf("version %d, %v", version, err)
	}
	if !l.Settled(file, photos()) || len(l.told()) > 0 {
		t.Errorf("the migrated ledger has forgotten; told %q", l.told())
	}
}

// TestNewIDs forgets the newest sources, of which SQLite would use the IDs again.
func TestNewIDs(t *testing.T) {
	dir := t.TempDir()
	oldLedger(t, dir, 3, "/in/a.jpg", "/in/b.jpg")
	l := open(t, dir, Options{})
	if e := l.entry("/in/a.jpg"); e.ID != 1 || e.State != job.Done || len(l.told()) > 0 {
		t.Fatalf("after the migration: %+v, told %q", e, l.told())
	}
	newest := l.entry("/in/b.jpg").ID
	add := func(how, name string) {
		t.Helper()
		j := file
		j.Path = name
		l.record(done(j, "thumb", "web"), photos())
		id := l.entry("/in/" + name).ID
		if id <= newest {
			t.Errorf("%s: %s has the ID %d, the newest before had %d", how, name, id, newest)
		}
		newest = id
	}
	forget := func(name string) {
		t.Helper()
		if err := l.Forget("/in/" + name); err != nil {
			t.Fatal(err)
		}
	}
	forget("b.jpg")
	add("forgotten", "c.jpg")
	forget("c.jpg")
	l.stop()
	l = open(t, dir, Options{})
	add("restarted", "d.jpg")
	if _, err := l.ForgetBelow("/in"); err != nil {
		t.Fatal(err)
	}
	l.begin(file, photos())
	add("all forgotten", "a.jpg")
	l.stop()
	damage(t, dir)
	l = open(t, dir, Options{})
	add("begun anew", "e.jpg")
}

// oldLedger makes a ledger of an older version, with sources that are done.
func oldLedger(t *testing.T, dir string, version int, paths ...string) {
	t.Helper()
	former := migrations
	defer func() { migrations = former }()
	migrations = migrations[:version]
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		_, err := s.tx.exec(`
			INSERT INTO sources (path, folder, size, mtime, inode, state, ended, seen)
			VALUES (?, 'photos', 1, 2, 3, 'done', 1, 1)`, path)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

// TestManyWriters holds that everyone gets the result of his own write.
func TestManyWriters(t *testing.T) {
	l := open(t, t.TempDir(), Options{})
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for i := range 20 {
				j := file
				j.Path = fmt.Sprintf("%d/%d.jpg", w, i)
				l.begin(j, photos())
				if err := l.Record(done(j, "thumb", "web"), photos()); err != nil {
					t.Error(err)
				}
				if !l.Settled(j, photos()) {
					t.Errorf("%s is not settled", j.Path)
				}
				if err := l.Forget("/nowhere"); !errors.Is(err, ErrUnknown) {
					t.Errorf("forgetting nothing: %v", err)
				}
			}
		})
	}
	all.Wait()
	if counts, err := l.Count(); err != nil || counts[job.Done] != 320 {
		t.Errorf("counted %v, %v", counts, err)
	}
}

func TestPruneOld(t *testing.T) {
	in := t.TempDir()
	r := photos()
	r.Root = in
	l := open(t, t.TempDir(), Options{Keep: time.Hour})
	for _, name := range []string{"stands.jpg", "vanished.jpg", "archived.jpg"} {
		j := file
		j.Path = name
		l.record(done(j, "thumb", "web"), r)
	}
	if err := os.WriteFile(filepath.Join(in, "stands.jpg"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	l.left(filepath.Join(in, "archived.jpg"), "/archive/archived.jpg")
	l.stop()

	l = open(t, l.dir, Options{Keep: 24 * time.Hour})
	l.SetBounds(time.Hour, 0)
	l.stopRun(func() {
		l.prune(time.Now())
		if counts, _ := l.Count(); counts[job.Done] != 3 {
			t.Errorf("%v before the time", counts)
		}
		l.prune(time.Now().Add(2 * time.Hour))
	})
	for name, want := range map[string]bool{"stands.jpg": true, "vanished.jpg": false, "archived.jpg": false} {
		if _, ok, err := l.Find(filepath.Join(in, name)); ok != want || err != nil {
			t.Errorf("%s is known: %v, %v", name, ok, err)
		}
	}
}

func TestPruneLarge(t *testing.T) {
	l := open(t, t.TempDir(), Options{MaxSize: 256 << 10})
	for from := 0; from < 1000; from += 100 {
		var all sync.WaitGroup
		for i := from; i < from+100; i++ {
			j := file
			j.Path = fmt.Sprintf("%04d.jpg", i)
			all.Go(func() { l.record(done(j, "thumb", "web"), photos()) })
		}
		all.Wait()
	}
	for i := 900; i < 1000; i++ {
		l.left(photos().Path(fmt.Sprintf("%04d.jpg", i)), "")
	}
	l.stopRun(func() {
		for used := int64(1 << 30); used > 256<<10; { // each takes a while at most
			l.prune(time.Now())
			var err error
			if used, err = l.used(); err != nil {
				t.Fatal(err)
			}
		}
	})
	if used, err := l.used(); err != nil || used > 256<<10 {
		t.Errorf("%d bytes are used, %v", used, err)
	}
	for name, want := range map[string]bool{"0000.jpg": false, "0899.jpg": true, "0999.jpg": false} {
		if _, ok, _ := l.Find("/in/" + name); ok != want {
			t.Errorf("%s is known: %v, want %v", name, ok, want)
		}
	}
}

// stopRun does what Run would do, in its place.
func (d *desk) stopRun(do func()) {
	d.t.Helper()
	d.flush()
	do() // Run does nothing as long as nobody writes
}
