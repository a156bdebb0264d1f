package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"imgwatchd/internal/job"
	"imgwatchd/internal/web"
)

// queueStates are the words that --state of "queue" takes.
var queueStates = []string{string(job.Working), string(job.Queued)}

func queueCommand() *cobra.Command {
	var f controlFlags
	var limit int
	var state string
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "list what is in work and what waits",
		Long: `List the files that are in work and the first of those that wait, in the order in
which they are taken up, with the time since when they do.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usagef("--limit %d: want 1 or more", limit)
			}
			if state != "" && state != queueStates[0] && state != queueStates[1] {
				return usagef("--state %q: want %s or %s", state, queueStates[0], queueStates[1])
			}
			return f.ask(func(api web.API) error {
				q, err := within(noAnswer, func() (web.Queue, error) { return api.Queue(limit) })
				if err != nil {
					return err
				}
				q = inState(q, job.State(state))
				return f.print(cmd, q, func(w io.Writer) { writeQueue(w, q, time.Now()) })
			})
		},
	}
	f.add(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", 100, "list at most so many of those that wait")
	cmd.Flags().StringVar(&state, "state", "", "only these: working or queued")
	completeFlag(cmd, "state", words(queueStates...))
	return cmd
}

// inState leaves of a queue what is in a state; "": all.
func inState(q web.Queue, state job.State) web.Queue {
	if q.Working == nil || state == job.Queued {
		q.Working = []web.QueuedFile{}
	}
	if q.Waiting == nil || state == job.Working {
		q.Waiting = []web.QueuedFile{}
	}
	return q
}

func writeQueue(w io.Writer, q web.Queue, now time.Time) {
	p := paletteFor(w)
	for _, file := range q.Working {
		writeQueued(w, p.paint(green, "working"), file, now)
	}
	for _, file := range q.Waiting {
		writeQueued(w, p.paint(dim, "queued "), file, now)
	}
	if more := q.Queued - len(q.Waiting); more > 0 && len(q.Waiting) > 0 {
		fmt.Fprintf(w, "%s more wait\n", count(more))
	}
	if q.Queued+q.InWork == 0 {
		fmt.Fprintln(w, "nothing is in work and nothing waits")
	}
}

func writeQueued(w io.Writer, state string, file web.QueuedFile, now time.Time) {
	fmt.Fprintf(w, "%s  %s  %s  %s\n", state, right(short(now.Sub(file.Since)), 8), left(printable(file.Folder), 12), printable(file.Path))
}
