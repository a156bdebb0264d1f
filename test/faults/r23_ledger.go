package main

import (
	crand "crypto/rand"
	endian "encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var _ = register(scenario{
	name:      "R23",
	criterion: "ledger truncated, garbage, zero bytes, another version: rebuilt, no crash loop, 0 lost; one that cannot be opened: a clear error",
	needs:     []need{root, tool("setpriv")},
	run:       breakLedgers,
})

// A breakage is what happens to a file of a ledger while no service runs.
type breakage struct {
	name  string
	file  string // what follows ledger.db in its name
	edit  func([]byte) []byte
	aside string // the word under which the ledger is set aside; "": perhaps it is
}

// never is the breakage.aside of what is no damage to the ledger.
const never = "never"

var breakages = []breakage{
	{"half", "", func(b []byte) []byte { return b[:len(b)/2] }, "damaged"},
	{"no bytes", "", func([]byte) []byte { return nil }, "empty"},
	{"zero bytes", "", func(b []byte) []byte { return make([]byte, len(b)) }, "damaged"},
	{"garbage", "", noise, "damaged"},
	{"garbage header", "", func(b []byte) []byte { return append(noise(b[:100]), b[100:]...) }, "damaged"},
	{"garbage page", "", func(b []byte) []byte { return noisy(b, 4096) }, ""},
	{"text", "", func([]byte) []byte { return []byte("# not a database\n") }, "damaged"},
	{"older version", "", func(b []byte) []byte { return version(b, 0) }, "damaged"},
	{"older version without tables", "", func([]byte) []byte { return bare() }, never},
	{"newer version", "", func(b []byte) []byte { return version(b, 1000) }, "newer"},
	{"impossible version", "", func(b []byte) []byte { return version(b, 1<<31) }, "damaged"}, // less than 0
	{"gone", "", nil, never},
	{"garbage log", "-wal", noise, never},
	{"half a log", "-wal", func(b []byte) []byte { return b[:len(b)/2] }, never},
	{"log without bytes", "-wal", func([]byte) []byte { return nil }, never},
	{"log with a wrong byte", "-wal", func(b []byte) []byte { return flipped(b, 1) }, never},
	{"log gone", "-wal", nil, never},
	{"garbage index", "-shm", noise, never},
	{"garbage journal", "-journal", func([]byte) []byte { return noise(make([]byte, 8192)) }, never},
}

// atRandom are breakages that are different each time.
var atRandom = []breakage{
	{"cut somewhere", "", func(b []byte) []byte { return b[:rand.IntN(len(b))] }, ""},
	{"wrong bytes", "", func(b []byte) []byte { return flipped(b, 1+rand.IntN(100)) }, ""},
	{"garbage somewhere", "", func(b []byte) []byte { return noisy(b, 1+rand.IntN(8192)) }, ""},
	{"log cut somewhere", "-wal", func(b []byte) []byte { return b[:rand.IntN(len(b))] }, ""},
}

// noise returns as many bytes of no meaning.
func noise(b []byte) []byte {
	noise := make([]byte, len(b))
	crand.Read(noise) // it does not fail
	return noise
}

// noisy returns b with n bytes of no meaning at a random place.
func noisy(b []byte, n int) []byte {
	n = min(n, len(b))
	at := rand.IntN(len(b) - n + 1)
	return slices.Concat(b[:at], noise(b[:n]), b[at+n:])
}

// flipped returns b with n bytes changed.
func flipped(b []byte, n int) []byte {
	for range n {
		b[rand.IntN(len(b))] ^= byte(1 + rand.IntN(255))
	}
	return b
}

// Where the header of an SQLite database holds numbers.
const (
	versionOffset = 60 // user_version
	headerSize    = 100
	pageSize      = 4096
)

func version(b []byte, n uint32) []byte {
	endian.BigEndian.PutUint32(b[versionOffset:], n)
	return b
}

// bare returns a database without tables, as an earliest version would have begun it.
func bare() []byte {
	b := make([]byte, pageSize)
	copy(b, "SQLite format 3\x00")
	endian.BigEndian.PutUint16(b[16:], pageSize)
	copy(b[18:], []byte{1, 1, 0, 64, 32, 32})              // no log; the fractions that must be
	endian.BigEndian.PutUint32(b[24:], 1)                  // changes
	endian.BigEndian.PutUint32(b[28:], 1)                  // pages
	endian.BigEndian.PutUint32(b[92:], 1)                  // changes when the number of pages was noted
	b[headerSize] = 13                                     // a leaf of a table, without cells
	endian.BigEndian.PutUint16(b[headerSize+5:], pageSize) // which would begin at the end
	return b
}

const (
	keptFiles  = 12 // done before the ledger breaks
	laterFiles = 2  // dropped in each life after that
	atOnce     = 24 // ledgers that are broken at the same time
)

func breakLedgers(t *trial) {
	all := slices.Clone(breakages)
	for i := range t.size(60, 6) {
		all = append(all, atRandom[i%len(atRandom)])
	}
	r := repairs{t: t, want: t.reference(setup{}, pictureSet(names("%d.jpg", 0, keptFiles+2*laterFiles)))}
	for batch := range slices.Chunk(all, atOnce) {
		r.try(batch)
	}
	r.refuse()
	r.judge()
}

// A broken is a site whose ledger is broken.
type broken struct {
	*site
	breakage
	d     *service // the one that lives now, or last
	times int      // that the ledger was set aside
}

// ledgerFile returns the path of a file of the site's ledger.
func (s *site) ledgerFile(end string) string { return filepath.Join(s.state, "ledger.db"+end) }

// repairs is an account of ledgers that were broken.
type repairs struct {
	t    *trial
	want map[string]string // the sums of all renditions

	cases, aside, lost, different, redone, loops, unsound, refused int
}

