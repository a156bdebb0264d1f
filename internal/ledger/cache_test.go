package ledger

import "testing"

// TestStaleAnswer adds what was looked up before an edit.
func TestStaleAnswer(t *testing.T) {
	for name, edit := range map[string]func(*cache){
		"drop":  func(c *cache) { c.drop("/in/a.jpg") },
		"clear": func(c *cache) { c.clear() },
	} {
		c := newCache()
		_, before := c.has("/in/a.jpg", file.Fingerprint, 1)
		edit(&c)
		if c.add("/in/a.jpg", file.Fingerprint, 1, before); settled(&c) {
			t.Errorf("%s: a stale answer was taken", name)
		}
		_, now := c.has("/in/a.jpg", file.Fingerprint, 1)
		if c.add("/in/a.jpg", file.Fingerprint, 1, now); !settled(&c) {
			t.Errorf("%s: a fresh answer was not taken", name)
		}
	}
}

func settled(c *cache) bool {
	known, _ := c.has("/in/a.jpg", file.Fingerprint, 1)
	return known
}
