package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A site is a daemon on folders of its own.
type site struct {
	t      *trial
	dir    string
	port   int
	config string
	cmd    *exec.Cmd
	log    bytes.Buffer
}

// newSite makes the folders photos and scans and a configuration for them, with more
// lines, and starts the daemon.
func (t *trial) newSite(more ...string) *site {
	s := &site{t: t, dir: t.folder(), port: t.freePort()}
	s.config = filepath.Join(s.dir, "imgwatchd.yaml")
	for _, name := range []string{"photos", "scans", "out", "failed"} {
		t.check(os.Mkdir(filepath.Join(s.dir, name), 0o755))
	}
	s.configure(more...)
	t.undo = append(t.undo, s.stop)
	s.start()
	return s
}

const folders = `state_dir: state
folders:
  - {name: photos, path: photos, stable_for: 50ms, presets: [thumbnail, web], output: {dir: out, durability: none}, on_failure: keep}
  - {name: scans, path: scans, stable_for: 50ms, presets: [soft-gray], output: {dir: out/scans, durability: none}, on_failure: move, failed_dir: failed}
`

// configure writes the configuration.
func (s *site) configure(more ...string) {
	text := folders + fmt.Sprintf("http: {listen: \"127.0.0.1:%d\"}\n", s.port)
	if len(more) > 0 && strings.HasPrefix(more[0], "http:") {
		text = folders + strings.ReplaceAll(more[0], "PORT", fmt.Sprint(s.port)) + "\n"
		more = more[1:]
	}
	s.t.check(os.WriteFile(s.config, []byte(text+strings.Join(more, "\n")), 0o644))
}

func (t *trial) freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	t.check(err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// start starts the daemon and waits until it answers.
func (s *site) start() {
	cmd := exec.Command(s.t.choice.bin, "run", "-c", s.config)
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.t.check(cmd.Start())
	s.cmd = cmd
	s.t.until("the daemon's page", func() bool {
		response, err := http.Get(s.url("/healthz"))
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// stop ends the daemon, if it runs.
func (s *site) stop() {
	if s.cmd == nil {
		return
	}
	cmd := s.cmd
	s.cmd = nil
	cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		s.t.expect(false, "the daemon ended with %v; it said\n%s", err, s.log.String())
	}
}

func (s *site) url(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", s.port, path) }

// drop puts a file into a folder at once.
func (s *site) drop(name string, data []byte) {
	temp := filepath.Join(s.dir, "moving")
	to := filepath.Join(s.dir, name)
	s.t.check(errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(temp, data, 0o644), os.Rename(temp, to)))
}
