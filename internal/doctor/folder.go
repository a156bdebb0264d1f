package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"imgwatchd/internal/config"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
)

// A folder is a drop folder under examination.
type folder struct {
	*examination
	pipeline.Folder
	watch watcher.Options
	root  string // where Root leads
	tree  tree
}

// checkPaths says which folders are missing or may not be used by who asks.
func (e *examination) checkPaths() {
	s := e.about("paths", "")
	if e.who.stranger() {
		s.skipped("what %s may use is not for %s to say", e.who.name, userName(os.Geteuid()))
		return
	}
	err := e.Config.CheckPaths()
	var faults config.Faults
	if !errors.As(err, &faults) {
		s.ok("every folder of the configuration is there, or can be made, and can be used")
		return
	}
	for _, f := range faults {
		s.fail(f.Help, "%s: %s", f.Path, f.Problem)
	}
}

func (e *examination) checkFolders() {
	watches := e.Config.Watchers()
	e.counted = true
	for i, f := range e.Config.Pipeline().Folders {
		root, err := filepath.EvalSymlinks(f.Root)
		if err != nil {
			e.about("folder", f.Name).skipped("%v", err)
			continue
		}
		x := &folder{examination: e, Folder: f, watch: watches[i], root: root}
		x.look()
		x.checkFilesystem()
		x.checkOwner()
		x.checkReadable()
		x.checkClock()
		x.checkLease()
		x.checkRenames()
		x.checkSpace(f.Name, "output", f.Output)
	}
}

// A target is a folder that files are put into.
type target struct{ key, dir string }

func (f *folder) targets() []target {
	ts := []target{{"output.dir", f.Output}}
	return append(ts, f.movedTo()...)
}

// movedTo returns where sources go.
func (f *folder) movedTo() []target {
	var ts []target
	if f.OnSuccess == pipeline.Move {
		ts = append(ts, target{"archive_dir", f.Archive})
	}
	if f.OnFailure == pipeline.Move {
		ts = append(ts, target{"failed_dir", f.Failed})
	}
	return ts
}

// checkFilesystem says whether changes are noticed by events or by polling, and why.
func (f *folder) checkFilesystem() {
	s := f.about("filesystem", f.Name)
	m, known := mountOf(f.mounts, f.root)
	kind := "an unknown filesystem"
	if known {
		kind = fmt.Sprintf("%s, mounted at %s", m.kind, m.at)
	}
	remote := watcher.Remote(f.root)
	switch {
	case f.watch.Mode == watcher.Poll:
		s.ok("on %s; polled every %v, because of mode: poll", kind, f.watch.PollInterval)
	case remote != "" && f.watch.Mode == watcher.Events:
		s.warn("set mode: auto, unless files are dropped on this machine only",
			"on %s; mode: events waits for events, but %s sends none for what other machines drop", kind, remote)
	case remote != "":
		s.ok("on %s; polled every %v, because %s sends no events for what other machines drop", kind, f.watch.PollInterval, remote)
	default:
		s.ok("on %s; changes come as events", kind)
	}
	f.checkMountsBelow(s)
}

func (f *folder) checkMountsBelow(s subject) {
	if !f.watch.Recursive {
		return
	}
	for _, m := range mountsBelow(f.mounts, f.root) {
		how := "changes come as events"
		if remote := watcher.Remote(m.at); remote != "" || f.watch.Mode == watcher.Poll {
			how = fmt.Sprintf("polled every %v", f.watch.PollInterval)
		}
		s.ok("in it, %s is mounted at %s; %s", m.kind, m.at, how)
	}
}

// existing returns the nearest folder at or above dir that is there.
func existing(dir string) string {
	for dir != "/" {
		if fi, err := os.Stat(dir); err == nil && fi.IsDir() {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// sample writes up to three names, and how many there are.
func sample(names []string, all int) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	text := strings.Join(quoted, ", ")
	if all > len(names) {
		text += fmt.Sprintf(" and %d more", all-len(names))
	}
	return text
}
