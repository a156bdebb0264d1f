package pipeline

import (
	"hash/maphash"
	"sync"
)

// maxClaims bounds how many names are remembered, at some 40 bytes each.
const maxClaims = 1 << 21

// Claims remember which source each published file was made from, so that two sources never replace each other's renditions in silence. They keep
// 64-bit hashes only; beyond maxClaims they forget any. They are safe for use by
// many goroutines and may outlive the pipeline that filled them; make them with
// NewClaims.
type Claims struct {
	seed maphash.Seed

	mu     sync.Mutex
	owners map[uint64]owner // by the hash of the path
}

// NewClaims returns empty claims.
func NewClaims() *Claims {
	return &Claims{seed: maphash.MakeSeed(), owners: make(map[uint64]owner)}
}

// An owner is the hash of the absolute path of a source. Names of folders and
// presets are no part of it: they may change with the configuration.
type owner uint64

func (c *Claims) owner(source string) owner {
	return owner(maphash.String(c.seed, "source\x00"+source))
}

// holder returns who holds path, if anyone does.
func (c *Claims) holder(path string) (o owner, held bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, held = c.owners[c.sum(path)]
	return o, held
}

// take gives path to o, unless another holds it and stands reports that the file
// is there. It returns who holds the path now, and whether o did before.
func (c *Claims) take(path string, o owner, stands func() bool) (holder owner, before bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.sum(path)
	switch holder, held := c.owners[sum]; {
	case held && holder == o:
		return o, true
	case held && stands():
		return holder, false
	}
	for old := range c.owners {
		if len(c.owners) < maxClaims {
			break
		}
		delete(c.owners, old)
	}
	c.owners[sum] = o
	return o, false
}

// release takes path back from o, if it is o's.
func (c *Claims) release(path string, o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sum := c.sum(path); c.owners[sum] == o {
		delete(c.owners, sum)
	}
}

func (c *Claims) sum(path string) uint64 { return maphash.String(c.seed, path) }
