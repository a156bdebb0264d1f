package watcher

import (
	"os"

	"golang.org/x/sys/unix"
)

// remoteFilesystems are those on which files change without an event here:
// network and cluster filesystems, and what a user process or a hypervisor
// serves. The change times in them come from another clock.
var remoteFilesystems = map[uint32]string{
	unix.NFS_SUPER_MAGIC:   "nfs",
	unix.SMB_SUPER_MAGIC:   "smb",
	unix.CIFS_SUPER_MAGIC:  "cifs",
	unix.SMB2_SUPER_MAGIC:  "smb2",
	unix.FUSE_SUPER_MAGIC:  "fuse",
	unix.V9FS_MAGIC:        "9p",
	unix.CEPH_SUPER_MAGIC:  "ceph",
	unix.AFS_SUPER_MAGIC:   "afs",
	unix.AFS_FS_MAGIC:      "afs",
	unix.CODA_SUPER_MAGIC:  "coda",
	unix.NCP_SUPER_MAGIC:   "ncp",
	unix.OCFS2_SUPER_MAGIC: "ocfs2",
	0x01161970:             "gfs2",
	0x0bd00bd0:             "lustre",
	0x47504653:             "gpfs",
	0xbacbacbc:             "vmhgfs",
	0x786f4256:             "vboxsf",
	0x7c7c6673:             "prl_fs",
}

// remoteFilesystem names the filesystem that f is on if it is a remote one.
func remoteFilesystem(f *os.File) string {
	conn, err := f.SyscallConn()
	if err != nil {
		return ""
	}
	var st unix.Statfs_t
	var statfs error
	err = conn.Control(func(fd uintptr) { statfs = unix.Fstatfs(int(fd), &st) })
	if err != nil || statfs != nil {
		return ""
	}
	return remoteFilesystems[uint32(st.Type)]
}

// Remote names the filesystem that the directory dir is on if it is a remote one: one
// that Auto polls. Where dir cannot be opened the answer is "".
func Remote(dir string) string {
	f, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	return remoteFilesystem(f)
}
