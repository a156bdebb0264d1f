package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// checkLedger looks at the ledger, also beside a daemon that has it open.
func (e *examination) checkLedger() {
	s := e.about("ledger", "")
	ctx, cancel := context.WithTimeout(e.ctx, e.Patience)
	defer cancel()
	dir := e.Config.StateDir()
	c, err := ledger.Inspect(ctx, dir)
	e.ledger = c
	_, most := e.Config.Retention()
	size := humanize.IBytes(uint64(c.Bytes))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.skipped("there is no ledger in %s yet; the first start makes it", dir)
	case errors.Is(err, fs.ErrPermission):
		s.skipped("%v", err)
	case err != nil:
		s.warn("nothing need be done: the next start sets it aside and fills a new one by looking through the folders", "%v", err)
	case c.Bytes > most-most/10:
		s.warn("raise ledger.max_size or lower ledger.keep", "it has %s, and beyond ledger.max_size (%s) the oldest entries are forgotten", size, humanize.IBytes(uint64(most)))
	default:
		s.ok("%s", contents(c, size))
	}
	if c.Aside > 0 {
		s.warn(fmt.Sprintf("if this happens again, look at the disk; remove them when you like: %s/ledger.db.*-*", dir), "%d former ledgers were set aside as damaged", c.Aside)
	}
}

func contents(c ledger.Condition, size string) string {
	all := 0
	for _, n := range c.Sources {
		all += n
	}
	text := fmt.Sprintf("it is sound and knows %d sources (%d done, %d failed, %d of them gone) in %s", all, c.Sources[job.Done], c.Sources[job.Failed], c.Gone, size)
	if !c.Checked {
		text = fmt.Sprintf("it has %s, and is too large to be looked through in time", size)
	}
	return text
}

// checkSocket says whether a daemon answers.
func (e *examination) checkSocket() {
	s := e.about("socket", "")
	switch {
	case errors.Is(e.unreachable, fs.ErrPermission):
		s.warn(fmt.Sprintf("ask as root, or become a member of its group: usermod -aG %s %s", e.User, userName(unix.Geteuid())), "%v", e.unreachable)
	case e.unreachable != nil:
		s.fail("look into the log: journalctl -u imgwatchd", "%v", e.unreachable)
	case !e.daemon.Running:
		s.skipped("no daemon is running")
	default:
		s.ok("the daemon answers on %s", e.Config.Socket())
	}
}

// checkPage says whether the status page is, or could be, served.
func (e *examination) checkPage() {
	s := e.about("page", "")
	listen := e.Config.HTTP().Listen
	switch {
	case e.daemon.Problem != "":
		s.fail("choose another http.listen, or end what listens there: ss -ltnp", "%s", e.daemon.Problem)
	case e.daemon.Listen != "":
		s.ok("served at http://%s/", e.daemon.Listen)
	case listen == "":
		s.ok("switched off: http.listen is empty")
	case e.daemon.Running || e.unreachable != nil:
		s.skipped("the daemon does not say whether it serves %s", listen)
	default:
		e.tryListen(s, listen)
	}
}

func (e *examination) tryListen(s subject, address string) {
	var lc net.ListenConfig
	l, err := lc.Listen(e.ctx, "tcp", address)
	if err != nil {
		s.fail("choose another http.listen, or end what listens there: ss -ltnp", "nothing can listen on %s: %v", address, err)
		return
	}
	l.Close()
	s.ok("%s is free for it", address)
}
