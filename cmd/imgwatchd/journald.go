package main

import (
	"fmt"
	"os"

	"go.uber.org/zap/zapcore"
	"golang.org/x/sys/unix"
)

// isJournal reports whether what is written to f goes to the journal of systemd, which
// says so in stream, the JOURNAL_STREAM of the environment: its device and inode. A
// process that was started with its output elsewhere has the variable all the same.
func isJournal(f *os.File, stream string) bool {
	var device, inode uint64
	if n, err := fmt.Sscanf(stream, "%d:%d", &device, &inode); n != 2 || err != nil {
		return false
	}
	var stat unix.Stat_t
	return unix.Fstat(int(f.Fd()), &stat) == nil && uint64(stat.Dev) == device && stat.Ino == inode
}

// priority returns the prefix by which the journal knows the priority of a line, as
// sd-daemon(3) has it.
func priority(l zapcore.Level) string {
	switch {
	case l >= zapcore.DPanicLevel:
		return "<2>"
	case l >= zapcore.ErrorLevel:
		return "<3>"
	case l >= zapcore.WarnLevel:
		return "<4>"
	case l >= zapcore.InfoLevel:
		return "<6>"
	default:
		return "<7>"
	}
}
