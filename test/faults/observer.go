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
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"

	"imgwatchd/internal/atomicfile"
)

// interval is how often an observer looks: twice as often as the criterion asks.
const interval = 5 * time.Millisecond

// An observer looks into output folders again and again, as a user's program might, and decodes
// whatever is new or changed under a final name to its end. What does not
// decode whole is a partial file.
type observer struct {
	dirs   []string
	seen   map[string]stamp
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
	o := &observer{dirs: dirs, seen: make(map[string]stamp), end: make(chan struct{}), found: make(chan found, 1000), began: time.Now()}
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

// look reads what is new below a directory. What vanishes meanwhile is passed over.
func (o *observer) look(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		o.worry(dir, err)
		return
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	o.worry(dir, err)
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			o.look(path)
		case strings.HasPrefix(e.Name(), atomicfile.TempPrefix) || strings.HasSuffix(e.Name(), ".error.json"):
		default:
			if fi, err := e.Info(); err == nil && o.seen[path] != stampOf(fi) {
				o.read(path)
			}
		}
	}
}

// read takes down what stands under a name now. Decoding it can wait.
func (o *observer) read(path string) {
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
	o.seen[path] = stampOf(fi)
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
