package atomicfile

import "os"

// A syncer makes files lasting.
//
// A goroutine that calls fsync keeps a processor from the others, for as long as the disk
// takes: the runtime cannot tell a call that takes milliseconds from one that takes none.
// And when files are synced one after the other, the first commits the journal and each of
// the rest has the disk flush its cache once more. So where several files come together,
// the kernel is asked to sync them all at once, and the goroutine waits as it would for a
// network.
//
// The zero value is ready for use, by one goroutine at a time, and so is one that was
// closed.
type syncer struct {
	ring    *ring // nil: not needed so far, or refused
	refused bool  // the kernel gives no ring
}

// sync syncs the files and returns the answer for each. A failed sync is final: the kernel
// takes the pages for clean then, and a second sync would succeed over lost bytes.
func (s *syncer) sync(files []*os.File) []error {
	if s.ring == nil && !s.refused && len(files) > 1 {
		ring, err := newRing()
		s.ring, s.refused = ring, err != nil
	}
	if s.ring == nil {
		return syncEach(files)
	}
	answers := s.ring.sync(files)
	for i, f := range files {
		if answers[i] == errNotSynced {
			answers[i] = f.Sync()
		}
	}
	return answers
}

// close gives back what the syncer holds.
func (s *syncer) close() {
	if s.ring != nil {
		s.ring.close()
		s.ring = nil
	}
}

// syncEach syncs one file after the other.
func syncEach(files []*os.File) []error {
	answers := make([]error, len(files))
	for i, f := range files {
		answers[i] = f.Sync()
	}
	return answers
}
