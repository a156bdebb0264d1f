package watcher

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// limitQuiet is the time between two reports of a limit.
const limitQuiet = time.Hour

// limits tells of inotify limits, seldom.
type limits struct {
	hook func(error)
	last time.Time
}

func (l *limits) report(err error) {
	if now := time.Now(); l.last.IsZero() || now.Sub(l.last) >= limitQuiet {
		l.last = now
		l.hook(err)
	}
}

// limitError explains an error of inotify that means a limit; nil: it is none.
func limitError(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("watch directories: %s: %w", tighter("/proc/sys", "watches"), err)
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("watch directories: %s, or the limit of open files: %w", tighter("/proc/sys", "instances"), err)
	default:
		return nil
	}
}

// tighter names the sysctl that limits inotify with its value: that of the machine, or that
// of the user namespace which a container is in, if that is lower.
func tighter(proc, what string) string {
	name, value, known := "fs.inotify.max_user_"+what, 0, false
	for _, n := range []string{name, "user.max_inotify_" + what} {
		text, err := os.ReadFile(filepath.Join(proc, strings.ReplaceAll(n, ".", "/")))
		if err != nil {
			continue
		}
		v, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && (!known || v < value) {
			name, value, known = n, v, true
		}
	}
	if !known {
		return name + " is too low"
	}
	return fmt.Sprintf("%s = %d is too low", name, value)
}
