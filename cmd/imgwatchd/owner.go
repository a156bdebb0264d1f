package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// becomeOwner has root go on as the owner of a state directory, which is the user that
// the daemon runs as: what is made while none runs, there and in drop folders, has to be
// for that user to write to.
func becomeOwner(dir string) error {
	uid, gid, ok := ownerOf(dir)
	if !ok || os.Geteuid() != 0 || uid == 0 {
		return nil
	}
	groups := []int{gid}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		gid, groups = groupsOf(u, gid)
	}
	for _, set := range []func() error{
		func() error { return syscall.Setgroups(groups) },
		func() error { return syscall.Setgid(gid) },
		func() error { return syscall.Setuid(uid) },
	} {
		if err := set(); err != nil {
			return forOwner(fmt.Errorf("become the owner of %s: %w", printable(dir), err), dir)
		}
	}
	return nil
}

// groupsOf returns the group of a user, and all groups; where they are not known, one
// that is.
func groupsOf(u *user.User, known int) (own int, all []int) {
	own, err := strconv.Atoi(u.Gid)
	if err != nil {
		return known, []int{known}
	}
	all = []int{own}
	ids, _ := u.GroupIds()
	for _, id := range ids {
		if gid, err := strconv.Atoi(id); err == nil {
			all = append(all, gid)
		}
	}
	return own, all
}

// ownerOf returns whose a directory is.
func ownerOf(dir string) (uid, gid int, ok bool) {
	fi, err := os.Stat(dir)
	if err != nil {
		return 0, 0, false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(st.Uid), int(st.Gid), true
}

// forOwner adds to an error for want of rights in a state directory who has them.
func forOwner(err error, dir string) error {
	uid, _, ok := ownerOf(dir)
	if !ok || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	name := "#" + strconv.Itoa(uid) // as sudo takes it
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		name = u.Username
	}
	return fmt.Errorf("%w; ask as its owner: sudo -u %s imgwatchd …", err, shellWord(name))
}
