package doctor

import (
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"
)

// who says for whom it is asked: whether a file can be used depends on that.
type who struct {
	name      string // of the user that the service runs as, or else of who asks
	uid       int
	group     string // its own, by number
	groups    []int  // all that it is in
	self      bool   // who asks is that user
	root      bool   // who asks may do anything
	installed bool   // the service has a user of its own
}

// findOut takes the user of the service if there is one, else who asks.
func (e *examination) findOut() who {
	w := asker()
	u, err := user.Lookup(e.User)
	if err != nil {
		return w
	}
	w.installed = true
	uid, err := strconv.Atoi(u.Uid)
	if err != nil || uid == w.uid {
		return w
	}
	w.self, w.name, w.uid, w.group = false, u.Username, uid, u.Gid
	w.groups = nil
	ids, err := u.GroupIds()
	if err != nil {
		ids = []string{u.Gid}
	}
	for _, id := range ids {
		if gid, err := strconv.Atoi(id); err == nil {
			w.groups = append(w.groups, gid)
		}
	}
	return w
}

// asker returns who runs this process.
func asker() who {
	w := who{uid: os.Geteuid(), group: strconv.Itoa(os.Getegid()), root: os.Geteuid() == 0, self: true}
	w.name = userName(w.uid)
	w.groups = []int{os.Getegid()}
	if more, err := os.Getgroups(); err == nil {
		w.groups = append(w.groups, more...)
	}
	return w
}

// stranger reports whether who asks neither is w nor may do what w may.
func (w who) stranger() bool { return !w.self && !w.root }

// groupName returns the name of w's own group.
func (w who) groupName() string {
	if g, err := user.LookupGroupId(w.group); err == nil {
		return g.Name
	}
	return w.group
}

// may reports whether the mode bits of a file give w some of the rights that bits has,
// written as for others: 4 read, 2 write, 1 search.
func (w who) may(bits, mode uint32, uid, gid int) bool {
	switch {
	case w.uid == 0:
		return true
	case uid == w.uid:
		return mode>>6&bits == bits
	case slices.Contains(w.groups, gid):
		return mode>>3&bits == bits
	default:
		return mode&bits == bits
	}
}

// mayUse is may for the file at path. One that is not there may not be used.
func (w who) mayUse(bits uint32, path string) bool {
	fi, err := os.Stat(path)
	if err != nil {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && w.may(bits, uint32(st.Mode), int(st.Uid), int(st.Gid))
}

func (e *examination) checkUser() {
	s := e.about("user", "")
	again := fmt.Sprintf("ask as the service does: sudo -u %s imgwatchd doctor", e.User)
	switch {
	case e.who.installed && !e.who.self && e.who.root:
		s.warn(again, "asked by root, who may do everything: what the service, as %s, may do is judged by owners and modes alone", e.who.name)
	case e.who.installed && !e.who.self:
		s.warn(again, "asked by user %d, but the service runs as %s: another user has other rights", os.Geteuid(), e.who.name)
	case e.who.root:
		s.warn("run it as a user of its own: what is dropped comes from anywhere", "asked by root, and there is no user %q that the service could run as", e.User)
	default:
		s.ok("asked by %s", e.who.name)
	}
}
