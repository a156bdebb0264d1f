package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

var _ = register(scenario{
	name:      "R10",
	criterion: "root removed, recreated, mounted over, unmounted, swapped ×100: says degraded ≤ 5 s, recovers ≤ 10 s, 0 missed",
	needs:     []need{mounts},
	run:       uproot,
})

func uproot(t *trial) {
	const folders = 10
	rounds := t.size(10, 1)
	u := setup{folders: make([]string, folders)}
	for i := range u.folders {
		u.folders[i] = "{rescan_interval: 24h, output: {durability: none}}" // no scan makes up for what is missed
	}
	s := t.newSite(u)
	d := s.serve()
	roots := make([]*uprooted, folders)
	for i := range roots {
		roots[i] = newUprooted(d, i, rounds)
	}
	blows := 0
	for step := 0; ; step++ {
		struck := 0
		for _, r := range roots {
			struck += r.strike(step)
		}
		if struck == 0 {
			break
		}
		for _, r := range roots {
			r.recover(step)
		}
		blows += struck
	}
	d.awaitIdle()
	d.stop()

	files, missed, degraded, recovered := 0, 0, time.Duration(0), time.Duration(0)
	for _, r := range roots {
		files += len(r.sources)
		missed += len(r.lost(r.sources))
		degraded, recovered = max(degraded, r.degraded), max(recovered, r.recovered)
	}
	redone := len(repeated(s.journal.perPath(msg("done"))))
	t.figure("rounds", folders*rounds)
	t.figure("blows", blows)
	t.figure("files", files)
	t.figure("degraded_max_ms", degraded.Milliseconds())
	t.figure("recovered_max_ms", recovered.Milliseconds())
	t.figure("missed", missed)
	t.figure("redone", redone)
	t.expect(degraded <= 5*time.Second, "the folder was said to be degraded after %v", degraded)
	t.expect(recovered <= 10*time.Second, "the folder was watched again after %v", recovered)
	t.expect(missed == 0, "missed %d files", missed)
	t.expect(redone == 0, "%d files were worked on again", redone)
}

// A blow is something that happens to the root of a folder.
type blow struct {
	do     func(*uprooted) error
	stands bool // there is a root afterwards
}

// fates are what may become of a root. In the end one stands that is a plain directory.
var fates = [][]blow{
	{{(*uprooted).remove, false}, {(*uprooted).create, true}},
	{{(*uprooted).takeAway, false}, {(*uprooted).bringBack, true}},
	{{(*uprooted).removeAndCreate, true}},
	{{(*uprooted).swap, true}},
	{{(*uprooted).mount, true}, {(*uprooted).mountAnother, true}, {(*uprooted).unmount, true}},
}

// An uprooted is a folder with the blows that its root is to take.
type uprooted struct {
	site    // with the directories of this folder
	d       *service
	folder  string
	blows   []blow
	sources []string // all that were dropped, with names that no other folder has

	standing            bool
	struck              time.Time
	degraded, recovered time.Duration // the longest that it took to be told
}

// newUprooted returns folder i of a service. Each goes through the fates in turn, beginning
// with another one.
func newUprooted(d *service, i, rounds int) *uprooted {
	r := &uprooted{site: *d.site, d: d, folder: "main" + number(i), standing: true}
	r.in, r.out = r.in+number(i), r.out+number(i)
	for round := range rounds {
		r.blows = append(r.blows, fates[(i+round)%len(fates)]...)
	}
	r.t.cleanup(func() {
		for r.unmount() == nil {
		}
	})
	return r
}

// strike has the next blow fall and drops a file at once, before the service knows. It
// returns the number of blows, which is 0 at the end.
func (r *uprooted) strike(step int) int {
	if step >= len(r.blows) {
		return 0
	}
	r.struck = time.Now()
	r.t.check(r.blows[step].do(r))
	if r.blows[step].stands {
		r.t.check(r.put(r.in))
	}
	return 1
}

// recover waits for what the service must say and do after a blow.
func (r *uprooted) recover(step int) {
	if step >= len(r.blows) {
		return
	}
	if r.standing {
		r.degraded = max(r.degraded, r.told("folder degraded"))
	}
	r.standing = r.blows[step].stands
	if !r.standing {
		return
	}
	r.recovered = max(r.recovered, r.told("folder watched"))
	r.t.check(r.put(r.in))
	r.awaitOutputs(r.sources)
}

// told waits until the service says something of the folder and returns how long that took.
func (r *uprooted) told(what string) time.Duration {
	e := r.d.await(what+" of "+r.folder, func(e event) bool {
		return e.Msg == what && e.Folder == r.folder && e.at.After(r.struck)
	})
	return e.at.Sub(r.struck)
}

// put drops a new file into a directory that is the root, or is to become it.
func (r *uprooted) put(dir string) error {
	name := fmt.Sprintf("sub/%s-%d.jpg", r.folder, len(r.sources))
	r.sources = append(r.sources, name)
	return dropInto(dir, name, tinyPicture(len(r.sources)))
}

func (r *uprooted) remove() error { return os.RemoveAll(r.in) }
func (r *uprooted) create() error { return os.Mkdir(r.in, 0o755) }

func (r *uprooted) removeAndCreate() error { return errors.Join(r.remove(), r.create()) }

// takeAway renames the root and drops a file into it.
func (r *uprooted) takeAway() error { return errors.Join(os.Rename(r.in, r.aside()), r.put(r.aside())) }

func (r *uprooted) bringBack() error { return os.Rename(r.aside(), r.in) }

// aside is where a root is that is none.
func (r *uprooted) aside() string { return filepath.Join(r.dir, "aside-"+r.folder) }

// swap puts another directory with a file in the place of the root.
func (r *uprooted) swap() error {
	next := r.aside() + "-next"
	return errors.Join(r.put(next), os.Rename(r.in, r.aside()), os.Rename(next, r.in), os.RemoveAll(r.aside()))
}

func (r *uprooted) mount() error { return unix.Mount("faults", r.in, "tmpfs", 0, "size=1m") }

// unmount does so though the service has the root open.
func (r *uprooted) unmount() error { return unix.Unmount(r.in, unix.MNT_DETACH) }

func (r *uprooted) mountAnother() error { return errors.Join(r.unmount(), r.mount()) }
