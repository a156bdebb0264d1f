package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
)

// A ward is an installation in a temporary folder, of which no service is known.
type ward struct {
	t      *testing.T
	dir    string
	daemon Daemon
	refuse error
	show   string // what systemd says of the unit; empty: there is none
	user   string // that the service runs as; empty: there is none
}

func newWard(t *testing.T) *ward {
	w := &ward{t: t, dir: t.TempDir()}
	for _, d := range []string{"in", "out", "failed"} {
		w.mkdir(d, 0o750)
	}
	return w
}

func (w *ward) mkdir(name string, mode fs.FileMode) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, mode)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *ward) write(name string) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte("x"), 0o640); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// usual is the configuration that most tests have.
const usual = `
state_dir: state
http: {listen: ""}
folders:
- {name: photos, path: in, presets: [web], output: {dir: out}, failed_dir: failed}
`

// examine makes every check, of which none may leave anything behind.
func (w *ward) examine(yaml string) findings {
	w.t.Helper()
	c, err := config.Parse("test.yaml", []byte(yaml), w.dir, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.list()
	checks := Examine(w.t.Context(), Options{
		Config: c,
		User:   cmp.Or(w.user, "nobody-that-there-is"),
		Daemon: func() (Daemon, error) { return w.daemon, w.refuse },
		Show: func(context.Context, string, ...string) (string, error) {
			if w.show == "" {
				return "", errors.New("systemd does not run here")
			}
			return w.show, nil
		},
	})
	if after := w.list(); !slices.Equal(before, after) {
		w.t.Errorf("before the examination there were %q, after it %q", before, after)
	}
	return findings{w.t, checks}
}

func (w *ward) list() []string {
	var all []string
	err := filepath.WalkDir(w.dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

type findings struct {
	t      *testing.T
	checks []Check
}

// want fails unless one of the checks called name has the result, and text in it.
func (f findings) want(name string, r Result, text string) {
	f.t.Helper()
	for _, c := range f.checks {
		if c.Name == name && c.Result == r && strings.Contains(c.Finding+" → "+c.Remedy, text) {
			return
		}
	}
	f.t.Errorf("no check %q with %s and %q in\n%s", name, r, text, f)
}

func (f findings) String() string {
	var b strings.Builder
	for _, c := range f.checks {
		fmt.Fprintf(&b, "%s %s %s: %s → %s\n", c.Result, c.Name, c.Folder, c.Finding, c.Remedy)
	}
	return b.String()
}

func TestHealthy(t *testing.T) {
	w := newWard(t)
	w.mkdir("in/sub", 0o750)
	w.write("in/sub/a.jpg")
	f := w.examine(usual)
	f.want("paths", OK, "")
	f.want("filesystem", OK, "changes come as events")
	f.want("readable", OK, "1 files in 2 folders")
	f.want("clock", OK, "")
	f.want("lease", OK, "the kernel says whether a file is open for writing")
	f.want("rename", OK, "output.dir "+w.dir+"/out")
	f.want("rename", OK, "failed_dir "+w.dir+"/failed")
	f.want("move", OK, "by a rename")
	f.want("space", OK, "output "+w.dir+"/out")
	f.want("space", OK, "state_dir")
	f.want("owner", OK, "mode 0750")
	f.want("watches", OK, "2 folders in 1 trees")
	f.want("ledger", Skipped, "no ledger")
	f.want("hooks", Skipped, "the configuration has none")
	f.want("socket", Skipped, "no daemon is running")
	f.want("page", OK, "switched off")
	f.want("service", Skipped, "systemd does not run here")
	for _, c := range f.checks {
		if c.Result == Fail {
			t.Errorf("%+v", c)
		}
	}
}

func TestAilments(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*ward)
		yaml    string
		check   string
		Result
		text string
	}{
		{"missing folder", func(w *ward) { os.Remove(w.dir + "/in") }, usual, "paths", Fail, "mkdir -p"},
		{"missing folder is looked at no further", func(w *ward) { os.Remove(w.dir + "/in") }, usual, "folder", Skipped, "no such file"},
		{"output to come", func(w *ward) { os.Remove(w.dir + "/out") }, usual, "rename", Skipped, "made when it is needed"},
		{"polled by wish", nil, strings.Replace(usual, "path: in", "path: in, mode: poll", 1), "filesystem", OK, "because of mode: poll"},
		{"from the future", func(w *ward) {
			later := time.Now().Add(time.Hour)
			if err := os.Chtimes(w.write("in/a.jpg"), later, later); err != nil {
				w.t.Fatal(err)
			}
		}, usual, "clock", Warn, `"a.jpg"`},
		{"too little room", nil, usual + "limits: {min_free: 1024TiB}\n", "space", Fail, "nothing is taken up"},
		{"damaged ledger", func(w *ward) { w.mkdir("state", 0o750); w.write("state/ledger.db") }, usual, "ledger", Warn, "sets it aside"},
		{"daemon", func(w *ward) { w.daemon = Daemon{Running: true, Listen: "127.0.0.1:8077"} }, usual, "socket", OK, "answers on"},
		{"page", func(w *ward) { w.daemon = Daemon{Running: true, Listen: "127.0.0.1:8077"} }, usual, "page", OK, "http://127.0.0.1:8077/"},
		{"page not served", func(w *ward) { w.daemon = Daemon{Running: true, Problem: "address already in use"} }, usual, "page", Fail, "in use"},
		{"daemon without a page", func(w *ward) { w.daemon.Running = true }, strings.Replace(usual, `""`, `"127.0.0.1:0"`, 1), "page", Skipped, "does not say"},
		{"socket of others", func(w *ward) { w.refuse = fs.ErrPermission }, usual, "socket", Warn, "usermod -aG"},
		{"dead daemon", func(w *ward) { w.refuse = errors.New("no answer") }, usual, "socket", Fail, "journalctl"},
		{"page to come", nil, strings.Replace(usual, `""`, `"127.0.0.1:0"`, 1), "page", OK, "is free"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWard(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			w.examine(test.yaml).want(test.check, test.Result, test.text)
		})
	}
}

// TestHooks looks at what waits for hooks that were tried, and not.
func TestHooks(t *testing.T) {
	w := newWard(t)
	told := usual + `
hooks:
  on_done:
  - {name: dead, command: [/bin/false]}
  - {name: well, command: [/bin/true]}
`
	w.examine(usual).want("hooks", Skipped, "has none")
	w.examine(told).want("hooks", OK, "on_done/dead has nothing to be told yet")
	w.post("on_done/dead", "on_done/well")
	f := w.examine(told)
	f.want("hooks", Warn, "on_done/dead fails: 1 messages wait for it, 1 of them were tried in vain; the oldest is of ")
	f.want("hooks", Warn, "journalctl -u imgwatchd -g 'hook failed'")
	f.want("hooks", OK, "on_done/well: 1 messages wait")
	w.write("state/ledger.db")
	w.examine(told).want("hooks", Skipped, "on_done/dead is not known")
}

// post makes a ledger with a message for each hook, that for the first tried in vain.
func (w *ward) post(names ...string) {
	w.t.Helper()
	l, err := ledger.Open(filepath.Join(w.dir, "state"), ledger.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	stop := l.Start()
	told := ledger.Hooks{Names: names, Address: func(string, job.Outcome) ([]string, []byte) { return names, []byte("{}") }}
	recorded := errors.Join(l.SetHooks(told),
		l.Record(job.Outcome{Job: job.Job{Folder: "photos", Path: "a.jpg"}, State: job.Done}, &ledger.Recipe{Folder: "photos", Root: w.dir + "/in"}))
	due, _, err := l.Due(names[0], time.Now(), 1)
	if err := errors.Join(recorded, err); err != nil || len(due) != 1 {
		w.t.Fatal(due, err)
	}
	if err := errors.Join(l.Postpone(due[0], 1, time.Now().Add(time.Hour)), stop()); err != nil {
		w.t.Fatal(err)
	}
}

// TestUnprivileged is about what root may do all the same.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may do everything")
	}
	w := newWard(t)
	if err := os.Chmod(w.write("in/a.jpg"), 0); err != nil {
		t.Fatal(err)
	}
	w.mkdir("out", 0o500)
	w.mkdir("in", 0o777)
	f := w.examine(usual)
	f.want("readable", Fail, `"a.jpg"`)
	f.want("rename", Fail, "permission denied")
	f.want("paths", Fail, "cannot be written")
	f.want("owner", Warn, "umask")
}

