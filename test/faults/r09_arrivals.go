package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

var _ = register(scenario{
	name:      "R9",
	criterion: "rename in, directory moved in, mkdir -p a/b/c then copy (×1,000), hard link, rsync and scp temp names: 0 missed, 0 temps taken",
	run:       arrive,
})

func arrive(t *trial) {
	s := t.newSite(setup{folders: []string{"{rescan_interval: 24h, output: {durability: none}}"}}) // no scan makes up for what is missed
	d := s.serve()
	var mu sync.Mutex
	var sources []string
	var all errgroup.Group
	for way, come := range ways {
		a := arrival{in: s.in, beside: filepath.Join(s.dir, "beside", way), n: t.size(1000, 60)}
		all.Go(func() error {
			list, err := come(a)
			if err != nil {
				return fmt.Errorf("%s: %w", way, err)
			}
			mu.Lock()
			defer mu.Unlock()
			sources = append(sources, list...)
			return nil
		})
	}
	t.check(all.Wait())
	s.awaitOutputs(sources)
	d.awaitIdle()
	d.stop()

	missed := s.lost(sources)
	made := s.published()
	for _, source := range sources {
		delete(made, thumbnailOf(source))
	}
	said := s.journal.perPath(func(e event) bool { return e.Path != "" }) // whatever became of it
	for _, source := range sources {
		delete(said, source)
	}
	t.figure("ways", len(ways))
	t.figure("files", len(sources))
	t.figure("rsync", tool("rsync")() == "")
	t.figure("overflows", s.journal.count(msg("event queue overflowed, scanning the folder"))) // 0: events alone found all
	t.figure("missed", len(missed))
	t.figure("temps_taken", max(len(made), len(said)))
	t.expect(len(missed) == 0, "missed %d files, such as %.99q", len(missed), missed)
	t.expect(len(made) == 0, "%d outputs that should not be, such as those of temporary files: %.199v", len(made), made)
	t.expect(len(said) == 0, "%d files were taken up that should not be: %.199v", len(said), said)
}

// ways are those in which files come into a drop folder. Each returns the names of
// those that must be found there.
var ways = map[string]func(arrival) ([]string, error){
	"renamed": arrival.byRename,
	"moved":   arrival.byMovedDir,
	"copied":  arrival.byMkdirAndCopy,
	"linked":  arrival.byLink,
	"synced":  arrival.byRsync,
	"temps":   arrival.underTempNames,
}

// An arrival brings n files into a drop folder.
type arrival struct {
	in     string
	beside string // a directory of its own on the same filesystem
	n      int
}

// write writes picture i and makes the directories above it.
func write(path string, i int) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, tinyPicture(i%100), 0o644)
}

func (a arrival) byRename() ([]string, error) {
	list := names("renamed-%04d.jpg", 0, a.n)
	for i, name := range list {
		from := filepath.Join(a.beside, name)
		if err := errors.Join(write(from, i), os.Rename(from, filepath.Join(a.in, name))); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// byMovedDir moves trees in that hold ten files each.
func (a arrival) byMovedDir() ([]string, error) {
	var list []string
	for i := range a.n / 10 {
		tree := fmt.Sprintf("moved-%04d", i)
		for _, name := range append(names(tree+"/%d.jpg", 0, 5), names(tree+"/a/b/%d.jpg", 0, 5)...) {
			if err := write(filepath.Join(a.beside, name), i); err != nil {
				return nil, err
			}
			list = append(list, name)
		}
		if err := os.Rename(filepath.Join(a.beside, tree), filepath.Join(a.in, tree)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// byMkdirAndCopy fills new directories faster than anyone can begin to watch them.
func (a arrival) byMkdirAndCopy() ([]string, error) {
	list := names("copied-%04d/a/b/c/x.jpg", 0, a.n)
	for i, name := range list {
		if err := write(filepath.Join(a.in, name), i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// byLink links each file twice: from outside, and from what stands in the folder by then.
func (a arrival) byLink() ([]string, error) {
	var list []string
	for i := range a.n / 2 {
		from, name, twin := filepath.Join(a.beside, fmt.Sprint(i)), fmt.Sprintf("linked-%04d.jpg", i), fmt.Sprintf("twin-%04d.jpg", i)
		err := errors.Join(write(from, i), os.Link(from, filepath.Join(a.in, name)), os.Link(filepath.Join(a.in, name), filepath.Join(a.in, twin)))
		if err != nil {
			return nil, err
		}
		list = append(list, name, twin)
	}
	return list, nil
}

// byRsync has rsync copy directories: by way of hidden files beside the targets, by way of a
// hidden directory and in place. Where it is not installed nothing comes this way.
func (a arrival) byRsync() ([]string, error) {
	if tool("rsync")() != "" {
		return nil, nil
	}
	var list []string
	for i, option := range []string{"--times", "--delay-updates", "--inplace"} {
		dir := fmt.Sprintf("synced-%d", i)
		here := names(dir+"/%04d.jpg", 0, a.n/3)
		for i, name := range here {
			if err := write(filepath.Join(a.beside, name), i); err != nil {
				return nil, err
			}
		}
		said, err := exec.Command("rsync", "--recursive", option, filepath.Join(a.beside, dir), a.in).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("rsync: %w: %s", err, said)
		}
		list = append(list, here...)
	}
	return list, nil
}

// tempNames are what programs call a file that they have not received whole: rsync, WinSCP,
// browsers and others.
var tempNames = []string{".%s.aB3dEf", "%s.filepart", "%s.part", "%s.partial", "%s.crdownload", "%s.download", "%s.tmp", ".%s.swp", ".syncthing.%s.tmp", ".goutputstream-%s"}

// underTempNames writes whole pictures under temporary names, leaves them for many times the
// quiet period and renames every other one. The rest is never to be taken.
func (a arrival) underTempNames() ([]string, error) {
	temp := func(name string, i int) string {
		return filepath.Join(a.in, "temps", fmt.Sprintf(tempNames[i/2%len(tempNames)], name))
	}
	all := names("%04d.jpg", 0, a.n)
	for i, name := range all {
		if err := write(temp(name, i), i); err != nil {
			return nil, err
		}
	}
	<-time.After(time.Second)
	var list []string
	for i, name := range all {
		if i%2 == 1 {
			continue
		}
		if err := os.Rename(temp(name, i), filepath.Join(a.in, "temps", name)); err != nil {
			return nil, err
		}
		list = append(list, filepath.Join("temps", name))
	}
	return list, nil
}
