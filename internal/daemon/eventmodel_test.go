package daemon

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/config"
)

const (
	maxSteps   = 30 // of one script; each may make two pictures
	maxSettles = 2  // in the midst of a script
	maxRestart = 4

	// longPatience is for what an event brings, and once more for a scan.
	longPatience = time.Minute
)

// The places that a script knows.
var (
	modelDirs  = []string{"d", "e", "d/f", "e/g", "e/g/h"}
	modelNames = []string{"a.png", "b.png", "c.png"}
)

// A script is a list of steps, of three bytes each: what, to which file or
// directory, and where to or how.
type script []byte

// The steps.
const (
	stepCreate byte = iota
	stepBegin
	stepProceed
	stepRename
	stepMoveDir
	stepMoveIn
	stepReplace
	stepRemove
	stepRemoveDir
	stepMoveDirIn
	stepMkdir
	stepTouch
	stepPause
	stepSettle
	stepReload
	stepRestart
	steps
)

// placeOf returns one of the places for a file.
func placeOf(b byte) string {
	name := modelNames[int(b)%len(modelNames)]
	if dir := int(b) / len(modelNames) % (len(modelDirs) + 1); dir > 0 {
		return modelDirs[dir-1] + "/" + name
	}
	return name
}

func dirOf(b byte) string { return modelDirs[int(b)%len(modelDirs)] }

// A play carries out a script on the drop folder of a running daemon.
type play struct {
	*witness
	dir      string
	house    *house // nil: the daemon is down
	settles  int
	restarts int
}

// perform carries out the whole script, lets everything come to rest, and compares
// what is there with what should be.
func perform(t *testing.T, s script) {
	dir := newDir(t)
	p := &play{witness: newDropModel(t, dir).watch(filepath.Join(dir, "out")), dir: dir}
	defer p.stop()
	p.start()
	for i := 0; i < min(len(s)/3, maxSteps); i++ {
		p.step(s[3*i]%steps, s[3*i+1], s[3*i+2])
	}
	p.finishUploads()
	p.settle()
	p.halt()
	if faults := p.missing(); len(faults) > 0 {
		t.Errorf("missing after the end:\n%s", strings.Join(faults, "\n"))
	}
	p.wantLeftAlone()
	if t.Failed() {
		t.Logf("after\n%s", p.history())
	}
}

func (p *play) start() {
	if p.house != nil {
		return
	}
	p.versions = make(map[string]int)
	for path := range p.drops {
		p.versions[path] = 1
	}
	p.house = open(p.T, p.dir, p.load, "on_failure: keep")
	p.did("start the daemon")
}

// load gives a reload the configuration that is in force.
func (p *play) load() (*config.Config, error) {
	return p.house.config("thumbnail", "on_failure: keep"), nil
}

// halt ends the daemon. Nothing may have been done more often than there was
// something new.
func (p *play) halt() {
	h := p.house
	h.close()
	p.house = nil
	p.did("stop the daemon")
	done := make(map[string]int)
	for _, e := range h.logs.FilterMessage("done").All() {
		done[e.ContextMap()["path"].(string)]++
	}
	for path, n := range done {
		if n > p.versions[path] {
			p.Errorf("%s was done %d times, there were %d versions of it", path, n, p.versions[path])
		}
	}
}

// settle waits until every whole picture has its rendition. What only a scan finds
// is a fault too, but another one.
func (p *play) settle() {
	p.start()
	faults := p.await()
	if len(faults) == 0 {
		return
	}
	p.house.daemon.Reload() // begins with a scan
	if left := p.await(); len(left) > 0 {
		p.Fatalf("missing even after a scan:\n%s\nafter\n%s", strings.Join(left, "\n"), p.history())
	}
	p.Fatalf("found by a scan only:\n%s\nafter\n%s", strings.Join(faults, "\n"), p.history())
}

// await returns what is still missing when patience ends.
func (p *play) await() []string {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(longPatience)
	for {
		faults := p.missing()
		if len(faults) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return faults
		}
	}
}

// finishUploads writes every other upload to its end and leaves the rest for ever
// as they are, which is damaged.
func (p *play) finishUploads() {
	for i, path := range p.uploads() {
		if i%2 == 0 {
			p.proceed(path, len(p.drops[path].rest))
		}
		p.drops[path].close()
	}
}

