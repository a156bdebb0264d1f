package doctor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/watcher"
)

// tempName returns a name of the kind that watchers ignore and the daemon sweeps away.
func tempName() string { return fmt.Sprintf("%s%016x", atomicfile.TempPrefix, rand.Uint64()) }

// checkLease looks whether the kernel says when a dropped file is still written to.
func (f *folder) checkLease() {
	s := f.about("lease", f.Name)
	if remote := watcher.Remote(f.root); remote != "" {
		s.ok("on %s the kernel cannot know of every writer: a file is ready when it was quiet for %v", remote, f.watch.StableFor)
		return
	}
	without := fmt.Sprintf("until then a file is ready when it was quiet for %v: choose stable_for longer than any pause of a writer", f.watch.StableFor)
	err := f.tryLease()
	switch {
	case errors.Is(err, errNotMade):
		s.skipped("%v", err)
		return
	case err != nil:
		s.warn(without, "the kernel does not say whether a file is open for writing: %v", err)
		return
	}
	f.checkForeignLease(s, without)
}

// checkForeignLease is about files of other users, as dropped ones often are.
func (f *folder) checkForeignLease(s subject, without string) {
	granted := f.service.has("AmbientCapabilities", "cap_lease") || f.service.has("User", "root")
	switch {
	case f.tree.foreign != "" && f.who.self:
		switch err := lease(filepath.Join(f.root, f.tree.foreign)); {
		case err == nil || errors.Is(err, unix.EAGAIN):
			s.ok("the kernel says whether a file is open for writing, also of other users")
		case granted:
			s.ok("the kernel says whether a file is open for writing; of other users', such as %q, it does to the service, which has CAP_LEASE, not to this process", f.tree.foreign)
		default:
			s.warn("give the service CAP_LEASE, as its unit does; "+without,
				"the kernel does not say whether a file of another user, such as %q, is open for writing: %v", f.tree.foreign, err)
		}
	case granted, hasCapability(unix.CAP_LEASE):
		s.ok("the kernel says whether a file is open for writing, also of other users (CAP_LEASE)")
	case f.service.known:
		s.warn("give the service CAP_LEASE, as the unit of the package does; "+without, "the kernel says whether a file is open for writing only of the service's own files")
	default:
		s.ok("the kernel says whether a file is open for writing; of those of other users only to the service, whose unit has CAP_LEASE")
	}
}

var errNotMade = errors.New("no file could be made to try it on")

// tryLease looks whether a lease on a file of our own is refused while it is open for
// writing, and granted afterwards.
func (f *folder) tryLease() error {
	name := filepath.Join(f.root, tempName())
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotMade, err)
	}
	defer os.Remove(name)
	whileOpen := lease(name)
	if err := file.Close(); err != nil {
		return err
	}
	if err := lease(name); err != nil {
		return err
	}
	if whileOpen == nil {
		return errors.New("it grants a lease on one that is")
	}
	return nil
}

// lease takes a read lease on a file, and gives it back at once.
func lease(name string) error {
	file, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = conn.Control(func(fd uintptr) { _, refused = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK) })
	return errors.Join(err, refused) // closing gives it back
}

// hasCapability reports whether this process has a capability in effect.
func hasCapability(c int) bool {
	set, err := strconv.ParseUint(statusOf("CapEff"), 16, 64)
	return err == nil && set>>c&1 == 1
}
