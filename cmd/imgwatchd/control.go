package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/config"
	"imgwatchd/internal/daemon"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/render"
	"imgwatchd/internal/web"
)

// controlFlags are the flags of the verbs that ask or tell the daemon.
type controlFlags struct {
	config string
	json   bool
	all    bool
	preset string
}

func (f *controlFlags) add(cmd *cobra.Command) {
	addConfigFlag(cmd, &f.config)
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// with has do ask the daemon that runs with the configuration or, while none does,
// its ledger.
func (f *controlFlags) with(cmd *cobra.Command, do func(web.API) error) error {
	api, err := f.connect()
	if err == nil {
		return do(api)
	}
	if !errors.Is(err, web.ErrNoDaemon) {
		return err
	}
	file, cfg, err := loadUsual(f.config)
	if err != nil {
		return err
	}
	dir := cfg.StateDir()
	known := ledger.Exists(dir)
	if !known && file == embedded { // nothing was tried out here, so that something else is meant
		return fmt.Errorf("no configuration file was found, nor the ledger of a try-out in %s; name the file with --config, or set IMGWATCHD_CONFIG", printable(dir))
	}
	if err := becomeOwner(dir); err != nil {
		return err
	}
	if !known {
		return do(daemon.NewControl(cfg, nil))
	}
	l, closeLedger, err := openLedger(dir, cmd.ErrOrStderr())
	if err != nil {
		return forOwner(err, dir)
	}
	return errors.Join(do(daemon.NewControl(cfg, l)), closeLedger())
}

// selection returns what the arguments and flags name; nothing is not everything.
func (f *controlFlags) selection(args []string) (web.Selection, error) {
	s := web.Selection{All: f.all, Preset: f.preset}
	if f.all == (len(args) > 0) {
		return s, usagef("name files or folders, or give --all")
	}
	for _, arg := range args {
		path, err := filepath.Abs(arg)
		if err != nil {
			return s, err
		}
		s.Paths = append(s.Paths, path)
	}
	return s, nil
}

func failedCommand() *cobra.Command {
	var f controlFlags
	cmd := &cobra.Command{
		Use:   "failed",
		Short: "list the sources that failed, and why",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.with(cmd, func(api web.API) error {
				failed, err := api.Failed(cmd.Context())
				if err != nil {
					return err
				}
				if failed == nil {
					failed = []ledger.Entry{}
				}
				return f.print(cmd, failed, func(w io.Writer) {
					for _, e := range failed {
						printFailed(w, e)
					}
				})
			})
		},
	}
	f.add(cmd)
	return cmd
}

func printFailed(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "%s  %s  %s: %s: %s", e.Ended.Local().Format("2006-01-02 15:04:05"), printable(e.Path), e.Class, e.Step, printable(e.Reason))
	if e.Attempts > 1 {
		fmt.Fprintf(w, " (%d attempts)", e.Attempts)
	}
	if e.MovedTo != "" {
		fmt.Fprintf(w, "\n%21smoved to %s", "", printable(e.MovedTo))
	}
	fmt.Fprintln(w)
}

