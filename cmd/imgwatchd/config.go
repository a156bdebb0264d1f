package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"imgwatchd/configs"
	"imgwatchd/internal/config"
)

func configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "check, show or create the configuration",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(configCheckCommand(), configShowCommand(), configCreateCommand())
	return cmd
}

// embedded is what stands for the name of a file where there is none.
const embedded = "embedded defaults"

func configCheckCommand() *cobra.Command {
	var skipPaths bool
	var flag string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "say everything that is wrong with a configuration",
		Long: `Check a configuration file and the environment, and say everything that is wrong,
with file, line and key. The exit code is 78 when something is.

The folders that it names must be there and usable; --no-paths checks the file
alone, for use on another machine.`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, cfg, err := loadArg(flag, args)
			if err != nil {
				return err
			}
			if !skipPaths && file != embedded { // whose folders are made on the first run
				if err := cfg.CheckPaths(); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: ok\n", file)
			return nil
		},
	}
	addConfigFlag(cmd, &flag)
	cmd.Flags().BoolVar(&skipPaths, "no-paths", false, "do not look at the folders that the file names")
	return cmd
}

// loadArg loads the file that the argument names, or the flag as of the other verbs, or
// else the usual one.
func loadArg(flag string, args []string) (string, *config.Config, error) {
	switch {
	case len(args) > 0 && flag != "":
		return "", nil, usagef("give the file either as FILE or with --config")
	case len(args) > 0:
		return loadUsual(args[0])
	}
	return loadUsual(flag)
}

// loadUsual loads file or, if that is "", the file that is in force without it.
func loadUsual(file string) (string, *config.Config, error) {
	file = configFile(file)
	if file == "" {
		cfg, err := config.Quickstart("", "", os.Environ())
		return embedded, cfg, err
	}
	cfg, err := loadFile(file)
	return file, cfg, err
}

func configShowCommand() *cobra.Command {
	var flag string
	cmd := &cobra.Command{
		Use:   "show [FILE]",
		Short: "print the configuration in force, every default filled in",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, cfg, err := loadArg(flag, args)
			if err != nil {
				return err
			}
			text, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	addConfigFlag(cmd, &flag)
	return cmd
}

func configCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "create [FILE]",
		Short: "write the documented default configuration, to standard output or a new file",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				_, err := io.WriteString(cmd.OutOrStdout(), configs.Default)
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("create configuration: %s is there already and is left as it is", args[0])
			}
			if err != nil {
				return fmt.Errorf("create configuration: %w", err)
			}
			_, err = f.WriteString(configs.Default)
			return errors.Join(err, f.Close())
		},
	}
}
