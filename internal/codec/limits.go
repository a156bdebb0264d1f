package codec

import "math"

// Limits bound what is accepted. A file beyond one of them is too large,
// whatever else may be wrong with it.
type Limits struct {
	MaxFileSize int64 // bytes; 0: 256 MiB
	MaxPixels   int64 // width × height; 0: 268402689, which is 16383 squared, the largest WebP
	MaxFrames   int   // frames or pages; 0: 1000
}

// DefaultLimits returns the limits that the zero Limits stand for.
func DefaultLimits() Limits { return Limits{}.applyDefaults() }

// unlimited is for a second look at a file that has passed its limits.
var unlimited = Limits{math.MaxInt64, math.MaxInt64, math.MaxInt}

func (l Limits) applyDefaults() Limits {
	if l.MaxFileSize <= 0 {
		l.MaxFileSize = 256 << 20
	}
	if l.MaxPixels <= 0 {
		l.MaxPixels = 16383 * 16383
	}
	if l.MaxFrames <= 0 {
		l.MaxFrames = 1000
	}
	return l
}

// checkFile judges the size of the file in bytes.
func (l Limits) checkFile(size int64) error {
	if size > l.MaxFileSize {
		return tooLarge("file of %d bytes is beyond the limit of %d", size, l.MaxFileSize)
	}
	return nil
}

// checkSize judges the size of the picture. Each side is at most 32 bits wide in
// every container, so that the product cannot overflow.
func (l Limits) checkSize(w, h int64) error {
	switch {
	case w < 1 || h < 1:
		return malformed("picture of %d×%d pixels", w, h)
	case uint64(w)*uint64(h) > uint64(l.MaxPixels):
		return tooLarge("picture of %d×%d pixels is beyond the limit of %d", w, h, l.MaxPixels)
	}
	return nil
}

// checkFrames judges a count of frames that may still be growing.
func (l Limits) checkFrames(n int64) error {
	if n > int64(l.MaxFrames) {
		return tooLarge("more than %d frames", l.MaxFrames)
	}
	return nil
}
