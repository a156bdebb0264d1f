//go:build !race

package jpeg

const raced = false
