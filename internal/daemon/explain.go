package daemon

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/watcher"
	"imgwatchd/internal/web"
)

// Explain implements web.API.
func (c *Control) Explain(path string) (web.Account, error) {
	a := web.Account{Path: path}
	e, known, err := c.find(path)
	if err != nil {
		return a, err
	}
	if known {
		a.Entry = &e
	}
	f, name, inside := c.folderOf(path)
	if !inside {
		a.Verdict, a.Why = c.outside(path, a.Entry)
		return a, nil
	}
	a.Folder = f.Folder
	sight := f.See(name)
	switch {
	case sight.Look == watcher.Hidden:
		a.Verdict, a.Why = web.Ignored, "ignored: "+sight.Why
	case sight.Look == watcher.Refused:
		a.Verdict, a.Why = web.Refused, "refused: "+sight.Why
	case sight.Look == watcher.Missing:
		a.Verdict, a.Why = missing(sight, a.Entry)
	default:
		a.Verdict, a.Why = c.standing(f, name, sight, a.Entry)
	}
	a.Why += c.trouble(a)
	return a, nil
}

// outside accounts for a path under no drop folder.
func (c *Control) outside(path string, e *ledger.Entry) (web.Verdict, string) {
	if e != nil { // it was moved here, or came from a folder that is no more
		return web.Left, history(*e)
	}
	if c.ledger != nil {
		if source, _, ok := c.ledger.MadeFrom(path); ok {
			return web.Rendition, fmt.Sprintf("a rendition, made from %s", oneLine(source))
		}
	}
	return web.Elsewhere, "not under any folder; watched are " + strings.Join(c.roots(), ", ")
}

func (c *Control) roots() []string {
	var roots []string
	for _, f := range c.config.Watchers() {
		roots = append(roots, f.Root)
	}
	return roots
}

// missing accounts for a file that is not there.
func missing(s watcher.Sight, e *ledger.Entry) (web.Verdict, string) {
	if e == nil {
		return web.Missing, s.Why
	}
	return web.Left, s.Why + " any more; " + history(*e)
}

// standing accounts for a file that stands in a drop folder.
func (c *Control) standing(f watcher.Options, name string, s watcher.Sight, e *ledger.Entry) (web.Verdict, string) {
	if c.ledger != nil {
		if own := ownFile(c.ledger, filepath.Join(f.Root, name), s.Fingerprint); own != "" {
			return web.Rendition, fmt.Sprintf("the same file as %s, which imgwatchd put there; left alone", oneLine(own))
		}
	}
	switch state := c.liveState(f.Folder, name); {
	case state == job.Working:
		return web.VerdictOf(state), "in work now"
	case state == job.Queued:
		return web.VerdictOf(state), "queued: waits for its turn"
	case e == nil && s.Look == watcher.Growing:
		return web.Growing, "still growing: " + s.Why
	case e == nil:
		return web.New, "not worked on yet"
	case e.Gone || e.Fingerprint != s.Fingerprint && s.Look == watcher.Growing:
		return web.Growing, "still growing: " + s.Why
	case e.Fingerprint != s.Fingerprint:
		return web.Changed, "changed since; it will be worked on again. Before: " + history(*e)
	case e.State == job.Working:
		return web.VerdictOf(job.Queued), "was in work when the daemon ended; it will be again"
	case c.outdated(f.Folder, name, s):
		return web.VerdictOf(job.Queued), "to be worked on again, or to be moved: what is wanted of it is not what was done. Before: " + history(*e)
	default:
		return web.VerdictOf(e.State), history(*e)
	}
}

// liveState returns what the daemon has to do with a source at this moment.
func (c *Control) liveState(folder, name string) job.State {
	if c.live == nil {
		return ""
	}
	return c.live.queue.State(job.Key{Folder: folder, Path: filepath.ToSlash(name)})
}

// outdated reports whether the ledger knows an end of a source that is not what is
// wanted now.
func (c *Control) outdated(folder, name string, s watcher.Sight) bool {
	e, known, err := c.find(c.recipe(folder).Path(name))
	ended := known && err == nil && (e.State == job.Done || e.State == job.Failed || e.State == job.Skipped)
	return ended && e.Class != job.Unreadable &&
		!c.ledger.Settled(job.Job{Folder: folder, Path: name, Fingerprint: s.Fingerprint}, c.recipe(folder))
}

func (c *Control) recipe(folder string) *ledger.Recipe {
	if c.live != nil {
		return c.live.pipeline.Recipe(folder)
	}
	return pipeline.New(c.config.Pipeline()).Recipe(folder)
}

// trouble adds what holds a file up that is not its own.
func (c *Control) trouble(a web.Account) string {
	switch a.Verdict {
	case web.New, web.Changed, web.Growing, web.VerdictOf(job.Queued):
	default:
		return ""
	}
	if c.pauses().of(a.Folder) != nil {
		return fmt.Sprintf("; its folder is paused: nothing of it is taken up until imgwatchd resume %s", a.Folder)
	}
	switch {
	case c.daemon == nil:
		return "; no daemon is running"
	case c.live == nil:
		return "; the daemon is starting"
	}
	if why := c.live.intakes[a.Folder].trouble(); why != "" {
		return "; its folder is degraded: " + why
	}
	return ""
}

// history tells an entry in a sentence.
func history(e ledger.Entry) string {
	var b strings.Builder
	switch e.State {
	case job.Done:
		fmt.Fprintf(&b, "done at %s", clock(e.Ended))
	case job.Failed:
		fmt.Fprintf(&b, "failed %d× (%s, last at %s): %s: %s", e.Attempts, e.Class, clock(e.Ended), e.Step, oneLine(e.Reason))
	case job.Skipped:
		fmt.Fprintf(&b, "skipped at %s (%s): %s", clock(e.Ended), e.Class, oneLine(e.Reason))
	case job.Working:
		fmt.Fprintf(&b, "in work since %s", clock(e.Started))
	default:
		b.WriteString("queued")
		if e.Reason != "" {
			fmt.Fprintf(&b, ", after %d attempts (%s): %s: %s", e.Attempts, e.Class, e.Step, oneLine(e.Reason))
		}
	}
	for _, r := range e.Outputs {
		if r.State == job.Done {
			fmt.Fprintf(&b, "\n  %s: %s (%d×%d %s, %d bytes)", r.Preset, oneLine(r.Path), r.Width, r.Height, r.Format, r.Size)
		}
	}
	switch {
	case e.MovedTo != "":
		fmt.Fprintf(&b, "\n  moved to %s", oneLine(e.MovedTo))
	case e.Gone:
		b.WriteString("\n  its source was deleted")
	}
	return b.String()
}

// oneLine quotes text that would break lines: what a file is called must not look like
// what is said of it.
func oneLine(text string) string {
	if strings.ContainsAny(text, "\n\r") {
		return strconv.Quote(text)
	}
	return text
}

func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
