// Browser looks at the status page with Chromium, as people do: it builds imgwatchd,
// runs it on folders of its own, and checks what the page shows and lets do. Each check
// ends with one line:
//
//	ok      live: a file that was dropped shows after 1.4s, without a reload
//	FAILED  themes: contrast 3.9 of "just now" in dark
//
// Lines go to standard output, and screenshots to test/browser/out, to be looked at. The
// exit code is 1 when a check failed.
//
//	go run ./test/browser             every check
//	go run ./test/browser live keys   only these
//	go run ./test/browser -list       what there is
//	go run ./test/browser -keep       the folders stay for a look
//
// It needs chromium, or Chrome, and nothing of the network.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
	}
	os.Exit(code)
}

// A choice is what the command line asks for.
type choice struct {
	bin  string // the program under test; empty: build it
	out  string // where screenshots go
	keep bool   // leave the folders
}

func run(args []string) (int, error) {
	var c choice
	set := flag.NewFlagSet("browser", flag.ContinueOnError)
	set.StringVar(&c.bin, "bin", "", "use this imgwatchd instead of building one")
	set.StringVar(&c.out, "out", "test/browser/out", "put screenshots here")
	set.BoolVar(&c.keep, "keep", false, "leave the folders of the checks")
	list := set.Bool("list", false, "list the checks")
	if err := set.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0, nil
	} else if err != nil {
		return 2, nil
	}
	chosen, err := choose(set.Args())
	if err != nil {
		return 2, err
	}
	if *list {
		for _, c := range chosen {
			fmt.Printf("%-10s %s\n", c.name, c.claim)
		}
		return 0, nil
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return lookAtAll(ctx, c, chosen)
}

func lookAtAll(ctx context.Context, c choice, chosen []check) (int, error) {
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return 1, err
	}
	if c.bin == "" {
		bin, release, err := build(ctx)
		if err != nil {
			return 1, err
		}
		defer release()
		c.bin = bin
	}
	browser, quit, err := startBrowser(ctx)
	if err != nil {
		return 1, err
	}
	defer quit()
	code := 0
	for _, k := range chosen {
		t := &trial{ctx: ctx, browser: browser, choice: c, name: k.name}
		if !t.execute(k.look) {
			code = 1
		}
	}
	return code, ctx.Err()
}

// A check is one thing that must hold.
type check struct {
	name, claim string
	look        func(*trial)
}

// checks are all there are, in the order in which they are done.
var checks = []check{
	{"empty", "who has dropped nothing is told how to begin", empty},
	{"live", "what is dropped shows without a reload", live},
	{"failed", "what failed shows with its reason, and is gone once it was retried with success", failed},
	{"names", "names that were made to do harm do none, and show what they are", hostileNames},
	{"pictures", "thumbnails and renditions are shown, and only those of the ledger", showPictures},
	{"controls", "folders are paused, resumed and looked through by their buttons", controls},
	{"search", "files are found by text, folder and state, page by page", search},
	{"same", "what the script draws is what the server draws", same},
	{"lost", "a lost connection is told, and comes back", lost},
	{"strict", "nothing is loaded from elsewhere, nothing breaks the policy, nothing complains", strict},
	{"scriptless", "the page works without JavaScript", scriptless},
	{"foreign", "no other site's page can tell the daemon anything", foreign},
	{"keys", "the keyboard reaches every control, and its place is seen", keys},
	{"access", "every control has a name, and every text contrast", access},
	{"token", "whoever has no token is asked for it", token},
	{"looks", "screenshots of what there is, in both themes, on a desktop and a phone", looks},
}

func choose(names []string) ([]check, error) {
	if len(names) == 0 {
		return checks, nil
	}
	var chosen []check
	for _, name := range names {
		i := slices.IndexFunc(checks, func(c check) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("no check is called %q; see -list", name)
		}
		chosen = append(chosen, checks[i])
	}
	return chosen, nil
}