// step carries out one step, if there is anything to do it to.
func (p *play) step(what, which, how byte) {
	switch what {
	case stepCreate:
		p.create(placeOf(which))
	case stepBegin:
		p.begin(placeOf(which), []openness{kept, shut}[how%2])
	case stepProceed:
		p.withOne(p.uploads(), which, func(path string) { p.proceed(path, 1+int(how)*4) })
	case stepRename:
		p.withOne(p.paths(), which, func(path string) { p.rename(path, placeOf(how)) })
	case stepMoveDir:
		p.moveDir(dirOf(which), dirOf(how))
	case stepMoveIn:
		p.moveIn(placeOf(which), filepath.Join(p.outside, "file"))
	case stepReplace:
		p.withOne(p.paths(), which, func(path string) {
			p.moveIn(path, filepath.Join(filepath.Dir(p.path(path)), []string{".new", "new.tmp"}[how%2]))
		})
	case stepRemove:
		p.withOne(p.paths(), which, []func(string){p.remove, p.moveOut}[how%2])
	case stepRemoveDir:
		p.removeDir(dirOf(which))
	case stepMoveDirIn:
		p.moveDirIn(dirOf(which))
	case stepMkdir:
		p.mkdir(dirOf(which))
	case stepTouch:
		p.withOne(p.paths(), which, p.touch)
	case stepPause:
		pause := time.Duration(how%32) * time.Millisecond
		p.did("wait %v", pause)
		<-time.After(pause)
	default:
		p.command(what)
	}
}

// withOne does f to one of paths, if there is any.
func (p *play) withOne(paths []string, which byte, f func(string)) {
	if len(paths) > 0 {
		f(paths[int(which)%len(paths)])
	}
}

// command carries out a step that is about the daemon.
func (p *play) command(what byte) {
	switch {
	case what == stepSettle && p.settles < maxSettles:
		p.settles++
		p.settle()
		p.did("let everything settle")
	case what == stepReload && p.house != nil:
		p.house.daemon.Reload()
		p.did("reload")
	case what == stepRestart && p.restarts < maxRestart:
		p.restarts++
		if p.house == nil {
			p.start()
		} else {
			p.halt()
		}
	}
}

// scripts are what people and programs do.
var scripts = map[string]script{
	"upload in pieces": {stepBegin, 0, 1, stepPause, 0, 31, stepProceed, 0, 9, stepPause, 0, 31, stepProceed, 0, 200},
	"upload kept open": {stepBegin, 4, 0, stepPause, 0, 31, stepRename, 0, 8, stepProceed, 0, 9, stepSettle, 0, 0, stepProceed, 0, 250},
	"replace":          {stepCreate, 0, 0, stepSettle, 0, 0, stepReplace, 0, 0, stepSettle, 0, 0, stepReplace, 0, 1, stepCreate, 0, 0},
	"there and back": {stepCreate, 0, 0, stepSettle, 0, 0, stepRename, 0, 5, stepCreate, 0, 0, stepSettle, 0, 0,
		stepRemove, 0, 0, stepRename, 0, 0},
	"directories move": {stepMoveDirIn, 0, 0, stepPause, 0, 20, stepMoveDir, 0, 1, stepCreate, 3, 0, stepMoveDir, 0, 2, stepMoveDir, 1, 0, stepCreate, 8, 0},
	"directory again":  {stepCreate, 15, 0, stepSettle, 0, 0, stepRemoveDir, 1, 0, stepMoveDirIn, 3, 0, stepCreate, 15, 0, stepTouch, 0, 0},
	"while it is down": {stepCreate, 0, 0, stepSettle, 0, 0, stepRestart, 0, 0, stepReplace, 0, 0, stepCreate, 7, 0, stepRestart, 0, 0, stepReload, 0, 0},
	"swap":             {stepCreate, 0, 0, stepCreate, 1, 0, stepSettle, 0, 0, stepRename, 0, 2, stepRename, 0, 0, stepRename, 1, 1},
}

// TestEventModel carries out scripts of every kind and some by chance.
func TestEventModel(t *testing.T) {
	for name, s := range scripts {
		t.Run(name, func(t *testing.T) { perform(t, s) })
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) { perform(t, randomScript(seed)) })
	}
}

func randomScript(seed uint64) script {
	random := rand.New(rand.NewPCG(seed, 9))
	s := make(script, 3*maxSteps)
	for i := range s {
		s[i] = byte(random.Uint32())
	}
	return s
}

// FuzzEventModel carries out any script: every picture that is left must have its
// rendition, and no rendition may ever show half a picture, or one that never was
// there.
func FuzzEventModel(f *testing.F) {
	f.Add([]byte(slices.Concat(scripts["replace"], scripts["swap"])))
	f.Add([]byte(slices.Concat(scripts["directories move"], scripts["upload kept open"])))
	f.Fuzz(func(t *testing.T, s []byte) { perform(t, s) })
}
