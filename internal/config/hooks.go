package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"imgwatchd/internal/hooks"
	"imgwatchd/internal/job"
)

// A hookList is a list of hooks that are told of one kind of end.
type hookList struct {
	path  string
	on    job.State
	hooks []hook
}

func (s hookSet) lists() []hookList {
	return []hookList{{"hooks.on_done", job.Done, s.OnDone}, {"hooks.on_failed", job.Failed, s.OnFailed}}
}

// at returns the path of an element.
func (l hookList) at(i int) string { return fmt.Sprintf("%s[%d]", l.path, i) }

// Hooks returns who is to be told of the ends of jobs. A hook is called after its list
// and its name: "on_done/notify".
func (c *Config) Hooks() []hooks.Hook {
	var all []hooks.Hook
	for _, l := range c.settings.Hooks.lists() {
		for _, h := range l.hooks {
			all = append(all, hooks.Hook{
				Name:        strings.TrimPrefix(l.path, "hooks.") + "/" + h.Name,
				On:          l.on,
				Folders:     h.Folders,
				Command:     h.Command,
				Webhook:     h.Webhook,
				SecretFile:  h.SecretFile,
				Timeout:     time.Duration(h.Timeout),
				Concurrency: h.Concurrency,
				Expire:      time.Duration(h.Expire),
			})
		}
	}
	return all
}

func (r *report) checkHooks(l hookList, folders []folder) {
	for i, h := range l.hooks {
		at := l.at(i)
		r.checkName(at+".name", h.Name)
		r.checkKind(at, h)
		r.checkCommand(at+".command", h.Command)
		r.checkWebhook(at+".webhook", h)
		r.checkFolderNames(at+".folders", h.Folders, folders)
	}
	r.checkUnique(l.path, len(l.hooks), func(i int) string { return l.hooks[i].Name })
}

// checkKind notes a hook that is neither a command nor a webhook, or both.
func (r *report) checkKind(path string, h hook) {
	if r.below(path+".command") || r.below(path+".webhook") {
		return
	}
	switch command, webhook := len(h.Command) > 0, h.Webhook != ""; {
	case command && webhook:
		r.add(path, "has a command and a webhook", "make two hooks of it")
	case !command && !webhook:
		r.add(path, "has neither a command nor a webhook", "give it one of the two")
	case command && h.SecretFile != "":
		r.add(path+".secret_file", "signs webhooks, and this is a command", "remove it")
	case command && h.AllowHTTP:
		r.add(path+".allow_http", "is about webhooks, and this is a command", "remove it")
	}
}

func (r *report) checkCommand(path string, args []string) {
	if len(args) == 0 || r.below(path) {
		return
	}
	if !filepath.IsAbs(args[0]) {
		r.add(path+"[0]", fmt.Sprintf("%q is not an absolute path", clip(args[0])), "write out where the program is; no shell looks for it")
	}
	for i, arg := range args {
		if strings.ContainsRune(arg, 0) {
			r.add(fmt.Sprintf("%s[%d]", path, i), "holds a zero byte", "")
		}
	}
}

// checkWebhook does not quote the address, which may hold a secret.
func (r *report) checkWebhook(path string, h hook) {
	if h.Webhook == "" {
		return
	}
	u, err := url.Parse(h.Webhook)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		r.add(path, "is not an address of the web", "write it like https://example.org/hook")
	case u.Scheme == "http" && !h.AllowHTTP && !isLoopback(u.Hostname()):
		r.add(path, "would be sent in clear text", "use https, or set allow_http: true if nobody else is on the way")
	}
}

func (r *report) checkFolderNames(path string, names []string, folders []folder) {
	known := make([]string, len(folders))
	for i, f := range folders {
		known[i] = f.Name
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			r.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("unknown folder %q", clip(name)), suggest(name, known))
		}
	}
}

// checkHookFiles looks at the program and the secret of a hook.
func (r *report) checkHookFiles(path string, h hook) {
	if len(h.Command) > 0 {
		r.checkProgram(path+".command[0]", h.Command[0])
	}
	if h.SecretFile == "" {
		return
	}
	switch _, err := hooks.ReadSecret(h.SecretFile); {
	case errors.Is(err, fs.ErrNotExist):
		r.add(path+".secret_file", fmt.Sprintf("%q does not exist", h.SecretFile), fmt.Sprintf("make one: (umask 077; openssl rand -hex 32 >%q)", h.SecretFile))
	case errors.Is(err, fs.ErrPermission):
		r.add(path+".secret_file", fmt.Sprintf("%q cannot be read", h.SecretFile), allow("r", h.SecretFile))
	case err != nil:
		r.add(path+".secret_file", err.Error(), "")
	}
}

func (r *report) checkProgram(path, program string) {
	fi, err := os.Stat(program)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.add(path, fmt.Sprintf("%q does not exist", program), "")
	case err != nil:
		r.add(path, err.Error(), "")
	case !fi.Mode().IsRegular():
		r.add(path, fmt.Sprintf("%q is not a program", program), "")
	case unix.Access(program, unix.X_OK) != nil:
		r.add(path, fmt.Sprintf("%q cannot be executed", program), allow("rx", program))
	}
}