// TestAnotherUser asks about a service that runs as someone else.
func TestAnotherUser(t *testing.T) {
	if _, err := user.Lookup("nobody"); err != nil || asker().name == "nobody" {
		t.Skip("there is no other user here that is called nobody")
	}
	w := newWard(t)
	w.user = "nobody"
	w.write("in/a.jpg")
	f := w.examine(usual + "hooks: {on_failed: [{name: tell, command: [" + w.write("in/tell") + "]}]}")
	f.want("hooks", Fail, "nobody cannot run the command of on_failed/tell")
	f.want("user", Warn, "sudo -u nobody")
	f.want("readable", Fail, "nobody cannot read")
	f.want("owner", Fail, "nobody cannot take sources out of it")
	if os.Geteuid() == 0 {
		f.want("rename", Fail, "by its owner and mode, nobody cannot put files into output.dir")
		return
	}
	f.want("paths", Skipped, "is not for")
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	w := newWard(t)
	w.examine(strings.Replace(usual, `""`, fmt.Sprintf("%q", l.Addr()), 1)).want("page", Fail, "address already in use")
}

func TestService(t *testing.T) {
	const unit = "LoadState=loaded\nUser=imgwatchd\nAmbientCapabilities=cap_lease\nProtectSystem=strict\nProtectHome=yes\nPrivateTmp=yes\n"
	w := newWard(t) // in a scratch folder, as a rule
	hidden := strings.Contains(w.dir, "/tmp/")
	w.show = unit + "ReadWritePaths=-/srv/imgwatchd\nNeedDaemonReload=yes\n"
	f := w.examine(usual)
	f.want("service", Warn, "daemon-reload")
	want := "does not let the service write to " + w.dir + "/failed"
	if hidden {
		want = "hides from the service " + w.dir + "/failed"
	}
	f.want("service", Fail, want)

	w.show = unit + fmt.Sprintf("ReadWritePaths=-/srv/imgwatchd\nBindPaths=-%s:%[1]s:rbind\n", w.dir)
	f = w.examine(usual)
	f.want("service", OK, "every folder")

	w.show = unit + fmt.Sprintf("ReadWritePaths=-/srv/imgwatchd\nBindPaths=%s/state:%[1]s/state:rbind %[1]s/in:%[1]s/in:rbind %[1]s/out:%[1]s/out:rbind %[1]s/failed:%[1]s/failed:rbind\n", w.dir)
	f = w.examine(usual)
	f.want("service", OK, "every folder")
	f.want("service", Warn, "two mounts of one filesystem")

	w.show = "LoadState=not-found\n"
	w.examine(usual).want("service", Skipped, "there is no unit imgwatchd.service")
}