// print writes a result as JSON or, as text has it, for people.
func (f *controlFlags) print(cmd *cobra.Command, result any, text func(io.Writer)) error {
	if !f.json {
		text(cmd.OutOrStdout())
		return nil
	}
	return writeJSON(cmd.OutOrStdout(), result)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func retryCommand() *cobra.Command {
	var f controlFlags
	cmd := f.editCommand("retry [PATH...|--all]", "have failed sources worked on again", `Have failed sources worked on again: at once while the daemon runs, else at its
next start. One that was moved to the failed folder is moved back to where it was
dropped, and the note beside it is removed. PATH may name either place, or a folder.`, web.API.Retry)
	cmd.Flags().BoolVar(&f.all, "all", false, "everything that failed")
	return cmd
}

func reprocessCommand() *cobra.Command {
	var f controlFlags
	cmd := f.editCommand("reprocess [PATH...|--all]", "have renditions made again", `Have the renditions of sources that still stand made again: at once while the daemon
runs, else at its next start. PATH may name a folder.`, web.API.Reprocess)
	cmd.Flags().BoolVar(&f.all, "all", false, "every source that still stands")
	cmd.Flags().StringVar(&f.preset, "preset", "", "only the renditions of this preset")
	completeFlag(cmd, "preset", f.fromConfig((*config.Config).PresetNames))
	return cmd
}

func forgetCommand() *cobra.Command {
	var f controlFlags
	return f.editCommand("forget PATH...", "strike sources off the ledger", `Strike sources off the ledger, with all that is known of them. One that still stands is
worked on again at the next scan, as if it were new. PATH may name a folder.`, web.API.Forget)
}

// editCommand returns a verb that does something to selected sources.
func (f *controlFlags) editCommand(use, short, long string, do func(web.API, web.Selection) ([]web.Result, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long,
		RunE: func(cmd *cobra.Command, args []string) error {
			selection, err := f.selection(args)
			if err != nil {
				return err
			}
			return f.with(cmd, func(api web.API) error {
				results, err := do(api, selection)
				if err != nil {
					return err
				}
				return f.printResults(cmd, results, func(w io.Writer, done []web.Result) {
					n := 0
					for _, r := range done {
						n += r.Count
					}
					fmt.Fprintf(w, "%s: %d\n", cmd.Name(), n)
				})
			})
		},
	}
	f.add(cmd)
	return cmd
}

// printResults prints what became of each path or folder: of those that something was
// done for, as text has it. One for which nothing could be done makes the verb fail.
func (f *controlFlags) printResults(cmd *cobra.Command, results []web.Result, text func(w io.Writer, done []web.Result)) error {
	done, problems := []web.Result{}, []web.Result{}
	for _, r := range results {
		if r.Problem == "" {
			done = append(done, r)
		} else {
			problems = append(problems, r)
		}
	}
	err := f.print(cmd, append([]web.Result{}, results...), func(w io.Writer) {
		for _, r := range problems {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", printable(r.Path), printable(r.Problem))
		}
		text(w, done)
	})
	if err == nil && len(problems) > 0 {
		return errReported
	}
	return err
}

func explainCommand() *cobra.Command {
	var f controlFlags
	var preset string
	cmd := &cobra.Command{
		Use:   "explain PATH",
		Short: "say what became of a file, or will, and why",
		Long: `Say what became of a file, or will, and why: done, with its renditions; failed, and
the reason; ignored, and by which rule; still growing; not under any folder. PATH may
also name a rendition, or a source that was moved away.

With --plan, say how a preset's rendition is made from the image PATH: at what size it
is decoded, and which steps become one.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if preset != "" {
				return f.explainPlan(cmd, preset, path)
			}
			return f.with(cmd, func(api web.API) error {
				account, err := api.Explain(path)
				if err != nil {
					return err
				}
				return f.print(cmd, account, func(w io.Writer) {
					fmt.Fprintf(w, "%s\n%s\n", printable(path), printableLines(account.Why))
					if account.Verdict == web.Elsewhere {
						fmt.Fprintf(w, "by the configuration: %s\n", printable(cmp.Or(configFile(f.config), embedded)))
					}
				})
			})
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&preset, "plan", "", "say how this preset's rendition is made")
	completeFlag(cmd, "plan", f.fromConfig((*config.Config).PresetNames))
	return cmd
}

// explainPlan prints how the rendition of a preset is made from the image at path.
func (f *controlFlags) explainPlan(cmd *cobra.Command, name, path string) error {
	_, cfg, err := loadUsual(f.config)
	if err != nil {
		return err
	}
	preset, ok := cfg.Preset(name)
	if !ok {
		return usagef("there is no preset %q", name)
	}
	h, err := readHeader(path, cfg.Pipeline().Limits)
	if err != nil {
		return fmt.Errorf("explain %q: %w", path, err)
	}
	plan, err := render.NewPlan(preset, h, cfg.Pipeline().Limits.MaxPixels)
	if err != nil {
		return fmt.Errorf("explain %q: %w", path, err)
	}
	lines := render.Explain(h, []render.Plan{plan})
	return f.print(cmd, map[string][]string{"plan": lines}, func(w io.Writer) {
		for _, line := range lines {
			fmt.Fprintln(w, line)
		}
	})
}

// readHeader reads the header of the image at path.
func readHeader(path string, limits codec.Limits) (codec.Header, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return codec.Header{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return codec.Header{}, err
	}
	if !info.Mode().IsRegular() {
		return codec.Header{}, errors.New("not a regular file")
	}
	return codec.ReadHeader(file, info.Size(), limits)
}

// printableLines is printable for each line of text.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}
