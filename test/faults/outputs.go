package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"imgwatchd/internal/atomicfile"
)

// awaitOutputs waits until the thumbnail of every source is there.
func (s *site) awaitOutputs(sources []string) {
	missing := sources
	s.t.until("the outputs", func() bool {
		for len(missing) > 0 && s.has(missing[0]) {
			missing = missing[1:]
		}
		return len(missing) == 0
	})
}

// has reports whether the thumbnail of a source is there, whole or not.
func (s *site) has(source string) bool {
	_, err := os.Lstat(filepath.Join(s.out, thumbnailOf(source)))
	return err == nil
}

// lost returns the sources that have no whole thumbnail.
func (s *site) lost(sources []string) []string {
	var lost []string
	for _, source := range sources {
		data, err := os.ReadFile(filepath.Join(s.out, thumbnailOf(source)))
		if err != nil || whole(data) != nil {
			lost = append(lost, source)
		}
	}
	return lost
}

// published returns the files below the output folder that stand under a final name,
// by their path below it.
func (s *site) published() map[string]stamp {
	all := make(map[string]stamp)
	s.t.check(eachFile(s.out, func(path string, e fs.DirEntry) error {
		if strings.HasPrefix(e.Name(), atomicfile.TempPrefix) {
			return nil
		}
		fi, err := e.Info()
		if err == nil {
			all[path] = stampOf(fi)
		}
		return ignoreMissing(err)
	}))
	return all
}

// temps returns the temporary files that were left in any folder of the site.
func (s *site) temps() []string {
	var temps []string
	s.t.check(eachFile(s.dir, func(path string, e fs.DirEntry) error {
		if strings.HasPrefix(e.Name(), atomicfile.TempPrefix) {
			temps = append(temps, path)
		}
		return nil
	}))
	return temps
}

// sums returns the SHA-256 of every file below a directory by its path below it.
// Temporary files are left out.
func (t *trial) sums(dir string) map[string]string {
	sums := make(map[string]string)
	t.check(eachFile(dir, func(path string, e fs.DirEntry) error {
		if strings.HasPrefix(e.Name(), atomicfile.TempPrefix) {
			return nil
		}
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err == nil {
			sum := sha256.Sum256(data)
			sums[path] = hex.EncodeToString(sum[:])
		}
		return ignoreMissing(err)
	}))
	return sums
}

// eachFile calls do for all below dir that is no directory, with its path below it, which
// need not be UTF-8.
func eachFile(dir string, do func(path string, e fs.DirEntry) error) error {
	dir = filepath.Clean(dir) + "/" // a link to a directory is followed
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreMissing(err)
		}
		return do(strings.TrimPrefix(path, dir), e)
	})
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// compare returns how many files of want are the same in got, and the names of those
// that differ, are missing or should not be there.
func compare(got, want map[string]string) (same int, different []string) {
	for name, sum := range want {
		if got[name] == sum {
			same++
		} else {
			different = append(different, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			different = append(different, name)
		}
	}
	return same, different
}

// reference returns the sums of what an undisturbed service makes of sources, on a
// site of its own with the same setup.
func (t *trial) reference(u setup, sources map[string][]byte) map[string]string {
	s := t.newSite(u)
	list := make([]string, 0, len(sources))
	for name, data := range sources {
		s.drop(name, data)
		list = append(list, name)
	}
	d := s.serve()
	s.awaitOutputs(list)
	d.stop()
	return t.sums(s.out)
}
