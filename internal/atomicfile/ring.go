package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring has the kernel sync many files at once, by io_uring: requests go to it through a
// queue in memory that both see, and answers come back through another. Only one goroutine
// at a time may use it. Once it is closed it is not used any more.
//
// Layouts and numbers are those of linux/io_uring.h.
type ring struct {
	file   *os.File // readable while there are answers
	raw    syscall.RawConn
	fd     uintptr
	mapped [][]byte // what both see

	requests    []request
	requestHead *uint32 // the kernel's: how many it took
	requestTail *uint32 // ours: how many were queued
	answers     []answer
	answerHead  *uint32 // ours: how many were read
	answerTail  *uint32 // the kernel's: how many it gave

	queued chan int // how many requests the asker is to have the kernel take
	taken  chan int // how many it took of them; closed when the asker ends
}

// ringSize is for how many files can be asked at once: a power of two.
const ringSize = 64

// A request is a struct io_uring_sqe for fsync. The fields that are left out, zero, ask for
// the whole file and all that is known of it.
type request struct {
	opcode uint8
	_      [3]uint8
	fd     int32
	_      [3]uint64
	id     uint64
	_      [3]uint64
}

const opFsync = 3

// registerThreads is the call that bounds the threads of the kernel that sync.
const registerThreads = 19

// ringThreads is how many of them a ring may have: the kernel would have more where there are
// many processors, and all wait for one disk.
const ringThreads = 8

// An answer is a struct io_uring_cqe.
type answer struct {
	id     uint64 // of the request
	result int32  // 0 or a negative error number
	_      uint32
}

// ringParams is a struct io_uring_params: what the kernel says of a new ring. Offsets are
// those of the numbers, from the start of what both see.
type ringParams struct {
	_        uint32
	answers  uint32 // for how many there is room
	_        [3]uint32
	features uint32
	_        [4]uint32
	request  struct {
		head, tail, _, _, _, _, array uint32
		_                             [3]uint32
	}
	answer struct {
		head, tail, _, _, _, array uint32
		_                          [4]uint32
	}
}

// oneMapping is the feature that both queues lie in one mapping, as they do since Linux 5.4.
const oneMapping = 1 << 0

// The offsets at which a ring's file is mapped.
const (
	queuesOffset   = 0
	requestsOffset = 0x10000000
)

