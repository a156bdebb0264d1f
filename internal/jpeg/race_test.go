//go:build race

package jpeg

// raced says that the race detector watches, which makes arithmetic many times slower.
const raced = true
