// Package dropin says what a configuration needs beyond what the unit of the service
// grants it: folders that may be written, mounts to wait for, addresses to talk to.
//
// [For] follows from the configuration and from a look at the folders: what it asks of
// the disk is whether a folder has others beside it, and on which device it is. The
// result is a drop-in of the unit, as text.
//
// A path that a unit cannot name, for it is no UTF-8 or has a control character in it,
// is an error.
package dropin

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"imgwatchd/internal/config"
	"imgwatchd/internal/pipeline"
)

// Granted are the folders that the unit lets the service write to, as it is shipped.
var Granted = []string{"/srv/imgwatchd", "/var/lib/imgwatchd", "/run/imgwatchd"}

// A Need is a folder that the service must reach.
type Need struct {
	Path   string
	Write  bool     // not only read
	Covers []string // the folders of the configuration that it stands for, itself included
}

// A Crossing is a move of sources between folders that the service sees as two
// mounts: the kernel refuses to rename, so each is copied and deleted.
type Crossing struct {
	Folder   string // whose sources they are
	From, To string
}

// A Plan is all that a configuration needs.
type Plan struct {
	Needs     []Need   // beyond Granted, sorted by path
	Mounts    []string // folders whose mounts the service waits for
	Addresses []string // that it must be allowed to talk to, as IPAddressAllow has them
	Crossings []Crossing
	Why       []string // comments about Addresses
}

// Empty reports whether the unit grants all that is needed, as it is.
func (p Plan) Empty() bool { return len(p.Needs) == 0 && len(p.Addresses) == 0 }

// A Disk answers what For asks about folders. The zero value of neither is used:
// take System, or a fake.
type Disk interface {
	// Alone reports whether everything that stands in dir leads to one of paths. A
	// dir that does not exist is alone.
	Alone(dir string, paths []string) bool
	// Device tells filesystems apart; what does not exist yet is on that of its parent.
	Device(path string) uint64
}

// For returns what a configuration needs.
func For(c *config.Config, disk Disk) Plan {
	var p Plan
	var writable, readable []string
	all := covered("/", c)
	for _, f := range c.Pipeline().Folders {
		group := moving(f)
		if len(group) == 0 {
			readable = append(readable, f.Root)
		}
		writable = append(writable, f.Output)
		writable = append(writable, together(group, all, disk)...)
		p.Mounts = append(p.Mounts, f.Root, f.Output)
		p.Mounts = append(p.Mounts, group...)
	}
	writable = append(writable, c.StateDir(), filepath.Dir(c.Socket()))
	p.Needs = needs(writable, readable, c)
	p.Crossings = Crossings(c, append(paths(p.Needs), Granted...), disk)
	p.Mounts = outermost(slices.DeleteFunc(p.Mounts, func(m string) bool { return m == "" }))
	p.Addresses, p.Why = addresses(c)
	return p
}

// moving returns the folders between which sources of f are moved, the drop folder
// first; none, when all stay where they are dropped. Deleting needs the drop folder.
func moving(f pipeline.Folder) []string {
	var group []string
	if f.OnSuccess != pipeline.Keep || f.OnFailure != pipeline.Keep {
		group = append(group, f.Root)
	}
	if f.OnSuccess == pipeline.Move {
		group = append(group, f.Archive)
	}
	if f.OnFailure == pipeline.Move {
		group = append(group, f.Failed)
	}
	return group
}

// together replaces a group by the folder that they have in common, if nothing stands in
// that but what is the configuration's and it is one filesystem: within one mount a
// source is renamed.
func together(group, all []string, disk Disk) []string {
	if len(group) < 2 || coveredBy(Granted, group) {
		return group
	}
	parent := common(group)
	if shared(parent) || !disk.Alone(parent, all) {
		return group
	}
	for _, path := range group {
		if disk.Device(path) != disk.Device(parent) {
			return group
		}
	}
	return []string{parent}
}

// common returns the deepest folder that all paths are in, or are.
func common(paths []string) string {
	parent := paths[0]
	for _, path := range paths[1:] {
		for !within(parent, path) {
			parent = filepath.Dir(parent)
		}
	}
	return parent
}

// shared reports whether dir is one of those that a system has for many purposes: it is
// never anyone's alone, however empty it is today.
func shared(dir string) bool { return slices.Contains(systemDirs, dir) }

var systemDirs = []string{
	"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/run/user", "/sbin",
	"/srv", "/sys", "/tmp", "/usr", "/usr/local", "/usr/share", "/var", "/var/lib", "/var/spool", "/var/tmp", "/var/www",
}

// needs sorts out what is granted already, and what another need covers.
func needs(writable, readable []string, c *config.Config) []Need {
	var found []Need
	for _, path := range outermost(writable) {
		if !coveredBy(Granted, []string{path}) {
			found = append(found, Need{Path: path, Write: true})
		}
	}
	for _, path := range outermost(readable) {
		if hidden(path) && !coveredBy(paths(found), []string{path}) {
			found = append(found, Need{Path: path})
		}
	}
	for i := range found {
		found[i].Covers = covered(found[i].Path, c)
	}
	slices.SortFunc(found, func(a, b Need) int { return cmp.Compare(a.Path, b.Path) })
	return found
}

// covered returns the folders of the configuration in dir.
func covered(dir string, c *config.Config) []string {
	all := []string{c.StateDir(), filepath.Dir(c.Socket())}
	for _, f := range c.Pipeline().Folders {
		all = append(all, f.Root, f.Output)
		all = append(all, moving(f)...)
	}
	all = slices.DeleteFunc(all, func(path string) bool { return !within(dir, path) })
	slices.Sort(all)
	return slices.Compact(all)
}

func paths(needs []Need) []string {
	var ps []string
	for _, n := range needs {
		ps = append(ps, n.Path)
	}
	return ps
}

// Crossings returns the moves of sources that lead from one of the mounts to another,
// though they stay on one filesystem.
func Crossings(c *config.Config, mounts []string, disk Disk) []Crossing {
	var found []Crossing
	for _, f := range c.Pipeline().Folders {
		group := moving(f)
		for i := 1; i < len(group); i++ {
			from, to := group[0], group[i]
			if mountOf(from, mounts) != mountOf(to, mounts) && disk.Device(from) == disk.Device(to) {
				found = append(found, Crossing{f.Name, from, to})
			}
		}
	}
	return found
}

// mountOf returns the innermost of mounts that path is in.
func mountOf(path string, mounts []string) string {
	best := ""
	for _, m := range mounts {
		if within(m, path) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// outermost returns paths, sorted, without those that lie in another.
func outermost(all []string) []string {
	all = slices.Clone(all)
	slices.Sort(all)
	var out []string
	for _, path := range slices.Compact(all) {
		if !coveredBy(out, []string{path}) {
			out = append(out, path)
		}
	}
	return out
}

// coveredBy reports whether each path lies in one of dirs, the same for all.
func coveredBy(dirs, paths []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		return !slices.ContainsFunc(paths, func(path string) bool { return !within(dir, path) })
	})
}

// within reports whether path is dir or lies below it.
func within(dir, path string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// hidden reports whether the unit hides path, so that not even reading is possible.
func hidden(path string) bool { return AtHome(path) || Scratch(path) }

// AtHome reports whether path is in a home, which the unit hides.
func AtHome(path string) bool {
	return coveredBy([]string{"/home", "/root", "/run/user"}, []string{path})
}

// Scratch reports whether path is where the service has an empty folder of its own.
func Scratch(path string) bool { return coveredBy([]string{"/tmp", "/var/tmp"}, []string{path}) }
