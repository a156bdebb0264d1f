// Package frame is what the programs beside it have in common: a table of what they try,
// a command line that chooses from it, and the imgwatchd that they try.
//
// A program ends with exit code 0 when all that was tried was good or could be passed over,
// 1 when something failed, and 2 when the command line is wrong. What it prints on the
// way is its own business.
package frame

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// An Entry of a table has a name and says in a line what is shown.
type Entry interface{ Entry() (name, claim string) }

// Main is a program from its first line to its exit code. The caller has added to flags
// what only this program knows; what choose makes of the other words of the command line
// is listed with -list, and tried without. The context of try ends with the first
// Ctrl-C or SIGTERM.
func Main[E Entry](flags *flag.FlagSet, choose func(names []string) ([]E, error), try func(context.Context, []E) (int, error)) {
	code, err := run(flags, os.Args[1:], os.Stdout, choose, try)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", flags.Name(), err)
	}
	os.Exit(code)
}

func run[E Entry](flags *flag.FlagSet, args []string, stdout io.Writer, choose func([]string) ([]E, error), try func(context.Context, []E) (int, error)) (int, error) {
	listed := flags.Bool("list", false, "list what there is")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0, nil
	} else if err != nil {
		return 2, nil // flags has said why
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return 2, err
	}
	if *listed {
		list(stdout, chosen)
		return 0, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return try(ctx, chosen)
}

func list[E Entry](w io.Writer, entries []E) {
	widest := 0
	for _, e := range entries {
		name, _ := e.Entry()
		widest = max(widest, len(name))
	}
	for _, e := range entries {
		name, claim := e.Entry()
		fmt.Fprintf(w, "%-*s %s\n", widest, name, claim)
	}
}

// ByName chooses the entries of a table that are named, in whatever case, or all when none
// is.
func ByName[E Entry](table []E) func(names []string) ([]E, error) {
	return func(names []string) ([]E, error) {
		if len(names) == 0 {
			return table, nil
		}
		var chosen []E
		for _, wanted := range names {
			i := slices.IndexFunc(table, func(e E) bool {
				name, _ := e.Entry()
				return strings.EqualFold(name, wanted)
			})
			if i < 0 {
				return nil, fmt.Errorf("nothing is called %q; -list names what there is", wanted)
			}
			chosen = append(chosen, table[i])
		}
		return chosen, nil
	}
}
