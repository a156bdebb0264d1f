package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"imgwatchd/internal/web"
)

func statusCommand() *cobra.Command {
	var f controlFlags
	var watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "say how the daemon is: folders, queue, throughput",
		Long: `Say how the daemon that runs is: each folder with its state and why, what waits and
what is in work, throughput and times of the last hour, the configuration in force.

With --watch the view is drawn anew every second until Ctrl-C, also over a restart of
the daemon; where standard output is no terminal, one view follows the other. With
--watch --json, each line is one status.

The exit code is 0 when the daemon has answered, however it is; see "health".`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				return f.watchStatus(cmd)
			}
			status, err := f.status(noAnswer)
			if err != nil {
				return err
			}
			return f.print(cmd, status, func(w io.Writer) { writeStatus(w, status) })
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "draw it anew every second")
	return cmd
}

// writeStatus writes all there is to see, however long that is.
func writeStatus(w io.Writer, s web.Status) {
	columns, _ := terminalSize(w)
	const all = 1 << 20
	lines := newStatusView(columns, paletteFor(w)).lines(s, all)
	fmt.Fprintln(w, strings.Join(lines, "\n"))
}

// writeStatusLine writes a status as one line of JSON.
func writeStatusLine(w io.Writer, s web.Status) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(s)
}
