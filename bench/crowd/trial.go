package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// A trial is the same work each time.
type trial struct {
	program string
	photos  []string
	scratch string
	files   int
}

const configuration = `
state_dir: %[1]s/state
folders:
  - name: photos
    path: %[1]s/drop
    stable_for: 100ms
    presets: [half]
    output: {dir: %[1]s/out}
presets:
  - name: half
    steps: [{resize: {width: 640, height: 640}}]
    output: {name: "{stem}_half.{ext}", format: jpeg}
log: {format: json}
http: {listen: "%[2]s"}
`

// run has a daemon work off the files under a load.
func (t trial) run(ctx context.Context, name string, l load) (result, error) {
	dir, err := filepath.Abs(filepath.Join(t.scratch, name))
	if err != nil {
		return result{}, err
	}
	if err := t.fill(filepath.Join(dir, "drop")); err != nil {
		return result{}, err
	}
	address, err := freeAddress()
	if err != nil {
		return result{}, err
	}
	file := filepath.Join(dir, "imgwatchd.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, configuration, dir, address), 0o666); err != nil {
		return result{}, err
	}
	return t.serve(ctx, file, address, l)
}

// fill puts the files into sub-folders of a thousand.
func (t trial) fill(drop string) error {
	for i := range t.files {
		folder := filepath.Join(drop, fmt.Sprintf("%03d", i/1000))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		photo := t.photos[i%len(t.photos)]
		if err := os.Link(photo, filepath.Join(folder, fmt.Sprintf("%06d%s", i, filepath.Ext(photo)))); err != nil {
			return err
		}
	}
	return nil
}

// serve runs the daemon, with the crowd beside it, until all files are done.
func (t trial) serve(ctx context.Context, file, address string, l load) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	daemon := exec.CommandContext(ctx, t.program, "run", "-c", file)
	daemon.Cancel = func() error { return daemon.Process.Signal(syscall.SIGTERM) }
	journal, err := daemon.StderrPipe()
	if err != nil {
		return result{}, err
	}
	before := ownCPU()
	if err := daemon.Start(); err != nil {
		return result{}, err
	}
	asking, enough := context.WithCancel(ctx)
	seen := make(chan sightings, 1)
	go func() { seen <- crowd(asking, address, l) }()
	wall, err := t.awaitDone(journal)
	enough()
	r := result{wall: wall, seen: <-seen}
	cancel()
	_ = daemon.Wait() // a daemon that ends badly was not done before
	r.cpu = daemon.ProcessState.UserTime() + daemon.ProcessState.SystemTime()
	r.asked = ownCPU() - before
	return r, err
}

// awaitDone reads the journal until every file is done, and returns the time between the
// first and the last.
func (t trial) awaitDone(journal io.Reader) (time.Duration, error) {
	var first time.Time
	done := 0
	lines := bufio.NewScanner(journal)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), []byte(`"msg":"done"`)) {
			continue
		}
		if done++; done == 1 {
			first = time.Now()
		}
		if done == t.files {
			wall := time.Since(first)
			go io.Copy(io.Discard, journal) // what it says at the end is nobody's business
			return wall, nil
		}
	}
	return 0, fmt.Errorf("the daemon ended with %d of %d files done", done, t.files)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// ownCPU returns what this process has taken of the processors.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
