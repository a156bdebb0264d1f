package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// A site is a place with a configuration where services run, one after the other as a
// rule. Its journal holds what all of them said.
type site struct {
	t       *trial
	dir     string
	in      string // drop folder
	out     string
	failed  string
	archive string
	state   string
	config  string // file
	journal *journal
	folders int // how many it has
	lives   int // services started so far
}

// newSite makes a site. It is removed when the trial ends.
func (t *trial) newSite(u setup) *site {
	if u.base == "" {
		u.base = os.TempDir()
	}
	// Short, because the path of a socket in it may have 107 bytes at most.
	dir, err := os.MkdirTemp(u.base, "faults-"+t.name+"-")
	t.check(err)
	t.cleanup(func() { t.discard(dir) })
	s := &site{t: t, dir: dir, journal: &journal{}}
	for name, at := range map[string]*string{"in": &s.in, "out": &s.out, "failed": &s.failed, "archive": &s.archive, "state": &s.state} {
		*at = filepath.Join(dir, name)
		for i := range max(1, len(u.folders)) {
			if i > 0 && name == "state" {
				break
			}
			t.check(os.Mkdir(*at+number(i), 0o755))
		}
	}
	s.config = filepath.Join(dir, "imgwatchd.yaml")
	s.configure(u)
	return s
}

// configure writes the configuration file, by a rename. The base of the setup does not count.
func (s *site) configure(u setup) {
	s.folders = max(1, len(u.folders))
	text, err := s.settings(u)
	s.t.check(err)
	next := s.config + ".next"
	s.t.check(os.WriteFile(next, text, 0o644))
	s.t.check(os.Rename(next, s.config))
}

// discard removes the directory of a site, or says where it is.
func (t *trial) discard(dir string) {
	if t.keep {
		t.logf("kept: %s", dir)
		return
	}
	if err := os.RemoveAll(dir); err != nil {
		t.failf("clean up: %v", err)
	}
}

// drop puts a file into the drop folder the polite way: it is written beside, under a
// name that is ignored, and renamed. The directories of name are made.
func (s *site) drop(name string, data []byte) { s.t.check(dropInto(s.in, name, data)) }

// dropInto is drop for any drop folder and any goroutine.
func dropInto(root, name string, data []byte) error {
	path := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf(".drop-%x", rand.Uint64()))
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// copyIn puts a file into the drop folder as cp does: in place.
func (s *site) copyIn(name string, data []byte) {
	path := filepath.Join(s.in, name)
	s.t.check(os.MkdirAll(filepath.Dir(path), 0o755))
	s.t.check(os.WriteFile(path, data, 0o644))
}

// copySlowly is copyIn in chunks with a pause after each. The file stays open meanwhile.
func (s *site) copySlowly(name string, data []byte, chunk int, pause time.Duration) {
	path := filepath.Join(s.in, name)
	s.t.check(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	s.t.check(err)
	defer f.Close()
	for len(data) > 0 {
		n := min(chunk, len(data))
		_, err := f.Write(data[:n])
		s.t.check(err)
		data = data[n:]
		s.t.pause(pause)
	}
	s.t.check(f.Close())
}

// names returns n names for sources, from number first on: pattern is for fmt,
// such as "%05d.jpg".
func names(pattern string, first, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(pattern, first+i)
	}
	return list
}
