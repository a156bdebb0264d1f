package pipeline

import (
	"hash/maphash"
	"sync"

	"imgwatchd/internal/job"
)

// maxClaims bounds how many names are remembered, at some 100 bytes each.
const maxClaims = 1 << 20

// An owner is who a name was given to.
type owner struct {
	job.Key
	preset string
}

// claims remembers which source and preset each output path belongs to, so that
// two sources never replace each other's renditions in silence. It keeps a
// 64-bit hash for each path; beyond maxClaims it forgets any. The zero value is
// ready for use by many goroutines.
type claims struct {
	mu     sync.Mutex
	seed   maphash.Seed
	owners map[uint64]owner
}

// take gives path to o unless it is another's; it returns whose it is, and
// whether it was given just now.
func (c *claims) take(path string, o owner) (holder owner, fresh bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owners == nil {
		c.seed, c.owners = maphash.MakeSeed(), make(map[uint64]owner)
	}
	sum := maphash.String(c.seed, path)
	if holder, ok := c.owners[sum]; ok {
		return holder, false
	}
	for old := range c.owners {
		if len(c.owners) < maxClaims {
			break
		}
		delete(c.owners, old)
	}
	c.owners[sum] = o
	return o, true
}

// release takes path back from o, if it is o's.
func (c *claims) release(path string, o owner) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sum := maphash.String(c.seed, path); c.owners[sum] == o {
		delete(c.owners, sum)
	}
}
