package doctor

import (
	"fmt"
	"os"
	"time"

	"imgwatchd/internal/hooks"
	"imgwatchd/internal/ledger"
)

// checkHooks looks at what waits for each hook, and whether its command is one that the
// service may run. What is wrong with that for whoever asks is said of paths.
func (e *examination) checkHooks() {
	all := e.Config.Hooks()
	if len(all) == 0 {
		e.about("hooks", "").skipped("the configuration has none")
		return
	}
	for _, h := range all {
		e.checkWaiting(h)
		if len(h.Command) > 0 && !e.who.self {
			e.checkProgram(h)
		}
	}
}

func (e *examination) checkWaiting(h hooks.Hook) {
	s := e.about("hooks", "")
	o := e.ledger.Outbox[h.Name]
	switch {
	case !ledger.Exists(e.Config.StateDir()):
		s.ok("%s has nothing to be told yet", h.Name)
	case e.ledger.Outbox == nil:
		s.skipped("what waits for %s is not known: see what is said of the ledger", h.Name)
	case o.Failed > 0:
		s.warn("see why: journalctl -u imgwatchd -g 'hook failed'; and docs/hooks.md, \"When a hook does not work\"",
			"%s fails: %d messages wait for it, %d of them were tried in vain; the oldest is of %s", h.Name, o.Waiting, o.Failed, o.Oldest.Format(time.DateTime))
	default:
		s.ok("%s: %d messages wait, none of them was tried in vain", h.Name, o.Waiting)
	}
}

// checkProgram judges by owner and mode whether the service may run a command.
func (e *examination) checkProgram(h hooks.Hook) {
	s := e.about("hooks", "")
	program := h.Command[0]
	_, err := os.Stat(program)
	switch {
	case err != nil && e.who.stranger(): // else it is said of paths
		s.fail("install it, or change the hook", "the command of %s: %v", h.Name, err)
	case err == nil && !e.who.mayUse(1, program):
		s.fail(fmt.Sprintf("setfacl -m u:%s:rx %q", e.who.name, program), "by its owner and mode, %s cannot run the command of %s, %s", e.who.name, h.Name, program)
	}
}
