package watcher

import (
	"errors"
	"hash/maphash"
	"io/fs"
)

// maxRefused bounds the memory for refusals. Beyond it all are forgotten, and
// told of again.
const maxRefused = 100_000

// refused remembers hashes of what was refused, so that it is told once.
type refused struct {
	seed maphash.Seed
	seen map[uint64]struct{}
}

type refusal struct {
	path string
	ino  uint64
}

func newRefused() refused {
	return refused{seed: maphash.MakeSeed(), seen: make(map[uint64]struct{})}
}

// first reports whether this is the first refusal of p with this inode.
func (r *refused) first(p string, ino uint64) bool {
	h := maphash.Comparable(r.seed, refusal{p, ino})
	if _, ok := r.seen[h]; ok {
		return false
	}
	if len(r.seen) >= maxRefused {
		clear(r.seen)
	}
	r.seen[h] = struct{}{}
	return true
}

// refuse tells of something that is neither a file nor a directory.
func (t *tree) refuse(p string, fi fs.FileInfo) {
	if t.w.refused.first(p, identityOf(fi).ino) {
		t.opts.Hooks.Refused(p, kindError(fi.Mode()))
	}
}

func kindError(m fs.FileMode) error {
	switch {
	case m&fs.ModeSymlink != 0:
		return errors.New("is a symbolic link; links are not followed")
	case m&fs.ModeNamedPipe != 0:
		return errors.New("is a named pipe, not a regular file")
	case m&fs.ModeSocket != 0:
		return errors.New("is a socket, not a regular file")
	case m&fs.ModeDevice != 0:
		return errors.New("is a device, not a regular file")
	default:
		return errors.New("is not a regular file")
	}
}
