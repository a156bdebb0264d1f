package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/doctor/dropin"
)

// dropInFile is where systemd looks for what an administrator adds to the unit.
const dropInFile = "/etc/systemd/system/imgwatchd.service.d/folders.conf"

func systemdCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "systemd",
		Short: "fit the service to the configuration",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(dropInCommand())
	return cmd
}

func dropInCommand() *cobra.Command {
	var config, file string
	var write bool
	cmd := &cobra.Command{
		Use:   "drop-in",
		Short: "print, or write, what the unit of the service must grant for this configuration",
		Long: `Print the drop-in that lets the service use the folders of the configuration: the unit
lets it write nowhere but to /srv/imgwatchd and its state directory, hides all homes, and
lets it talk to this machine alone. The drop-in also has the service wait for the mounts
that the folders are on.

With --write it is put where systemd looks for it. What to do then is said on standard
error. A file there that was not written by this verb is left as it is.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, cfg, err := loadUsual(config)
			if err != nil {
				return err
			}
			plan := dropin.For(cfg, dropin.System{})
			text, err := plan.Text()
			if err != nil {
				return err
			}
			if !write {
				_, err := io.WriteString(cmd.OutOrStdout(), text)
				return err
			}
			if err := writeDropIn(file, text); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: written\n", printable(file))
			sayNext(cmd.ErrOrStderr(), plan)
			return nil
		},
	}
	addConfigFlag(cmd, &config)
	cmd.Flags().BoolVar(&write, "write", false, "write it to the file instead of printing it")
	cmd.Flags().StringVar(&file, "file", dropInFile, "where --write puts it")
	return cmd
}

// writeDropIn writes a drop-in, in place of a former one that was written here.
func writeDropIn(file, text string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("write drop-in: %w", err)
	}
	former, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("write drop-in: %w", err)
	case !bytes.HasPrefix(former, []byte(dropin.Marker+"\n")):
		return fmt.Errorf("write drop-in: %s was not written by this verb and is left as it is; move it away, or name another with --file", printable(file))
	}
	root, err := os.OpenRoot("/")
	if err != nil {
		return fmt.Errorf("write drop-in: %w", err)
	}
	defer root.Close()
	name := strings.TrimPrefix(file, "/")
	if err := atomicfile.Write(root, name, []byte(text), atomicfile.Options{Mode: 0o644, DirMode: 0o755}); err != nil {
		return fmt.Errorf("write drop-in: %w", err)
	}
	return nil
}

// sayNext says what makes a drop-in take effect.
func sayNext(w io.Writer, p dropin.Plan) {
	for _, n := range p.Needs {
		for _, dir := range n.Covers {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				fmt.Fprintf(w, "make the folder that is missing:  install -d -o imgwatchd -g imgwatchd -m 2775 %s\n", shellWord(dir))
			}
		}
	}
	fmt.Fprintln(w, "have it take effect:  systemctl daemon-reload && systemctl restart imgwatchd")
	fmt.Fprintln(w, "look whether all is well:  sudo -u imgwatchd imgwatchd doctor")
}

// shellWord returns text as one word of a shell's command line.
func shellWord(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:@%,="
	if strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
