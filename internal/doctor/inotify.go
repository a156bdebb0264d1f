package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A limit is what the kernel allows a user of inotify.
type limit struct {
	name  string // as sysctl has it
	value int
	known bool
}

// readLimit returns the lower of the limits of the machine and of the user namespace.
func readLimit(proc string, names ...string) limit {
	var l limit
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(proc, strings.ReplaceAll(name, ".", "/")))
		if err != nil {
			continue
		}
		value, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && (!l.known || value < l.value) {
			l = limit{name, value, true}
		}
	}
	return l
}

// raise says how to set a limit for good.
func (l limit) raise(to int) string {
	return fmt.Sprintf("echo %s=%d > /etc/sysctl.d/60-imgwatchd.conf && sysctl --system", l.name, to)
}

// enoughEvents is how many changes the kernel should be able to keep for us: that many
// it does by default.
const enoughEvents = 16384

// checkWatches compares the directories of all trees with what may be watched.
func (e *examination) checkWatches() {
	const proc = "/proc/sys"
	e.compareWatches(
		readLimit(proc, "fs.inotify.max_user_watches", "user.max_inotify_watches"),
		readLimit(proc, "fs.inotify.max_user_instances", "user.max_inotify_instances"),
		readLimit(proc, "fs.inotify.max_queued_events"))
}

func (e *examination) compareWatches(watches, instances, events limit) {
	s := e.about("watches", "")
	least := ""
	if !e.counted {
		least = "at least "
	}
	need := fmt.Sprintf("%s%d folders in %d trees", least, e.dirs, e.trees)
	switch room := watches.value - e.dirs; {
	case !watches.known:
		s.skipped("%s; the kernel does not say how many may be watched", need)
	case room < 0:
		s.warn(watches.raise(roundUp(2*e.dirs)), "%s, but %s is %d: those beyond it are polled", need, watches.name, watches.value)
	case room < e.dirs/4 || !e.counted && room < 3*e.dirs:
		s.warn(watches.raise(roundUp(2*e.dirs)), "%s, and %s is %d, which other programs of the user share", need, watches.name, watches.value)
	default:
		s.ok("%s, of %d that may be watched (%s)", need, watches.value, watches.name)
	}
	if instances.known && instances.value < 2*e.trees {
		s.warn(instances.raise(max(128, 4*e.trees)), "each of %d trees takes an instance of inotify, and %s is %d", e.trees, instances.name, instances.value)
	}
	if events.known && events.value < enoughEvents {
		s.warn(events.raise(enoughEvents), "%s is %d: a burst of more changes at once is only found by a scan", events.name, events.value)
	}
}

// roundUp returns a round number that is not less than n.
func roundUp(n int) int {
	round := 1 << 16
	for round < n {
		round *= 2
	}
	return round
}
