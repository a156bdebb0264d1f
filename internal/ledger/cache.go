package ledger

import (
	"hash/maphash"
	"sync"

	"imgwatchd/internal/job"
)

// maxCached bounds the cache; an entry takes some 40 bytes.
const maxCached = 1 << 20

// A cache remembers which sources are settled, so that a scan of a large folder
// asks the database only once for each file. It may forget any.
type cache struct {
	seed maphash.Seed

	mu sync.Mutex
	// settled maps the hash of a path to the hash of the fingerprint and the recipe
	// for which it is settled. Both hashes of 64 bits would have to collide for a
	// file to be passed over by mistake.
	settled map[uint64]uint64
	// epochs count what was dropped, by the last bits of a path's hash: an answer that
	// was looked up before is too old to be added.
	epochs [256]uint64
}

func newCache() cache {
	return cache{seed: maphash.MakeSeed(), settled: make(map[uint64]uint64)}
}

// has reports whether a file is settled, and the epoch in which that is so.
func (c *cache) has(path string, f job.Fingerprint, recipe uint64) (settled bool, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.key(path)
	got, ok := c.settled[k]
	return ok && got == c.value(f, recipe), c.epochs[k%256]
}

// add adds what was looked up after has told the epoch.
func (c *cache) add(path string, f job.Fingerprint, recipe, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.key(path)
	if c.epochs[k%256] != epoch {
		return
	}
	for old := range c.settled {
		if len(c.settled) < maxCached {
			break
		}
		delete(c.settled, old)
	}
	c.settled[k] = c.value(f, recipe)
}

func (c *cache) drop(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.key(path)
	c.epochs[k%256]++
	delete(c.settled, k)
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.epochs {
		c.epochs[i]++
	}
	clear(c.settled)
}

func (c *cache) key(path string) uint64 { return maphash.String(c.seed, path) }

func (c *cache) value(f job.Fingerprint, recipe uint64) uint64 {
	return maphash.Comparable(c.seed, struct {
		job.Fingerprint
		recipe uint64
	}{f, recipe})
}
