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
}

func newCache() cache {
	return cache{seed: maphash.MakeSeed(), settled: make(map[uint64]uint64)}
}

func (c *cache) has(path string, f job.Fingerprint, recipe uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, ok := c.settled[c.key(path)]
	return ok && got == c.value(f, recipe)
}

func (c *cache) add(path string, f job.Fingerprint, recipe uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for old := range c.settled {
		if len(c.settled) < maxCached {
			break
		}
		delete(c.settled, old)
	}
	c.settled[c.key(path)] = c.value(f, recipe)
}

func (c *cache) drop(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.settled, c.key(path))
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.settled)
}

func (c *cache) key(path string) uint64 { return maphash.String(c.seed, path) }

func (c *cache) value(f job.Fingerprint, recipe uint64) uint64 {
	return maphash.Comparable(c.seed, struct {
		job.Fingerprint
		recipe uint64
	}{f, recipe})
}
