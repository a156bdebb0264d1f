package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"imgwatchd/internal/web"
)

// A reloaded is what "reload" answers.
type reloaded struct {
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"` // why the former configuration stays in force
}

func reloadCommand() *cobra.Command {
	var f controlFlags
	limit := time.Minute
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "have the configuration loaded again, and say whether it is in force",
		Long: `Have the daemon load its configuration file again, and wait until it is in force. If it
has a fault, the former one stays in force, the fault is said, and the exit code is 78.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer release()
			ctx, cancel := context.WithTimeout(ctx, limit)
			defer cancel()
			return f.ask(func(api web.API) error { return f.reload(ctx, cmd, api) })
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&limit, "timeout", limit, "how long to wait for the answer")
	return cmd
}

func (f *controlFlags) reload(ctx context.Context, cmd *cobra.Command, api web.API) error {
	err := api.Reload(ctx)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the daemon has not answered; its log says what becomes of the reload: %w", ctx.Err())
	case err != nil && !errors.As(err, new(*web.Refusal)):
		return err
	}
	answer := reloaded{OK: err == nil}
	if err != nil {
		answer.Problem = err.Error()
	}
	failed := f.print(cmd, answer, func(w io.Writer) {
		if err == nil {
			fmt.Fprintln(w, "reloaded")
			return
		}
		fmt.Fprintln(cmd.ErrOrStderr(), printableLines(answer.Problem))
	})
	if failed == nil && err != nil {
		return refusedError{err}
	}
	return failed
}
