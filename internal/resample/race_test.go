//go:build race

package resample

// raced says that the race detector watches, which makes arithmetic many times slower.
const raced = true
