package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A launch says how a service is started.
type launch struct {
	// wrap is the beginning of the command line. It must end in an exec, so that the
	// process that was started is the service: prlimit, "unshare" without --fork and "ip netns exec"
	// do, and so does strace with -D.
	wrap   []string
	env    []string // more variables
	config string   // file; empty: the site's
	tracer *tracer  // to run it under; nil: none
}

// A service is a running imgwatchd, and what is left of it afterwards.
type service struct {
	t      *trial
	site   *site
	life   int // counts the services of the site from 1
	began  time.Time
	cmd    *exec.Cmd
	tracer *tracer       // that it runs under; nil: none
	exited chan struct{} // closed when it has ended and its log is read; then status and usage hold
	status syscall.WaitStatus
	usage  syscall.Rusage
}

// start starts a service and does not wait for anything.
func (s *site) start() *service { return s.startWith(launch{}) }

// serve starts a service and waits until it watches every folder.
func (s *site) serve() *service { return s.serveWith(launch{}) }

// serveWith is serve with a choice.
func (s *site) serveWith(l launch) *service {
	d := s.startWith(l)
	d.awaitWatched()
	return d
}

// startWith is start with a choice. The process gets a group of its own, which is killed
// when the trial ends, if not before.
func (s *site) startWith(l launch) *service {
	s.lives++
	argv := append(append([]string{}, l.wrap...), s.t.bin.path, "run", "-c", cmp.Or(l.config, s.config))
	d := &service{t: s.t, site: s, life: s.lives, cmd: exec.Command(argv[0], argv[1:]...), tracer: l.tracer, exited: make(chan struct{})}
	raw, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	s.t.check(err)
	said, says, err := os.Pipe()
	s.t.check(err)
	d.cmd.Env = environ(l.env...)
	d.cmd.Dir = s.dir
	d.cmd.Stdout, d.cmd.Stderr = says, says
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	d.began = time.Now()
	err = d.spawn()
	says.Close()
	if err != nil {
		s.t.fatalf("start %s: %v", strings.Join(argv, " "), err)
	}
	go d.follow(said, raw)
	s.t.cleanup(func() { d.kill() })
	return d
}

// follow takes down the log and the end of the process.
func (d *service) follow(said *os.File, raw io.WriteCloser) {
	defer close(d.exited)
	defer raw.Close()
	defer said.Close()
	read := make(chan struct{})
	go func() {
		defer close(read)
		d.site.journal.read(d.life, said, raw)
	}()
	d.status, d.usage = d.reap()
	said.SetReadDeadline(time.Now().Add(10 * time.Second)) // a tracer may hold the pipe open
	<-read
}

// spawn starts the process.
func (d *service) spawn() error {
	if d.tracer != nil {
		return d.tracer.start(d.cmd)
	}
	return spawn(d.cmd)
}

// reap waits for the end of the process.
func (d *service) reap() (syscall.WaitStatus, syscall.Rusage) {
	if d.tracer != nil {
		return d.tracer.wait()
	}
	d.cmd.Wait() // its error is in the state as well
	state := d.cmd.ProcessState
	return state.Sys().(syscall.WaitStatus), *state.SysUsage().(*syscall.Rusage)
}

// spawner is a thread that never ends: Pdeathsig kills a child when the thread that
// started it ends, not the program.
var spawner = sync.OnceValue(func() chan<- func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range work {
			f()
		}
	}()
	return work
})

func spawn(cmd *exec.Cmd) error {
	result := make(chan error)
	spawner() <- func() { result <- cmd.Start() }
	return <-result
}

// An exit is how a process ended.
type exit struct {
	code   int            // -1: by a signal
	signal syscall.Signal // 0: by itself
}

func (e exit) String() string {
	if e.signal != 0 {
		return "killed by " + e.signal.String()
	}
	return fmt.Sprintf("exit code %d", e.code)
}

// pid returns the process id.
func (d *service) pid() int { return d.cmd.Process.Pid }

// alive reports whether the process has not ended.
func (d *service) alive() bool {
	select {
	case <-d.exited:
		return false
	default:
		return true
	}
}

