package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"imgwatchd/internal/web"
)

func pauseCommand() *cobra.Command {
	var f controlFlags
	return f.someFolders(&cobra.Command{
		Use:   "pause [FOLDER...|--all]",
		Short: "take nothing up from folders until they are resumed",
		Long: `Take nothing up from the named folders until they are resumed, also over restarts: what
is in work is finished, and what is dropped meanwhile is worked on afterwards. While no
daemon runs, the next one begins with the folders paused.`,
	}, "paused", web.API.Pause)
}

func resumeCommand() *cobra.Command {
	var f controlFlags
	return f.someFolders(&cobra.Command{
		Use:   "resume [FOLDER...|--all]",
		Short: "take files up again from folders that were paused",
		Long:  `Take files up again from the named folders, if they were paused.`,
	}, "resumed", web.API.Resume)
}

func rescanCommand() *cobra.Command {
	var f controlFlags
	cmd := &cobra.Command{
		Use:   "rescan [FOLDER...]",
		Short: "look through folders now, whatever events said",
		Long:  `Look through the named folders now, or through all, as is done every rescan_interval.`,
		RunE: func(cmd *cobra.Command, names []string) error {
			return f.ask(func(api web.API) error {
				results, err := within(noAnswer, func() ([]web.Result, error) { return api.Rescan(names) })
				if err != nil {
					return err
				}
				return f.printResults(cmd, results, each("being looked through"))
			})
		},
	}
	f.add(cmd)
	cmd.ValidArgsFunction = f.fromConfig(folderNames)
	return cmd
}

// someFolders makes cmd a verb that does something to folders that are named, or to all
// if that is said. It works without a daemon, too.
func (f *controlFlags) someFolders(cmd *cobra.Command, done string, do func(web.API, []string) ([]web.Result, error)) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, names []string) error {
		if f.all == (len(names) > 0) {
			return usagef("name folders, or give --all")
		}
		return f.with(cmd, func(api web.API) error {
			results, err := within(noAnswer, func() ([]web.Result, error) { return do(api, names) })
			if err != nil {
				return err
			}
			return f.printResults(cmd, results, each(done))
		})
	}
	f.add(cmd)
	cmd.ValidArgsFunction = f.fromConfig(folderNames)
	cmd.Flags().BoolVar(&f.all, "all", false, "every folder")
	return cmd
}

// each has every folder printed with what was done to it.
func each(what string) func(io.Writer, []web.Result) {
	return func(w io.Writer, done []web.Result) {
		for _, r := range done {
			fmt.Fprintf(w, "%s: %s\n", printable(r.Path), what)
		}
	}
}
