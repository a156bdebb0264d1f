package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"imgwatchd/internal/pipeline"
)

// checkOwner looks whether files that others drop will be readable, and can be taken
// out of the folder again.
func (f *folder) checkOwner() {
	s := f.about("owner", f.Name)
	fi, err := os.Stat(f.root)
	if err != nil {
		s.skipped("%v", err)
		return
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		s.skipped("the system does not say who owns %q", f.root)
		return
	}
	is := fmt.Sprintf("%s belongs to %s:%s, mode %s, and the umask here is %s", f.root, userName(int(st.Uid)), groupName(int(st.Gid)), octal(fi.Mode()), umask())
	takes := f.OnSuccess != pipeline.Keep || f.OnFailure != pipeline.Keep
	ours := f.who.may(4, 0o040, -1, int(st.Gid)) // its group has us in it
	switch {
	case f.who.uid == 0:
		s.ok("%s", is)
	case takes && fi.Mode()&fs.ModeSticky != 0 && int(st.Uid) != f.who.uid:
		s.fail(fmt.Sprintf("chmod -t %q, or make %s its owner", f.root, f.who.name),
			"%s; it is sticky, so that nobody but their owners can take files out of it", is)
	case takes && !f.who.self && !f.who.may(3, uint32(st.Mode), int(st.Uid), int(st.Gid)):
		s.fail(fmt.Sprintf("chgrp %s %q && chmod g+rwxs %[2]q", f.who.groupName(), f.root), "%s; by this, %s cannot take sources out of it", is, f.who.name)
	case st.Mode&0o022 != 0 && (fi.Mode()&fs.ModeSetgid == 0 || !ours):
		s.warn(fmt.Sprintf("chgrp %s %q && chmod g+s %[2]q, so that files get a group that %[3]s is in; or setfacl -d -m u:%[3]s:rX %[2]q", f.who.groupName(), f.root, f.who.name),
			"%s; others may drop files here, and those of users with a umask of 027 or 077 will not be readable", is)
	default:
		s.ok("%s", is)
	}
}

func octal(m fs.FileMode) string {
	bits := uint32(m.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return fmt.Sprintf("%04o", bits)
}

// umask returns the umask of this process; to ask the kernel for it is to set it.
func umask() string { return statusOf("Umask") }

// statusOf returns what the kernel says of this process under a key.
func statusOf(key string) string {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if k, v, ok := strings.Cut(line, ":"); ok && k == key {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

func groupName(gid int) string {
	if g, err := user.LookupGroupId(strconv.Itoa(gid)); err == nil {
		return g.Name
	}
	return strconv.Itoa(gid)
}
