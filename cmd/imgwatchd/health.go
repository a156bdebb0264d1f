package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"imgwatchd/internal/web"
)

// A health is what "health" answers.
type health struct {
	OK   bool     `json:"ok"`
	Why  []string `json:"why"`  // what is not well
	Warn []string `json:"warn"` // what should be seen to, though files are worked on
}

func healthCommand() *cobra.Command {
	var f controlFlags
	limit := 5 * time.Second
	cmd := &cobra.Command{
		Use:   "health",
		Short: "say in one line whether all is well, for monitors",
		Long: `Say in one line whether all is well: the daemon answers, every folder is watched and
takes files up, and the configuration file is the one in force. The exit code is 0
when it is, 1 when it is not or when no daemon answers in time. Messages that wait for
hooks are told as well, and leave the exit code as it is.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit <= 0 {
				return usagef("--timeout %v: want more than 0", limit)
			}
			status, err := f.status(limit)
			h := healthOf(status, err)
			err = f.print(cmd, h, func(w io.Writer) {
				fmt.Fprintln(w, h.line(status))
			})
			if err == nil && !h.OK {
				return errReported
			}
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&limit, "timeout", limit, "how long the daemon may take to answer")
	return cmd
}

// healthOf judges a status, or that there was none.
func healthOf(s web.Status, err error) health {
	if err != nil {
		return health{Why: []string{err.Error()}, Warn: []string{}}
	}
	h := health{OK: s.OK(), Why: []string{}, Warn: []string{}}
	if s.Hooks > 0 {
		h.Warn = append(h.Warn, undelivered(s.Hooks))
	}
	for _, f := range s.Folders {
		switch {
		case f.Paused:
			h.Why = append(h.Why, fmt.Sprintf("folder %s is paused", f.Name))
		case !f.OK:
			h.Why = append(h.Why, fmt.Sprintf("folder %s is degraded: %s", f.Name, f.Reason))
		}
	}
	if s.Config.Refused != "" {
		h.Why = append(h.Why, "the configuration file is refused: "+s.Config.Refused)
	}
	return h
}

func (h health) line(s web.Status) string {
	if !h.OK {
		return "not well: " + printableWords(strings.Join(h.Why, "\n"))
	}
	line := fmt.Sprintf("ok: %s, %s queued, %s in work, %s",
		plural(len(s.Folders), "folder", "folders"), count(s.Queue.Queued), count(s.Queue.InWork), rateOf(s.Rate))
	return strings.Join(append([]string{line}, h.Warn...), "; ")
}
