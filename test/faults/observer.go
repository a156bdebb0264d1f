package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // what renditions may be
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	"golang.org/x/sys/unix"

	"imgwatchd/internal/atomicfile"
)

// interval is how often an observer looks: twice as often as the criterion asks.
const interval = 5 * time.Millisecond

// An observer looks into output folders again and again, as a user's program might, and decodes
// whatever is new or changed under a final name to its end. What does not
// decode whole is a partial file.
type observer struct {
	dirs   []string
	seen   map[string]map[string]stamp // by directory and name
	end    chan struct{}
	joined sync.WaitGroup
	found  chan found

	began    time.Time
	took     time.Duration
	looks    int
	decoded  int
	partials []string
	trouble  []string // files that could not be read
}

// A stamp tells whether a file is another than before.
type stamp struct {
	inode         uint64
	changed, size int64
}

// found is what stood under a name at a moment.
type found struct {
	path string
	data []byte
}

// observe begins to look at directories, or the output folder when none are named.
func (s *site) observe(dirs ...string) *observer {
	if dirs == nil {
		dirs = []string{s.out}
	}
	o := &observer{dirs: dirs, seen: make(map[string]map[string]stamp), end: make(chan struct{}), found: make(chan found, 1000), began: time.Now()}
	o.joined.Go(o.watch)
	o.joined.Go(o.decode)
	s.t.cleanup(func() { o.stop() })
	return o
}

// A sight is what an observer saw until it was stopped.
type sight struct {
	looks    int
	hertz    float64  // looks in a second
	decoded  int      // files, each time that they were new or changed
	partials []string // with the reason
	trouble  []string // files that could not be read, with the reason
}

// stop ends the looking, after one last look, and returns what was seen. Further
// calls return the same.
func (o *observer) stop() sight {
	select {
	case <-o.end:
	default:
		close(o.end)
	}
	o.joined.Wait()
	return sight{o.looks, float64(o.looks) / o.took.Seconds(), o.decoded, o.partials, o.trouble}
}

// judge notes what an observer saw that must not be.
func (s sight) judge(t *trial) {
	if len(s.partials) > 0 {
		t.failf("partial: %d times, such as %s", len(s.partials), s.partials[0])
	}
	if len(s.trouble) > 0 {
		t.failf("observe: %s", slices.Compact(s.trouble)[0])
	}
	t.expect(s.decoded > 0, "nothing was observed")
	t.expect(t.short || s.hertz >= 100, "observed only %.0f times a second", s.hertz)
}

func (o *observer) watch() {
	defer close(o.found)
	hurry()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for last := false; ; {
		for _, dir := range o.dirs {
			o.look(dir)
		}
		o.looks++
		o.took = time.Since(o.began)
		if last {
			return
		}
		select {
		case <-tick.C:
		case <-o.end:
			last = true
		}
	}
}

// hurry gives the goroutine a thread of its own that goes before the rest of the machine,
// where that is allowed. Where it is not, the rate of looks says what it cost.
func hurry() {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), -15)
}

// look reads what is new below a directory. What vanishes meanwhile is passed over.
// There may be thousands of files and there are but milliseconds: hence the bare
// system calls.
func (o *observer) look(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		o.worry(dir, err)
		return
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	o.worry(dir, err)
	seen := o.seen[dir]
	if seen == nil {
		seen = make(map[string]stamp)
		o.seen[dir] = seen
	}
	fd := int(f.Fd())
	for _, name := range names {
		if strings.HasPrefix(name, atomicfile.TempPrefix) || strings.HasSuffix(name, ".error.json") {
			continue
		}
		var st unix.Stat_t
		err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW)
		switch now := (stamp{st.Ino, st.Mtim.Nano(), st.Size}); {
		case err != nil:
			o.worry(filepath.Join(dir, name), err)
		case st.Mode&unix.S_IFMT == unix.S_IFDIR:
			o.look(filepath.Join(dir, name))
		case seen[name] != now:
			o.read(dir, name)
		}
	}
}

// read takes down what stands under a name now. Decoding it can wait.
func (o *observer) read(dir, name string) {
	path := filepath.Join(dir, name)
	f, err := os.Open(path)
	if err != nil {
		o.worry(path, err)
		return
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		o.worry(path, err)
		return
	}
	o.seen[dir][name] = stampOf(fi)
	data, err := io.ReadAll(f)
	if err != nil {
		o.worry(path, err)
		return
	}
	o.found <- found{path, data}
}

func (o *observer) worry(path string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) && len(o.trouble) < 1000 {
		o.trouble = append(o.trouble, err.Error())
	}
}

func (o *observer) decode() {
	for f := range o.found {
		o.decoded++
		if err := whole(f.data); err != nil {
			o.partials = append(o.partials, fmt.Sprintf("%s: %d bytes: %v", f.path, len(f.data), err))
		}
	}
}

// whole returns why data is no whole picture.
func whole(data []byte) error {
	_, _, err := image.Decode(bytes.NewReader(data))
	return err
}

func stampOf(fi fs.FileInfo) stamp {
	return stamp{fi.Sys().(*syscall.Stat_t).Ino, fi.ModTime().UnixNano(), fi.Size()}
}
