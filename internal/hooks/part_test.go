package hooks

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// partPrefix begins the argument that has the test binary play a command.
const partPrefix = "play:"

// hookOf returns a hook whose command is the test binary in a part.
func hookOf(part string, args ...string) Hook {
	return Hook{Name: "h", On: "done", Command: append([]string{"/proc/self/exe", partPrefix + part}, args...)}
}

func play(part string, args []string) {
	switch part {
	case "keep": // keeps what it is told, and how
		text, err := io.ReadAll(os.Stdin)
		if err == nil {
			dir, _ := os.Getwd()
			group := syscall.Getpgrp() == os.Getpid()
			text = fmt.Appendf(text, "\n%s\n%s\ndir %s, own group %v", strings.Join(os.Environ(), "\n"), strings.Join(args[1:], " "), dir, group)
			err = os.WriteFile(args[0], text, 0o600)
		}
		if err != nil {
			panic(err)
		}
	case "capable": // tells of its ambient capabilities and of those of its hook
		c := command{[]string{"/bin/sh", "-c", "grep CapAmb /proc/self/status; exit 1"}}
		own, err := exec.Command("/bin/sh", "-c", "grep CapAmb /proc/self/status").Output()
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s%s\n", own, c.send(context.Background(), message{event: &Event{}}).output)
	case "fail":
		fmt.Println("on standard output")
		fmt.Fprintln(os.Stderr, "on standard error")
		os.Exit(3)
	case "fail-without": // unless a file is there
		if _, err := os.Stat(args[0]); err != nil {
			os.Exit(1)
		}
	case "flood":
		line := []byte(strings.Repeat("flood ", 10_000) + "\n")
		for range 2000 { // 120 MB
			if _, err := os.Stdout.Write(line); err != nil {
				panic(err)
			}
		}
		fmt.Println("the end of it")
		os.Exit(1)
	case "hang": // whatever it is told, with a child that does as well
		signal.Ignore(syscall.SIGTERM)
		withChild(args[0])
		sleep()
	case "leave": // with a child that stays
		withChild(args[0])
	case "sleep":
		signal.Ignore(syscall.SIGTERM)
		sleep()
	}
}

// withChild starts a child that never ends and keeps the output. A file called name is
// locked as long as this process or the child lives.
func withChild(name string) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	child := exec.Command("/proc/self/exe", partPrefix+"sleep")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{f}
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		panic(err)
	}
}

func sleep() {
	for {
		_, _ = unix.Poll(nil, -1)
	}
}
