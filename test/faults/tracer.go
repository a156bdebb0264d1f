package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A tracer runs a process under ptrace and has a say in each of its system calls, as strace
// has when it injects faults. But strace counts in each thread for itself, while goroutines
// move from thread to thread, and it knows files by their full names alone, while
// temporary files have random ones.
type tracer struct {
	rule  atomic.Pointer[rule]
	pid   int
	ended chan struct{} // closed when the process is gone; then status and usage hold

	status syscall.WaitStatus
	usage  syscall.Rusage
	due    map[int]int64 // by thread: the result of a call that is not made
}

// A rule says what is to become of a call that is about to be made. The tracer asks it
// for one call at a time.
type rule func(*call) verdict

// A verdict is what becomes of a call. The zero verdict lets it be made.
type verdict struct {
	kill    bool          // the process is killed before it is made
	fail    syscall.Errno // it is not made and fails
	pretend int           // it is not made and returns this, but no more than its third argument
	length  int           // it is made with this third argument, but no more; of a write, the bytes
}

// A call is a system call that is about to be made.
type call struct {
	number uint64
	args   [6]uint64
	pid    int
	thread int
}

// A kind is a kind of system calls that do the same to files.
type kind string

// The kinds of calls.
const (
	opening  kind = "open"
	reading  kind = "read"
	writing  kind = "write"
	syncing  kind = "fsync"
	renaming kind = "rename"
	removing kind = "unlink"
)

// kinds has the calls that every architecture knows; olderCalls are those that take a
// path and no directory.
var kinds = func() map[uint64]kind {
	all := map[uint64]kind{
		unix.SYS_OPENAT:          opening,
		unix.SYS_READ:            reading,
		unix.SYS_PREAD64:         reading,
		unix.SYS_WRITE:           writing,
		unix.SYS_PWRITE64:        writing,
		unix.SYS_FTRUNCATE:       writing,
		unix.SYS_FALLOCATE:       writing,
		unix.SYS_FSYNC:           syncing,
		unix.SYS_FDATASYNC:       syncing,
		unix.SYS_SYNC_FILE_RANGE: syncing,
		unix.SYS_SYNCFS:          syncing,
		unix.SYS_IO_URING_ENTER:  syncing, // nothing else is asked of a ring
		unix.SYS_RENAMEAT2:       renaming,
		unix.SYS_RENAMEAT:        renaming,
		unix.SYS_LINKAT:          renaming,
		unix.SYS_UNLINKAT:        removing,
	}
	maps.Copy(all, olderCalls)
	return all
}()

// kind returns the kind of the call, "" for one that does nothing of the sort.
func (c *call) kind() kind { return kinds[c.number] }

// file returns the path of the file that the call is about, the first one of a rename.
func (c *call) file() string {
	if _, older := olderCalls[c.number]; older {
		return c.join(unix.AT_FDCWD, c.args[0])
	}
	switch c.kind() {
	case opening, renaming, removing:
		return c.join(int(int32(c.args[0])), c.args[1])
	default:
		return c.open(int(int32(c.args[0])))
	}
}

// join returns the path of the name at an address, seen from an open directory.
func (c *call) join(dir int, address uint64) string {
	name := c.text(address)
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(c.open(dir), name)
}

// open returns the path of an open file.
func (c *call) open(fd int) string {
	link := fmt.Sprintf("/proc/%d/fd/%d", c.pid, fd)
	if fd == unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/cwd", c.pid)
	}
	path, err := os.Readlink(link)
	if err != nil {
		return "" // there is no such descriptor: the call will fail
	}
	return path
}

// text reads the text at an address of the process.
func (c *call) text(address uint64) string {
	var text strings.Builder
	var word [8]byte
	for text.Len() < unix.PathMax {
		n, err := unix.PtracePeekData(c.thread, uintptr(address)+uintptr(text.Len()), word[:])
		before, _, ended := strings.Cut(string(word[:n]), "\x00")
		text.WriteString(before)
		if ended || err != nil {
			break
		}
	}
	return text.String()
}

// obey has the tracer ask another rule from now on; nil lets every call be made. It may be
// called at any time.
func (t *tracer) obey(r rule) { t.rule.Store(&r) }

// start starts a process under the tracer, which serves one process only.
func (t *tracer) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr.Ptrace = true
	t.ended, t.due = make(chan struct{}), make(map[int]int64)
	started := make(chan error)
	go func() {
		// A process has one thread for its tracer. The thread is not given back: it ends
		// here, and what it traces with it.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			t.pid = cmd.Process.Pid
			t.follow()
		}
		close(t.ended)
	}()
	return <-started
}

// wait waits until the process is gone.
func (t *tracer) wait() (syscall.WaitStatus, syscall.Rusage) {
	<-t.ended
	return t.status, t.usage
}

// follow follows all threads of the process to their ends.
func (t *tracer) follow() {
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &status, 0, &t.usage); err != nil || !status.Stopped() {
		t.status = status
		return
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_EXITKILL
	unix.PtraceSetOptions(t.pid, options) // without them the next wait is the last
	unix.PtraceSyscall(t.pid, 0)
	for {
		var usage syscall.Rusage
		thread, err := syscall.Wait4(-1, &status, unix.WALL|unix.WNOTHREAD, &usage)
		switch {
		case err == syscall.EINTR:
		case err != nil: // none is left
			return
		case status.Stopped():
			t.proceed(thread, status)
		default:
			delete(t.due, thread) // its number may be used again
			if thread == t.pid {
				t.status, t.usage = status, usage
			}
		}
	}
}

// proceed sees to a thread that has stopped and lets it go on. That fails when it was
// killed meanwhile.
func (t *tracer) proceed(thread int, status syscall.WaitStatus) {
	const atCall = unix.SIGTRAP | 0x80
	signal := status.StopSignal()
	switch {
	case signal == atCall:
		t.meet(thread)
		signal = 0
	case signal == unix.SIGSTOP, status.TrapCause() > 0: // a new thread, and the news of it
		signal = 0
	}
	unix.PtraceSyscall(thread, int(signal))
}

// meet judges a call that a thread is about to make, or hands out the result of one that
// was not made.
func (t *tracer) meet(thread int) {
	at := inspect(thread)
	result, due := t.due[thread]
	if due {
		delete(t.due, thread)
	}
	switch {
	case at.op == unix.PTRACE_SYSCALL_INFO_EXIT && due:
		setResult(thread, result)
	case at.op == unix.PTRACE_SYSCALL_INFO_ENTRY:
		t.judge(&call{number: at.number, args: at.args, pid: t.pid, thread: thread})
	}
}

func (t *tracer) judge(c *call) {
	r := t.rule.Load()
	if r == nil || *r == nil {
		return
	}
	switch v := (*r)(c); {
	case v.kill:
		unix.Kill(t.pid, unix.SIGKILL)
	case v.fail != 0:
		t.skip(c.thread, -int64(v.fail))
	case v.pretend != 0:
		t.skip(c.thread, min(int64(v.pretend), int64(c.args[2])))
	case v.length != 0:
		setLength(c.thread, min(uint64(v.length), c.args[2]))
	}
}

// skip has a call not made, and return a result all the same.
func (t *tracer) skip(thread int, result int64) {
	dropCall(thread)
	t.due[thread] = result
}

// A callInfo is what the kernel tells of a call, in its layout.
type callInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32    // the architecture
	_      [2]uint64 // instruction and stack
	number uint64    // at the entry
	args   [6]uint64
	_      uint64
}

// inspect returns what a thread has stopped for.
func inspect(thread int) (info callInfo) {
	unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(thread),
		unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	return info // zero, if it was killed meanwhile
}
