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
	"flag"
	"os"

	"imgwatchd/test/frame"
)

// A choice is what the command line asks for.
type choice struct {
	bin  string // the program under test; empty: build it
	out  string // where screenshots go
	keep bool   // leave the folders
}

func main() {
	var c choice
	flags := flag.NewFlagSet("browser", flag.ContinueOnError)
	flags.StringVar(&c.bin, "bin", "", "use this imgwatchd instead of building one")
	flags.StringVar(&c.out, "out", "test/browser/out", "put screenshots here")
	flags.BoolVar(&c.keep, "keep", false, "leave the folders of the checks")
	frame.Main(flags, frame.ByName(checks), c.lookAtAll)
}

func (c *choice) lookAtAll(ctx context.Context, chosen []check) (int, error) {
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return 1, err
	}
	if c.bin == "" {
		bin, release, err := frame.Build(ctx)
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
		t := &trial{ctx: ctx, browser: browser, choice: *c, name: k.name}
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

// Entry returns what a list says of the check.
func (c check) Entry() (name, claim string) { return c.name, c.claim }

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
