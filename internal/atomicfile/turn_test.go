package atomicfile

import (
	"sync"
	"testing"
)

// One at a time has the turn of a directory; those of other directories do not wait for
// it, and in the end nothing is left.
func TestTurns(t *testing.T) {
	var ts turns
	held := map[string]int{}
	var all sync.WaitGroup
	for range 8 {
		for _, dir := range []string{"a", "b"} {
			all.Go(func() {
				for range 1000 {
					u := ts.join(dir)
					giveBack := u.take()
					ts.mu.Lock()
					held[dir]++
					n := held[dir]
					ts.mu.Unlock()
					if n != 1 {
						t.Errorf("%d have the turn of %q", n, dir)
					}
					ts.mu.Lock()
					held[dir]--
					ts.mu.Unlock()
					giveBack()
					ts.leave(dir)
				}
			})
		}
	}
	a := ts.join("c")
	defer ts.leave("c")
	defer a.take()()
	b := ts.join("d")
	b.take()()
	ts.leave("d")
	all.Wait()
	if len(ts.dirs) != 1 {
		t.Errorf("left: %v", ts.dirs)
	}
}