// newRing asks the kernel for a ring. Old kernels have none, and many containers and
// cautious machines allow none.
func newRing() (*ring, error) {
	var p ringParams
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, os.NewSyscallError("io_uring_setup", errno)
	}
	r := &ring{fd: fd}
	nonblocking := unix.SetNonblock(int(fd), true) // os.File waits for such a one without a thread
	r.file = os.NewFile(fd, "io_uring")
	raw, err := r.file.SyscallConn()
	if err = errors.Join(nonblocking, err, r.mapQueues(&p)); err != nil {
		r.free()
		return nil, err
	}
	r.raw = raw
	r.boundThreads()
	r.queued, r.taken = make(chan int), make(chan int)
	go r.ask()
	if err := r.try(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// try finds out whether the kernel has a thread for the ring, which it keeps from then on.
// Where a container may have no more, it cancels what it took.
func (r *ring) try() error {
	err := r.sync([]*os.File{r.file})[0]
	if errors.Is(err, unix.EINVAL) { // a thread looked at it: a ring cannot be synced
		return nil
	}
	return err
}

// boundThreads is a wish: Linux before 5.15 cannot be told.
func (r *ring) boundThreads() {
	most := [2]uint32{ringThreads} // for files; for sockets as it was
	_, _, _ = unix.Syscall6(unix.SYS_IO_URING_REGISTER, r.fd, registerThreads,
		uintptr(unsafe.Pointer(&most)), uintptr(len(most)), 0, 0)
}

// close ends the asker and gives back all that the ring holds.
func (r *ring) close() {
	close(r.queued)
	<-r.taken
	r.free()
}

// free gives back what is the kernel's.
func (r *ring) free() {
	for _, memory := range r.mapped {
		_ = unix.Munmap(memory)
	}
	r.file.Close()
}

// mapQueues finds the queues of a new ring.
func (r *ring) mapQueues(p *ringParams) error {
	if p.features&oneMapping == 0 {
		return errors.ErrUnsupported
	}
	size := max(p.request.array+4*ringSize, p.answer.array+p.answers*uint32(unsafe.Sizeof(answer{})))
	queues, err := r.mapShared(queuesOffset, int(size))
	if err != nil {
		return err
	}
	requests, err := r.mapShared(requestsOffset, ringSize*int(unsafe.Sizeof(request{})))
	if err != nil {
		return err
	}
	r.requests = unsafe.Slice(at[request](requests, 0), ringSize)
	r.requestHead, r.requestTail = at[uint32](queues, p.request.head), at[uint32](queues, p.request.tail)
	r.answers = unsafe.Slice(at[answer](queues, p.answer.array), p.answers)
	r.answerHead, r.answerTail = at[uint32](queues, p.answer.head), at[uint32](queues, p.answer.tail)
	// What is queued are numbers of requests; ours are queued in the order of their places.
	order := unsafe.Slice(at[uint32](queues, p.request.array), ringSize)
	for i := range order {
		order[i] = uint32(i)
	}
	return nil
}

// mapShared maps what the ring shares with the kernel.
func (r *ring) mapShared(offset int64, size int) ([]byte, error) {
	const access, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	memory, err := unix.Mmap(int(r.fd), offset, size, access, flags)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	r.mapped = append(r.mapped, memory)
	return memory, nil
}

// at returns what lies at an offset of mapped memory.
func at[T any](memory []byte, offset uint32) *T { return (*T)(unsafe.Pointer(&memory[offset])) }

// errNotSynced is the answer for a file that the kernel did not get to, or not to the end:
// nothing is known of it yet.
var errNotSynced = errors.New("not synced yet")

// sync syncs the files and returns the answer for each. The kernel lets go of a file a moment
// after its answer, when we may have closed it.
func (r *ring) sync(files []*os.File) []error {
	answers := make([]error, len(files))
	for from := 0; from < len(files); from += ringSize {
		to := min(from+ringSize, len(files))
		r.syncAtOnce(files[from:to], answers[from:to])
	}
	return answers
}

// syncAtOnce syncs as many files as the queue has room for.
func (r *ring) syncAtOnce(files []*os.File, answers []error) {
	for i, f := range files {
		r.queue(request{opcode: opFsync, fd: int32(f.Fd()), id: uint64(i)})
	}
	r.queued <- len(files)
	taken := <-r.taken
	for i := range answers {
		answers[i] = errUnanswered
		if i >= taken {
			answers[i] = errNotSynced
		}
	}
	r.collect(taken, func(a *answer) { answers[a.id] = a.error(files[a.id].Name()) })
	runtime.KeepAlive(files)
}

// queue puts a request behind those that are queued.
func (r *ring) queue(q request) {
	tail := *r.requestTail
	r.requests[tail%ringSize] = q
	atomic.StoreUint32(r.requestTail, tail+1)
}

// ask submits what is queued, until the ring is closed. To the kernel, the threads that sync
// are not the ring's but those of the thread that asks. So it is always the same: as many as
// ours would use up what may run in a container, and those that wait for a disk that hangs
// would be missing when another is asked for.
func (r *ring) ask() {
	runtime.LockOSThread() // and never unlocked: with this thread the kernel's end
	defer close(r.taken)
	for n := range r.queued {
		r.taken <- r.submit(n)
	}
}

// submit has the kernel take the n requests that are queued, and returns how many it took.
// The others are forgotten.
func (r *ring) submit(n int) (taken int) {
	for taken < n {
		more, _, errno := unix.Syscall6(unix.SYS_IO_URING_ENTER, r.fd, uintptr(n-taken), 0, 0, 0, 0)
		if errno != 0 || more == 0 {
			break
		}
		taken += int(more)
	}
	atomic.StoreUint32(r.requestTail, atomic.LoadUint32(r.requestHead))
	return taken
}

// collect waits for n answers, whatever comes: one that was left would later be taken for
// that of another file. A goroutine that waits here holds neither a thread nor a processor,
// unless the kernel would not watch one more file for the runtime.
func (r *ring) collect(n int, take func(*answer)) {
	read := func(uintptr) (all bool) {
		head := *r.answerHead
		for tail := atomic.LoadUint32(r.answerTail); head != tail; head++ {
			take(&r.answers[head%uint32(len(r.answers))])
			n--
		}
		atomic.StoreUint32(r.answerHead, head)
		return n == 0
	}
	if n == 0 || r.raw.Read(read) == nil {
		return
	}
	for !read(r.fd) {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}, -1)
	}
}

// error returns what the answer says of the file called name.
func (a *answer) error(name string) error {
	switch errno := unix.Errno(-a.result); errno {
	case 0:
		return nil
	case unix.EINTR: // which [os.File.Sync] would not have stopped at
		return errNotSynced
	default:
		return &fs.PathError{Op: "sync", Path: name, Err: errno}
	}
}