// try breaks the ledgers of as many sites and has each served twice after that.
func (r *repairs) try(breakages []breakage) {
	var sites []*broken
	for _, b := range breakages {
		sites = append(sites, &broken{site: r.t.newSite(setup{}), breakage: b})
	}
	r.serve(sites, 0, keptFiles)
	for _, s := range sites {
		s.smash()
	}
	for life := range 2 {
		r.serve(sites, keptFiles+life*laterFiles, laterFiles)
		for _, s := range sites {
			r.examine(s, life)
		}
	}
	for _, s := range sites {
		r.compare(s)
	}
	r.cases += len(sites)
}

// serve has every site served, with n sources dropped meanwhile, until all is done. A service
// is stopped unless the log of its ledger is to be broken next, which it would remove.
func (r *repairs) serve(sites []*broken, first, n int) {
	var services []*service
	for _, s := range sites {
		s.d = s.start()
		services = append(services, s.d)
	}
	for _, s := range sites {
		s.d.awaitWatched()
		for i, name := range names("%d.jpg", first, n) {
			s.drop(name, smallPicture(first+i))
		}
	}
	r.t.awaitIdle(services...)
	for _, s := range sites {
		if first == 0 && s.file != "" {
			s.d.kill()
		} else {
			s.d.stop()
		}
	}
}

// smash breaks the ledger.
func (s *broken) smash() {
	file := s.ledgerFile(s.file)
	if s.edit == nil {
		s.t.check(os.Remove(file))
		return
	}
	data, err := os.ReadFile(file)
	if err != nil && s.file != "-journal" { // of which there is none
		s.t.check(err)
	}
	s.t.check(os.WriteFile(file, s.edit(data), 0o600))
}

// examine looks at a life after the ledger was broken. It may be set aside once: at once, if
// it can be told, else when the damage shows. What that makes it forget is worked on by the
// life after it at the latest.
func (r *repairs) examine(s *broken, life int) {
	aside := s.d.find(says("ledger set aside"))
	r.aside += len(aside)
	s.times += len(aside)
	told := s.aside != "" && s.aside != never
	if s.times > 1 || told && s.times != 1 || s.aside == never && s.times != 0 {
		r.loops++
		r.t.failf("%s: it was set aside %d times by life %d", s.name, s.times, life)
	}
	if told && life == 0 && len(aside) == 1 {
		r.t.expect(strings.Contains(aside[0].line, "ledger.db."+s.aside+"-"), "%s: it was not set aside as %s: %s", s.name, s.aside, aside[0].line)
	}
	if n := s.d.count(msg("done")) - laterFiles; life > 0 && len(aside) == 0 && n != 0 {
		r.redone += n
		r.t.expect(s.aside == "", "%s: %d files were worked on again in life %d", s.name, n, life)
	}
	if n := s.d.count(msg("failed")); n > 0 {
		r.t.failf("%s: %d files failed", s.name, n)
	}
}

// hidden reports whether the ledger may be damaged without anyone knowing.
func (s *broken) hidden() bool { return s.aside == "" && s.times == 0 }

// compare looks at what stands in the end, and at what the ledger says of it.
func (r *repairs) compare(s *broken) {
	same, different := compare(r.t.sums(s.out), r.want)
	r.lost += len(r.want) - same
	r.different += len(different)
	r.t.expect(len(different) == 0, "%s: lost or different: %q", s.name, different)
	var paths []string
	for _, name := range names("%d.jpg", 0, len(r.want)) {
		paths = append(paths, filepath.Join(s.in, name))
	}
	b := s.readBooks(paths)
	undone := slices.DeleteFunc(paths, b.done)
	if s.aside != "" && len(undone) > 0 || !s.hidden() && b.unsound != nil {
		r.unsound++
		r.t.failf("%s: the ledger does not call done %q: %v", s.name, undone, b.unsound)
	}
}

// refuse starts services whose ledger cannot be opened, which nothing can be done about from
// here. Once it can, all is as it was.
func (r *repairs) refuse() {
	s := &broken{site: r.t.newSite(setup{}), breakage: breakage{name: "refused", aside: never}}
	r.serve([]*broken{s}, 0, keptFiles)
	file := s.ledgerFile("")
	r.refuseOnce(s, "a directory", func() error {
		if err := os.Rename(file, file+".away"); err != nil {
			return err
		}
		return os.Mkdir(file, 0o755)
	})
	r.t.check(os.Remove(file))
	r.t.check(os.Rename(file+".away", file))
	r.refuseOnce(s, "unreadable", func() error { return os.Chmod(file, 0) })
	r.refuseOnce(s, "read-only", func() error { return os.Chmod(file, 0o444) })
	r.t.check(os.Chmod(file, 0o640))
	r.serve([]*broken{s}, keptFiles, laterFiles)
	r.examine(s, 1)
}

// refuseOnce starts a service that has to end with an error which names the file.
func (r *repairs) refuseOnce(s *broken, what string, spoil func() error) {
	r.t.check(spoil())
	d := s.startWith(humble)
	e := d.wait()
	r.refused++
	r.t.logf("%s: %s", what, d.lastWords())
	r.t.expect(e == exit{code: 1}, "%s: it ended with %v", what, e)
	r.t.expect(strings.Contains(d.lastWords(), s.ledgerFile("")), "%s: the error does not name the ledger: %s", what, d.lastWords())
}

func (r *repairs) judge() {
	t := r.t
	t.figure("ledgers", r.cases)
	t.figure("set_aside", r.aside)
	t.figure("loops", r.loops)
	t.figure("lost", r.lost)
	t.figure("different", r.different)
	t.figure("redone_later", r.redone)
	t.figure("unsound", r.unsound)
	t.figure("refused", r.refused)
}
