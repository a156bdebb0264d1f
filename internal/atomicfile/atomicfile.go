// Package atomicfile publishes a file whole or not at all.
//
// Whoever looks at the final name sees the former file, nothing, or the new file
// complete; never a part of it, even after SIGKILL or a power cut. When [Write]
// or [Move] returns nil with [Full] durability, the file survives a power cut
// too: its bytes were synced before it got its name, and the directory after. Many
// who publish at the same time do so in a [Group] and share these syncs.
//
// The bytes are written under a temporary name in the same directory as the
// final one. A temporary name starts with [TempPrefix]; it is removed on every
// error, and what a killed process left behind is removed by [SweepTemps].
//
// Names are slash-separated, relative to an [os.Root], clean, and may hold any
// bytes but NUL. A link in the directory part is followed while it stays inside
// the root; a link under the final name is replaced, never followed. Every
// function may be called by any number of goroutines at once, also for
// directories that do not exist yet. The caller owns and closes the roots.
//
// What is not promised: an error from the last step, syncing the directory,
// leaves the new file in place, whole but perhaps not lasting; call the job undone
// and publish it again. A directory that someone else made a moment ago is taken
// as lasting, which journalling filesystems grant. Filesystems that cannot
// sync a directory are not blamed for it. Owners and extended attributes are not
// carried over.
package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Options says how a file is published. The zero value is safe and usual.
type Options struct {
	Mode       fs.FileMode // permissions, set whatever the umask; 0: 0666 less the umask
	DirMode    fs.FileMode // likewise for directories that must be made; 0: 0777 less the umask
	ModTime    time.Time   // zero: now
	Replace    Replace     // zero: Write replaces a file under the final name, Move does not
	Durability Durability  // zero: Full

	// Same is asked by Move about the file that it is about to take: false leaves
	// it where it is and gives ErrChanged. Nil accepts any.
	Same func(fs.FileInfo) bool

	// Ready is told of the file that is about to be published, complete but for its
	// name, before anyone can see it. Nil: nobody is.
	Ready func(fs.FileInfo)
}

// Replace says what happens to a file that has the final name already. Its zero
// value leaves the choice to the function.
type Replace int

const (
	Overwrite Replace = iota + 1 // the new file takes its place
	NoReplace                    // it stays, and publishing fails with fs.ErrExist
)

// Durability says what a power cut may take away.
type Durability int

const (
	Full Durability = iota // nothing that was published
	None                   // anything of the last half minute or so, and it may leave a file empty
)

// Write publishes data under name, below root, and makes the directories that
// are missing on the way.
func Write(root *os.Root, name string, data []byte, o Options) error {
	var alone Group
	return alone.Write(root, name, data, o)
}

// Remove unlinks the file name below root, if same accepts it, and syncs its
// directory; else it stays, and the error is ErrChanged. A nil same accepts any. A
// link is removed itself; a directory is refused.
func Remove(root *os.Root, name string, same func(fs.FileInfo) bool) error {
	if err := remove(root, name, same); err != nil {
		return fmt.Errorf("remove %q: %w", filepath.Join(root.Name(), name), err)
	}
	return nil
}

func remove(root *os.Root, name string, same func(fs.FileInfo) bool) error {
	parent, base, err := split(name)
	if err != nil {
		return err
	}
	d, err := openDir(root, parent)
	if err != nil {
		return err
	}
	defer d.close()
	if same == nil {
		err = d.unlink(base)
	} else {
		err = d.removeSame(base, same)
	}
	if err != nil {
		return err
	}
	return d.sync()
}
