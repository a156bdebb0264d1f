package main

import "golang.org/x/sys/unix"

// olderCalls take a path where the newer ones take a directory and a path.
var olderCalls = map[uint64]kind{
	unix.SYS_OPEN:   opening,
	unix.SYS_CREAT:  opening,
	unix.SYS_RENAME: renaming,
	unix.SYS_LINK:   renaming,
	unix.SYS_UNLINK: removing,
}

// tampering is the need to change calls of a process.
func tampering() string { return tracing() }

// dropCall has the call that a thread is about to make not made.
func dropCall(thread int) { edit(thread, func(r *unix.PtraceRegs) { r.Orig_rax = ^uint64(0) }) }

// setResult changes what the call returns that a thread has made.
func setResult(thread int, result int64) {
	edit(thread, func(r *unix.PtraceRegs) { r.Rax = uint64(result) })
}

// setLength changes the third argument of the call that a thread is about to make.
func setLength(thread int, length uint64) {
	edit(thread, func(r *unix.PtraceRegs) { r.Rdx = length })
}

// edit changes the registers of a thread that has stopped. It does nothing to one that was
// killed meanwhile.
func edit(thread int, change func(*unix.PtraceRegs)) {
	var r unix.PtraceRegs
	if unix.PtraceGetRegs(thread, &r) == nil {
		change(&r)
		unix.PtraceSetRegs(thread, &r)
	}
}
