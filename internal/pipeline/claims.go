package pipeline

import (
	"hash/maphash"
	"sync"

	"imgwatchd/internal/job"
)

// maxClaims bounds how many names are remembered, at some 40 bytes each.
const maxClaims = 1 << 21

// Claims remember which source each published file was made from, so that two
// sources never replace each other's renditions in silence. They keep 64-bit hashes
// only; beyond maxClaims they forget any. They are safe for use by many goroutines
// and may outlive the pipeline that filled them; make them with NewClaims.
type Claims struct {
	seed maphash.Seed

	mu    sync.Mutex
	names map[uint64]claim // by the hash of the path
	files map[job.Fingerprint]struct{}
}

// A claim says whose a path is.
type claim struct {
	owner   owner
	writing bool // its file is being published: it may stand at any moment
}

// NewClaims returns empty claims.
func NewClaims() *Claims {
	return &Claims{seed: maphash.MakeSeed(), names: make(map[uint64]claim), files: make(map[job.Fingerprint]struct{})}
}

// maxFiles bounds the renditions that are remembered until they are on record: far more
// than can be in work.
const maxFiles = 10_000

// Publishing reports whether a file is a rendition that is about to be published, or
// was and is not on record yet.
func (c *Claims) Publishing(f job.Fingerprint) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.files[f]
	return ok
}

func (c *Claims) addFile(f job.Fingerprint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.files) >= maxFiles {
		clear(c.files)
	}
	c.files[f] = struct{}{}
}

func (c *Claims) forgetFile(f job.Fingerprint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.files, f)
}

// An owner is the hash of the absolute path of a source. Names of folders and
// presets are no part of it: they may change with the configuration.
type owner uint64

// nobody owns the names that were given back. They are remembered, so that what the
// ledger knew of them holds no more.
const nobody owner = 0

func (c *Claims) owner(source string) owner {
	return owner(maphash.String(c.seed, "source\x00"+source))
}

// holder returns who holds path, if anyone does.
func (c *Claims) holder(path string) (o owner, held bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.names[c.sum(path)]
	return was.owner, was.owner != nobody
}

// knows reports whether anything is known of path.
func (c *Claims) knows(path string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, known := c.names[c.sum(path)]
	return known
}

// remember gives path to o if nothing is known of it.
func (c *Claims) remember(path string, o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.sum(path)
	if _, known := c.names[sum]; !known {
		c.makeRoom()
		c.names[sum] = claim{owner: o}
	}
}

// take gives path to o for writing, unless it is another's: one who is writing it,
// or whose file stands reports to be there. It returns who holds the path now,
// and whether o did before. Who is given the path calls written or release.
func (c *Claims) take(path string, o owner, stands func() bool) (holder owner, before bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.sum(path)
	was := c.names[sum]
	held := was.owner != nobody
	if held && was.owner != o && (was.writing || stands()) {
		return was.owner, false
	}
	c.makeRoom()
	c.names[sum] = claim{o, true}
	return o, held && was.owner == o
}

// makeRoom forgets any names, but none that is being written.
func (c *Claims) makeRoom() {
	for old, name := range c.names {
		if len(c.names) < maxClaims {
			break
		}
		if !name.writing {
			delete(c.names, old)
		}
	}
}

// written says that o has published under path: the name is its own from now on.
func (c *Claims) written(path string, o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sum := c.sum(path); c.names[sum].owner == o {
		c.names[sum] = claim{owner: o}
	}
}

// release takes path back from o, if it is o's.
func (c *Claims) release(path string, o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sum := c.sum(path); c.names[sum].owner == o {
		c.names[sum] = claim{owner: nobody}
	}
}

func (c *Claims) sum(path string) uint64 { return maphash.String(c.seed, path) }
