// Package doctor looks for what keeps an installation from working, or will: before
// the first start, or when something is odd. It asks the kernel rather than guess.
//
// [Examine] returns its findings as data, in the order in which they are worth reading.
// It runs as the user who asks, and says so: what the service may do, another user
// does not know for certain. It makes and removes small hidden files in the folders of
// the configuration, and a daemon that looks there passes over them; nothing stays, not
// even after a kill, for the daemon sweeps such files away. Every look is bounded in
// time, but for those at a filesystem that hangs.
package doctor

import (
	"context"
	"fmt"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/ledger"
)

// A Result says how a check ended.
type Result string

// The results, from well to ill.
const (
	OK      Result = "ok"
	Skipped Result = "skipped" // it could not be made, or does not apply
	Warn    Result = "warn"    // it works, but not as well as it could, or not for long
	Fail    Result = "fail"    // it does not work
)

// A Check is one finding.
type Check struct {
	Name    string `json:"name"`             // what was looked at
	Folder  string `json:"folder,omitempty"` // the drop folder that it is about; empty: all, or none
	Result  Result `json:"result"`
	Finding string `json:"finding"`
	Remedy  string `json:"remedy,omitempty"` // what to do about it
}

// Options says what is examined.
type Options struct {
	Config   *config.Config
	Daemon   func() (Daemon, error) // asks whether a daemon runs
	Patience time.Duration          // for the look through each tree, and at the ledger; 0: 5s
	Show     Show                   // asks for properties of the service; nil: systemctl
	Service  string                 // the name of its unit; empty: imgwatchd.service
	User     string                 // that it runs as; empty: imgwatchd
}

func (o Options) applyDefaults() Options {
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
	}
	if o.Show == nil {
		o.Show = systemctl
	}
	if o.Service == "" {
		o.Service = "imgwatchd.service"
	}
	if o.User == "" {
		o.User = "imgwatchd"
	}
	return o
}

// A Daemon is what one that runs says of itself.
type Daemon struct {
	Running bool
	Listen  string // where its page is served; empty: nowhere
	Problem string // why nothing listens there
}

// Examine makes every check.
func Examine(ctx context.Context, o Options) []Check {
	e := &examination{Options: o.applyDefaults(), ctx: ctx}
	e.daemon, e.unreachable = e.Daemon()
	e.service = e.showService()
	e.who = e.findOut()
	e.mounts = readMounts()

	e.checkUser()
	e.checkPaths()
	e.checkFolders()
	e.checkWatches()
	e.checkLedger()
	e.checkHooks()
	e.checkSpace("", "state_dir", e.Config.StateDir())
	e.checkSocket()
	e.checkPage()
	e.checkService()
	return e.checks
}

// An examination gathers what is found.
type examination struct {
	Options
	ctx         context.Context
	checks      []Check
	daemon      Daemon
	unreachable error // why it is not known whether a daemon runs
	service     service
	who         who
	mounts      []mount
	ledger      ledger.Condition
	dirs        int  // that have to be watched
	counted     bool // all of them were counted
	trees       int  // in which they are
}

func (e *examination) add(c Check) { e.checks = append(e.checks, c) }

// A subject is what several checks are about.
type subject struct {
	e            *examination
	name, folder string
}

func (s subject) ok(format string, args ...any)      { s.add(OK, "", format, args...) }
func (s subject) skipped(format string, args ...any) { s.add(Skipped, "", format, args...) }
func (s subject) warn(remedy, format string, args ...any) {
	s.add(Warn, remedy, format, args...)
}
func (s subject) fail(remedy, format string, args ...any) {
	s.add(Fail, remedy, format, args...)
}

func (s subject) add(r Result, remedy, format string, args ...any) {
	s.e.add(Check{Name: s.name, Folder: s.folder, Result: r, Finding: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (e *examination) about(name, folder string) subject { return subject{e, name, folder} }
