// Package web is how the daemon is asked and told: an HTTP API with JSON answers, on a
// unix socket and, with a status page, on a TCP address. docs/api.md has its routes.
//
// The bodies of POST are forms, because paths are bytes, which JSON could not carry. In
// answers, bytes of paths that are no UTF-8 are shown as U+FFFD. Whoever may open the
// socket may do everything. By TCP a [Door] decides who comes in: requests must name a
// host that is ours and come from no other site, and where other machines can reach the
// address they need a token.
//
// Nothing waits for ever: every request and answer has its time and its size, and there
// are as many connections and listeners to events as are good for the daemon. A handler
// that panics ends its request only.
//
// [Server] serves an [API], [Client] is one that asks a server: a command that works
// with the daemon running and without differs in nothing but the API that it holds.
package web

import (
	"context"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// An API is what can be asked and told. Paths are absolute.
type API interface {
	Status() (Status, error)
	Queue(limit int) (Queue, error)       // at most limit of those that wait; 0: UsualQueue
	Explain(path string) (Account, error) // what becomes of a path, and why

	// What may take long ends with the context of who asks.
	History(context.Context, Query) (History, error) // what the ledger knows, a page at a time
	Failed(context.Context) ([]ledger.Entry, error)  // the sources that failed, the latest first

	Retry(Selection) ([]Result, error)     // work on failed sources again
	Reprocess(Selection) ([]Result, error) // make renditions again that were made
	Forget(Selection) ([]Result, error)    // strike sources off the ledger

	// Folders are named; none stands for all. An unknown name is a Problem of its Result.
	Pause(folders []string) ([]Result, error) // take nothing up from them, until Resume
	Resume(folders []string) ([]Result, error)
	Rescan(folders []string) ([]Result, error) // look through them now

	// Reload has the configuration loaded again, and returns when it is in force or,
	// with what is wrong with it, when it is not.
	Reload(context.Context) error
}

// A Selection names sources, and maybe one of their presets.
type Selection struct {
	Paths  []string
	IDs    []int64 // of the ledger, for those who saw the path as JSON, which may not be all of it
	All    bool    // instead of Paths
	Preset string  // Reprocess: this one only; empty: all
}

// A Result says what became of one path of a Selection, or of the sources below it.
type Result struct {
	Path    string `json:"path"`
	Count   int    `json:"count"`             // sources for which it was done
	Problem string `json:"problem,omitempty"` // why it was done for none
}

// A Folder says how a drop folder is.
type Folder struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	OK       bool   `json:"ok"`
	Reason   string `json:"reason,omitempty"`   // why not OK, or why it is polled
	Mode     string `json:"mode,omitempty"`     // events, poll, events+poll; empty: nobody watches
	Watches  int    `json:"watches,omitzero"`   // directories that send events
	Polled   int    `json:"polled,omitzero"`    // directories that are polled
	Settling int    `json:"settling,omitempty"` // files that are waited for

	Presets []string `json:"presets"`
	Paused  bool     `json:"paused,omitempty"` // by an operator; a paused folder is not OK
	Queued  int      `json:"queued"`
	InWork  int      `json:"in_work"`
	Rate    float64  `json:"rate"`  // files that ended per second, over the last minute
	Ended   Counts   `json:"ended"` // since the start
}

// An Account is the answer of Explain.
type Account struct {
	Path    string        `json:"path"`
	Folder  string        `json:"folder,omitempty"` // its drop folder
	Verdict Verdict       `json:"verdict"`
	Why     string        `json:"why"`             // for people, a line or a few
	Entry   *ledger.Entry `json:"entry,omitempty"` // what the ledger knows
}

// A Verdict is a word for what becomes of a path.
type Verdict string

// The verdicts are the states of a job and these.
const (
	Elsewhere Verdict = "elsewhere" // under no drop folder
	Ignored   Verdict = "ignored"   // a pattern leaves it out
	Refused   Verdict = "refused"   // no regular file
	Missing   Verdict = "missing"   // nothing stands there
	Rendition Verdict = "rendition" // made by imgwatchd
	Growing   Verdict = "growing"   // not finished yet
	New       Verdict = "new"       // not worked on yet
	Changed   Verdict = "changed"   // another file than the one that was worked on
	Left      Verdict = "left"      // it was worked on and has left its folder
)

// VerdictOf returns the verdict for a state.
func VerdictOf(s job.State) Verdict { return Verdict(s) }
