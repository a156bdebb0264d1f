package main

import (
	"io"

	"github.com/spf13/cobra"

	"imgwatchd/internal/config"
)

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "print what makes a shell complete verbs, flags, folders and presets",
		Long: `Print the script that makes a shell complete verbs and flags, and the names of folders
and presets from the configuration:

  bash   imgwatchd completion bash > /etc/bash_completion.d/imgwatchd
  zsh    imgwatchd completion zsh > "${fpath[1]}/_imgwatchd"
  fish   imgwatchd completion fish > ~/.config/fish/completions/imgwatchd.fish`,
		Args:                  usage(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs:             []string{"bash", "zsh", "fish"},
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeCompletion(cmd.Root(), args[0], cmd.OutOrStdout())
		},
	}
}

func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	default:
		return root.GenFishCompletion(w, true)
	}
}

// A completer returns what may stand where the user is typing.
type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// words completes to one of a few words.
func words(ws ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ws, cobra.ShellCompDirectiveNoFileComp
	}
}

// fromConfig completes to words of the configuration that the flags name; if that
// cannot be loaded there are none.
func (f *controlFlags) fromConfig(list func(*config.Config) []string) completer {
	return func(_ *cobra.Command, given []string, _ string) ([]string, cobra.ShellCompDirective) {
		_, cfg, err := loadUsual(f.config)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return without(list(cfg), given), cobra.ShellCompDirectiveNoFileComp
	}
}

// without returns those of names that are not given already.
func without(names, given []string) []string {
	taken := map[string]bool{}
	for _, g := range given {
		taken[g] = true
	}
	var rest []string
	for _, n := range names {
		if !taken[n] {
			rest = append(rest, n)
		}
	}
	return rest
}

// folderNames returns the names of all drop folders.
func folderNames(c *config.Config) []string {
	var names []string
	for _, w := range c.Watchers() {
		names = append(names, w.Folder)
	}
	return names
}

// completeFlag has the values of a flag completed.
func completeFlag(cmd *cobra.Command, flag string, c completer) {
	if err := cmd.RegisterFlagCompletionFunc(flag, c); err != nil {
		panic("complete --" + flag + ": " + err.Error()) // there is no such flag
	}
}
