package watcher

import (
	"errors"
	"fmt"
	"os"
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
		return fmt.Errorf("watch directories: %s: %w", sysctl("max_user_watches"), err)
	case errors.Is(err, unix.EMFILE):
		return fmt.Errorf("watch directories: %s, or the limit of open files: %w", sysctl("max_user_instances"), err)
	default:
		return nil
	}
}

// sysctl names a limit of inotify with its value.
func sysctl(name string) string {
	value, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return "fs.inotify." + name + " is too low"
	}
	return fmt.Sprintf("fs.inotify.%s = %s is too low", name, strings.TrimSpace(string(value)))
}
