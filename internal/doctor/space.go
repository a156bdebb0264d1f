package doctor

import (
	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"
)

// fewInodes is how many files a filesystem should still have room for.
const fewInodes = 10000

// checkSpace looks how much room there is where files are put.
func (e *examination) checkSpace(folder, key, dir string) {
	s := e.about("space", folder)
	var st unix.Statfs_t
	at := existing(dir)
	if err := unix.Statfs(at, &st); err != nil {
		s.skipped("%s %s: %v", key, at, err)
		return
	}
	free := st.Bavail * uint64(max(st.Bsize, 0))
	least := uint64(max(e.Config.Pipeline().MinFree, 0))
	room := humanize.IBytes(free)
	switch {
	case free < least:
		s.fail("make room, or lower limits.min_free", "%s %s has %s free, less than limits.min_free (%s): nothing is taken up", key, dir, room, humanize.IBytes(least))
	case st.Files > 0 && st.Ffree < fewInodes:
		s.warn("remove small files, or make a filesystem with more inodes", "%s %s has room for %d more files (inodes), and %s", key, dir, st.Ffree, room)
	case free < 4*least:
		s.warn("make room", "%s %s has %s free; below %s (limits.min_free) nothing is taken up", key, dir, room, humanize.IBytes(least))
	default:
		s.ok("%s %s has %s free", key, dir, room)
	}
}
