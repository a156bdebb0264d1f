package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"imgwatchd/internal/config"
	"imgwatchd/internal/doctor"
	"imgwatchd/internal/web"
)

func doctorCommand() *cobra.Command {
	var f controlFlags
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "look for what keeps the service from working, or will",
		Long: `Look for what keeps the service from working, or will, and say what to do about it:
the configuration, its folders, their filesystems, owners and room, inotify limits, leases,
renames, the ledger, hooks, the socket, the page, and what the unit of the service grants.

It asks as the user who runs it. To know what the service may do, ask as the service:
sudo -u imgwatchd imgwatchd doctor. The exit code is 1 when something does not work.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, release := signal.NotifyContext(context.Background(), os.Interrupt)
			defer release()
			checks, err := f.examine(ctx, patience)
			if err != nil {
				return err
			}
			err = f.print(cmd, checks, func(w io.Writer) { writeChecks(w, checks) })
			for _, c := range checks {
				if err == nil && c.Result == doctor.Fail {
					return errReported
				}
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&patience, "patience", 5*time.Second, "how long to look through each folder")
	return cmd
}

// examine makes the checks, the first of which is the configuration.
func (f *controlFlags) examine(ctx context.Context, patience time.Duration) ([]doctor.Check, error) {
	file, cfg, err := loadUsual(f.config)
	var faults config.Faults
	switch {
	case errors.As(err, &faults):
		var checks []doctor.Check
		for _, fault := range faults {
			help := fault.Help
			fault.Help = ""
			checks = append(checks, doctor.Check{Name: "configuration", Result: doctor.Fail, Finding: fault.Error(), Remedy: help})
		}
		return checks, nil
	case err != nil:
		return nil, err
	}
	checks := []doctor.Check{{Name: "configuration", Result: doctor.OK, Finding: file + " is valid"}}
	return append(checks, doctor.Examine(ctx, doctor.Options{
		Config:   cfg,
		Daemon:   f.askDaemon,
		Patience: patience,
	})...), nil
}

// askDaemon asks whether a daemon runs, and how its page is.
func (f *controlFlags) askDaemon() (doctor.Daemon, error) {
	status, err := f.status(5 * time.Second)
	switch {
	case errors.Is(err, web.ErrNoDaemon):
		return doctor.Daemon{}, nil
	case err != nil:
		return doctor.Daemon{}, err
	}
	return doctor.Daemon{Running: true, Listen: status.Listen, Problem: status.Problem}, nil
}

// marks are how results are shown.
var marks = map[doctor.Result]struct{ mark, colour string }{
	doctor.OK:      {"✓", green},
	doctor.Skipped: {"–", dim},
	doctor.Warn:    {"!", yellow},
	doctor.Fail:    {"✗", red},
}

// writeChecks writes findings below the folder that they are about, and their number.
func writeChecks(w io.Writer, checks []doctor.Check) {
	columns, _ := terminalSize(w)
	v := newStatusView(columns, paletteFor(w))
	if !isTerminal(w) {
		v.width = 1 << 20 // a finding is a line, for grep and its like
	}
	counts := map[doctor.Result]int{}
	about := ""
	for _, c := range checks {
		counts[c.Result]++
		if c.Folder != about {
			about = c.Folder
			fmt.Fprintln(w)
			if about != "" {
				fmt.Fprintln(w, v.paint(bold, "folder "+printable(about)))
			}
		}
		v.writeCheck(w, c)
	}
	fmt.Fprintf(w, "\n%d ok, %d skipped, %d to be seen to, %d wrong\n",
		counts[doctor.OK], counts[doctor.Skipped], counts[doctor.Warn], counts[doctor.Fail])
}

// writeCheck writes a finding and, below it, what to do about it.
func (v statusView) writeCheck(w io.Writer, c doctor.Check) {
	const indent = 18
	m := marks[c.Result]
	label := " " + v.paint(m.colour, m.mark) + " " + left(c.Name, indent-4) + " "
	for _, l := range wrap(printableWords(c.Finding), v.width-indent) {
		fmt.Fprintln(w, label+l)
		label = right("", indent)
	}
	if c.Remedy == "" {
		return
	}
	label = right("→ ", indent)
	for _, l := range wrap(printableWords(c.Remedy), v.width-indent) {
		fmt.Fprintln(w, v.paint(cyan, label+l))
		label = right("", indent)
	}
}