// signal sends a signal; to a process that has ended it does nothing.
func (d *service) signal(s syscall.Signal) { d.cmd.Process.Signal(s) }

// kill kills the process and all of its group with SIGKILL and waits for the end.
func (d *service) kill() exit {
	if d.alive() {
		syscall.Kill(-d.pid(), syscall.SIGKILL)
	}
	<-d.exited
	return d.end()
}

// wait waits until the process ends by itself.
func (d *service) wait() exit {
	d.t.until("the end of the service", func() bool { return !d.alive() })
	return d.end()
}

func (d *service) end() exit {
	if d.status.Signaled() {
		return exit{-1, d.status.Signal()}
	}
	return exit{d.status.ExitStatus(), 0}
}

// stop sends SIGTERM and waits for the end, which must be a clean one.
func (d *service) stop() {
	d.signal(syscall.SIGTERM)
	if e := d.wait(); e != (exit{}) {
		d.t.failf("after SIGTERM: %v, the last it said: %s", e, d.lastWords())
	}
}

// lastWords returns the last line of the log.
func (d *service) lastWords() string {
	if all := d.find(anything); len(all) > 0 {
		return all[len(all)-1].line
	}
	return "nothing"
}

// find returns the events of this service that match.
func (d *service) find(m match) []event { return d.site.journal.find(d.own(m)) }

// count returns how many events of this service match.
func (d *service) count(m match) int { return d.site.journal.count(d.own(m)) }

// peak returns the most lines of this service that arrived within one second.
func (d *service) peak(m match) int { return d.site.journal.peak(d.own(m)) }

func (d *service) own(m match) match { return func(e event) bool { return e.life == d.life && m(e) } }

// until waits for a condition, and ends the scenario if the service ends before.
func (d *service) until(what string, done func() bool) {
	met := false
	d.t.until(what, func() bool {
		alive := d.alive() // asked first: its last words may be the condition
		met = done()
		return met || !alive
	})
	if !met {
		d.t.fatalf("waited for %s, but the service ended: %v, the last it said: %s", what, d.end(), d.lastWords())
	}
}

// await waits for an event and returns the first that matches.
func (d *service) await(what string, m match) event {
	d.until(what, func() bool { return d.count(m) > 0 })
	return d.find(m)[0]
}

// awaitWatched waits until every folder is watched.
func (d *service) awaitWatched() {
	d.until("folder watched", func() bool { return d.count(msg("folder watched")) >= d.site.folders })
}

// awaitIdle waits until the service has said nothing and used next to no processor time for
// two seconds: then whatever it had found to do is done.
func (d *service) awaitIdle() { d.t.awaitIdle(d) }

// awaitIdle is service.awaitIdle for several at the same time.
func (t *trial) awaitIdle(services ...*service) {
	const quiet = 2 * time.Second
	type use struct {
		lines int
		cpu   time.Duration
	}
	last, since := make([]use, len(services)), time.Now()
	idle := func() bool {
		for i, d := range services {
			now := use{d.count(anything), d.cpu()}
			if now.lines != last[i].lines || now.cpu-last[i].cpu > quiet/40 {
				last[i], since = now, time.Now()
			}
			if !d.alive() {
				return true
			}
		}
		return time.Since(since) > quiet
	}
	t.until("idle services", idle)
	for _, d := range services {
		if !d.alive() {
			t.fatalf("a service ended: %v, the last it said: %s", d.end(), d.lastWords())
		}
	}
}

// cpu returns the processor time that the service has used, in user and system mode.
func (d *service) cpu() time.Duration {
	if !d.alive() {
		return time.Duration(d.usage.Utime.Nano() + d.usage.Stime.Nano())
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.pid()))
	if err != nil {
		return 0 // it ends just now
	}
	// The name in parentheses may hold anything. Behind it utime is the 12th field
	// and stime the 13th, in hundredths of a second.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory returns the resident memory in bytes, or 0 when the process has ended.
func (d *service) memory() int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", d.pid()))
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
