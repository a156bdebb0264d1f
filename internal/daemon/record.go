package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"imgwatchd/internal/ledger"
)

// awaitLedger waits for a disk that was full when the ledger was to be opened. The error
// is that of the last try when ctx ends.
func (d *Daemon) awaitLedger(ctx context.Context, err error) (closeLedger func() error, _ error) {
	for ledger.Passing(err) {
		d.options.Log.Error("the ledger cannot be opened, will try again", zap.Error(err))
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(maxHold):
		}
		closeLedger, err = d.openLedger()
	}
	return closeLedger, err
}

// openLedger opens the ledger of the configuration and has it run. What it returns
// writes what waits and closes it.
func (d *Daemon) openLedger() (closeLedger func() error, err error) {
	dir := d.options.Config.StateDir()
	d.ledger, err = ledger.Open(dir, ledgerOptions(d.options.Log))
	if err != nil {
		return nil, err
	}
	stop := d.ledger.Start()
	closeLedger = func() error {
		disarmCrashLog(dir)
		return stop()
	}
	if err := d.takeOver(dir); err != nil {
		return nil, errors.Join(err, closeLedger())
	}
	d.opened.Store(d.ledger)
	return closeLedger, nil
}

// readPauses finds out which folders are paused.
func (d *Daemon) readPauses() {
	var err error
	if d.pauses, err = openPauses(d.options.Config.StateDir()); err != nil {
		d.options.Log.Warn("folders that were paused are not", zap.Error(err))
	}
}

// ledgerOptions has the ledger complain to the log: calmly, since every write fails alike.
func ledgerOptions(log *zap.Logger) ledger.Options {
	calm := calmed(log)
	return ledger.Options{Warn: func(what string, err error) { calm.Warn(what, zap.Error(err)) }}
}

// takeOver gives back what the former process had in work.
func (d *Daemon) takeOver(dir string) error {
	former := ledger.Stopped
	crashed, err := armCrashLog(dir)
	switch {
	case err != nil:
		d.options.Log.Warn("crashes will not be recorded", zap.Error(err))
	case crashed:
		former = ledger.Crashed
		d.options.Log.Error("the program crashed when it ran last; what was in work is taken up one by one",
			zap.String("report", filepath.Join(dir, formerCrash)))
	}
	return d.ledger.TakeOver(former)
}

// The reports of a crash: of this process and of the last that crashed.
const (
	thisCrash   = "crash.log"
	formerCrash = "last-crash.log"
)

// armCrashLog has the runtime write down a crash of this process in dir, which must
// be locked, and reports whether the process before it left such a report.
func armCrashLog(dir string) (crashed bool, err error) {
	file := filepath.Join(dir, thisCrash)
	if fi, err := os.Stat(file); err == nil && fi.Size() > 0 {
		crashed = true
		if err := os.Rename(file, filepath.Join(dir, formerCrash)); err != nil {
			return crashed, err
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return crashed, err
	}
	defer f.Close() // the runtime has a descriptor of its own
	return crashed, debug.SetCrashOutput(f, debug.CrashOptions{})
}

// disarmCrashLog removes what armCrashLog made, as long as nothing was written to it.
func disarmCrashLog(dir string) {
	file := filepath.Join(dir, thisCrash)
	if fi, err := os.Stat(file); err == nil && fi.Size() == 0 {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_ = os.Remove(file)
	}
}
