// Imgwatchd watches drop folders and turns every image dropped there into the
// renditions that its configuration asks for.
//
//	imgwatchd run            serve, until SIGTERM
//	imgwatchd batch SRC… -o DIR
//	imgwatchd config check|show|create
//	imgwatchd status [--watch]
//	imgwatchd queue
//	imgwatchd pause|resume [FOLDER…|--all]
//	imgwatchd rescan [FOLDER…]
//	imgwatchd reload
//	imgwatchd health
//	imgwatchd failed
//	imgwatchd retry [PATH…|--all]
//	imgwatchd reprocess [PATH…|--all]
//	imgwatchd forget PATH…
//	imgwatchd explain PATH
//	imgwatchd doctor
//	imgwatchd systemd drop-in [--write]
//	imgwatchd completion bash|zsh|fish
//	imgwatchd version
//
// Results go to standard output, progress and logs to standard error. Exit codes:
// 0 all is well, 1 something failed, 2 wrong usage, 78 wrong configuration.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"imgwatchd/internal/config"
)

const (
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h; the unit does not restart on it
)

func main() {
	release := raiseHeapFloor()
	code := run(os.Args[1:], os.Stdout, os.Stderr)
	release()
	os.Exit(code)
}

// run executes the command line and returns the exit code.
func run(args []string, stdout, stderr *os.File) int {
	out := &output{file: stdout}
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.Execute()
	code := exitCode(err, stderr)
	if out.err != nil && !errors.Is(err, out.err) {
		return exitCode(fmt.Errorf("print results: %w", out.err), stderr)
	}
	return code
}

// rootCommand returns the program with all its verbs.
func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "imgwatchd",
		Short: "turn every image dropped into a folder into the renditions you ask for",
		Long: `imgwatchd watches drop folders and turns every image dropped there into the
renditions that its configuration asks for: whole, once, and fast.

Try it:  imgwatchd run            then drop an image into ./inbox
    or:  imgwatchd batch photos -o thumbs --preset thumbnail`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usage(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(runCommand(), batchCommand(), configCommand(), versionCommand(),
		statusCommand(), queueCommand(), pauseCommand(), resumeCommand(), rescanCommand(), reloadCommand(), healthCommand(),
		failedCommand(), retryCommand(), reprocessCommand(), forgetCommand(), explainCommand(),
		doctorCommand(), systemdCommand(), completionCommand())
	return root
}

// exitCode tells err to the user and returns the exit code for it.
func exitCode(err error, stderr io.Writer) int {
	var faults config.Faults
	var wrong usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, new(refusedError)):
		return exitConfig
	case errors.As(err, &faults):
		fmt.Fprintln(stderr, faults)
		return exitConfig
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "imgwatchd: %v\nTry 'imgwatchd --help'.\n", err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "imgwatchd: %v\n", err)
		return exitFailed
	}
}

// errReported ends the program with a failure of which the user knows already.
var errReported = errors.New("reported")

// A refusedError is a configuration that a daemon refused, as the user knows already.
type refusedError struct{ error }

// A usageError is a command line that cannot be understood.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// usage makes what check finds wrong a usage error.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}
