package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"imgwatchd/internal/config"
	"imgwatchd/internal/daemon"
)

// systemConfig is where the package installs the configuration.
const systemConfig = "/etc/imgwatchd/imgwatchd.yaml"

// runFlags are the flags of "run".
type runFlags struct {
	config    string
	drop, out string
}

func runCommand() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "watch the drop folders until SIGTERM",
		Long: `Watch the drop folders and make the renditions of every image dropped there.

Without a configuration file it watches ./inbox and makes, in ./outbox, a
thumbnail of 128 and a web version of 1600 pixels.

SIGHUP loads the configuration again; SIGTERM finishes what is in work and ends,
a second SIGTERM ends at once.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	addConfigFlag(cmd, &flags.config)
	cmd.Flags().StringVar(&flags.drop, "drop", "", "watch this folder, without a configuration file (default ./inbox)")
	cmd.Flags().StringVar(&flags.out, "out", "", "put renditions here, without a configuration file (default ./outbox)")
	return cmd
}

func addConfigFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVarP(file, "config", "c", "", "configuration file (default $IMGWATCHD_CONFIG, or "+systemConfig+" if it exists)")
}

// configFile returns the configuration file that is to be used, or "" when there
// is none.
func configFile(flag string) string {
	if flag != "" {
		return flag
	}
	if file := os.Getenv("IMGWATCHD_CONFIG"); file != "" {
		return file
	}
	if _, err := os.Stat(systemConfig); err == nil {
		return systemConfig
	}
	return ""
}

func (f runFlags) run(cmd *cobra.Command) error {
	direct := f.drop != "" || f.out != ""
	if direct && f.config != "" {
		return usagef("give either --config or --drop and --out")
	}
	file := ""
	if !direct {
		file = configFile(f.config)
	}
	load := func() (*config.Config, error) { return loadFile(file) }
	var cfg *config.Config
	var err error
	if file != "" {
		cfg, err = load()
	} else {
		load = nil
		cfg, err = f.quickstart(cmd)
	}
	if err != nil {
		return err
	}
	return serve(cfg, file, load)
}

// loadFile loads a configuration. Folders that are missing are no fault here: the
// daemon waits for them.
func loadFile(file string) (*config.Config, error) {
	cfg, err := config.Load(file, os.Environ())
	return cfg, configError(file, err)
}

// configError makes a file that cannot be read a fault of the configuration.
func configError(file string, err error) error {
	var unreadable *fs.PathError
	if errors.As(err, &unreadable) {
		return config.Faults{{File: file, Problem: err.Error(), Help: "name a readable file with --config, or write one with: imgwatchd config create"}}
	}
	return err
}

// quickstart makes the folders of the embedded default, so that there is a place
// to drop the first image, and says so.
func (f runFlags) quickstart(cmd *cobra.Command) (*config.Config, error) {
	cfg, err := config.Quickstart(f.drop, f.out, os.Environ())
	if err != nil {
		return nil, err
	}
	for _, folder := range cfg.Pipeline().Folders {
		for _, dir := range []string{folder.Root, folder.Output} {
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return nil, fmt.Errorf("make folder: %w", err)
			}
		}
		names := make([]string, len(folder.Presets))
		for i, p := range folder.Presets {
			names[i] = p.Name
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "imgwatchd: drop images into %s; %s go to %s. Ctrl-C ends; your own rules: imgwatchd config create\n",
			nearby(folder.Root), strings.Join(names, " and "), nearby(folder.Output))
	}
	return cfg, nil
}

// nearby returns path as it looks from the working directory, if it is below.
func nearby(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(wd, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return "./" + rel
}

// serve runs the daemon until the signals say that it is to end. Without a file
// to load again, which load does, the signal of a terminal that closes is one of them.
func serve(cfg *config.Config, file string, load func() (*config.Config, error)) error {
	log, err := newLogger(cfg.Log)
	if err != nil {
		return err
	}
	defer log.Sync()
	limitHeap(cfg.Pipeline().Memory)
	if file != "" {
		if file, err = filepath.Abs(file); err != nil {
			return err
		}
	}
	d := daemon.New(daemon.Options{Config: cfg, File: file, Load: load, Log: log, Version: programVersion()})
	var intake, work context.Context
	var release func()
	if load == nil {
		intake, work, release = untilSignals(syscall.SIGHUP)
	} else {
		intake, work, release = untilSignals()
		stop := onHangup(d.Reload)
		defer stop()
	}
	defer release()
	if err := d.Run(intake, work); err != nil {
		return err
	}
	if work.Err() != nil {
		return errors.New("stopped at once: what was in work is left for the next start")
	}
	return nil
}
