package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"imgwatchd": main})
}

// TestScripts runs the program as its users do. Beside testscript's own commands
// there are:
//
//	picture FILE WxH      write a picture of the format that the name says
//	truncate FILE N       cut N bytes off the end
//	exits CODE CMD...     run CMD, which must end with this exit code
//	await FILE...         wait until all files are there
//	awaitall DIR N        wait until DIR holds N files
//	awaitlog TEXT         wait until a line of the background program's log has TEXT
//	awaittext FILE TEXT   wait until FILE has TEXT
//	signal NAME [TEXT]    send TERM or HUP to the programs in the background, again
//	                      and again until their log has TEXT
//	notemps DIR...        fail if a temporary file is left over
//
// and the condition [root], that root runs them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"picture": cmdPicture, "truncate": cmdTruncate, "exits": cmdExits, "await": cmdAwait, "awaitall": cmdAwaitAll,
			"awaitlog": cmdAwaitLog, "awaittext": cmdAwaitText, "signal": cmdSignal, "notemps": cmdNoTemps,
		},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("IMGWATCHD_STATE_DIR", env.WorkDir+"/state")
			env.Setenv("IMGWATCHD_HTTP_LISTEN", "127.0.0.1:0") // scripts run side by side
			return nil
		},
	})
}

// patience is how long a script waits for something that must come.
const patience = 4 * time.Minute

// until calls done now and then until it returns true.
func until(ts *testscript.TestScript, what string, done func() bool) {
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("waited %v in vain for %s", patience, what)
		}
	}
}

func cmdPicture(ts *testscript.TestScript, _ bool, args []string) {
	w, h, err := parseSize(args[1])
	ts.Check(err)
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x * 2), uint8(y * 3), uint8(x + y), 255})
		}
	}
	format, err := codec.ParseFormat(strings.TrimPrefix(filepath.Ext(args[0]), "."))
	ts.Check(err)
	data, err := codec.Encode(img, format, codec.EncodeOptions{})
	ts.Check(err)
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	ts.Check(os.WriteFile(path, data, 0o666))
}

func cmdTruncate(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	fi, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), fi.Size()-n))
}

func cmdExits(ts *testscript.TestScript, _ bool, args []string) {
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		until(ts, name, func() bool { _, err := os.Stat(ts.MkAbs(name)); return err == nil })
	}
}

func cmdAwaitAll(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[1]+" files in "+args[0], func() bool {
		entries, err := os.ReadDir(ts.MkAbs(args[0]))
		return err == nil && strconv.Itoa(len(entries)) == args[1]
	})
}

func cmdAwaitLog(ts *testscript.TestScript, neg bool, args []string) {
	cmdAwaitText(ts, neg, append([]string{"log"}, args...))
}

func cmdAwaitText(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0]+": "+args[1], func() bool {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && strings.Contains(string(text), args[1])
	})
}

func cmdSignal(ts *testscript.TestScript, _ bool, args []string) {
	s, ok := map[string]os.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[0]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[0])
	}
	send := func() {
		for _, cmd := range ts.BackgroundCmds() {
			if err := cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
				ts.Check(err)
			}
		}
	}
	if send(); len(args) == 1 {
		return
	}
	until(ts, "log: "+args[1], func() bool {
		log, err := os.ReadFile(ts.MkAbs("log"))
		if err == nil && strings.Contains(string(log), args[1]) {
			return true
		}
		send()
		return false
	})
}

func cmdNoTemps(ts *testscript.TestScript, _ bool, args []string) {
	for _, dir := range args {
		ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasPrefix(d.Name(), atomicfile.TempPrefix) {
				ts.Fatalf("%s is left over", path)
			}
			return err
		}))
	}
}
