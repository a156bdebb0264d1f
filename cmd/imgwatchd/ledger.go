package main

import (
	"fmt"
	"io"
	"path/filepath"

	"imgwatchd/internal/ledger"
)

// openLedger opens the ledger in dir and has it run until it is closed. What is wrong
// with it is told on stderr.
func openLedger(dir string, stderr io.Writer) (l *ledger.Ledger, closeLedger func() error, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, err
	}
	l, err = ledger.Open(dir, ledger.Options{
		Warn: func(what string, err error) { fmt.Fprintf(stderr, "imgwatchd: %s: %v\n", what, err) },
	})
	if err != nil {
		return nil, nil, err
	}
	return l, l.Start(), nil
}
