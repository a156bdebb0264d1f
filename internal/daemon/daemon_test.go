package daemon

import (
	"context"
	"errors"
	"image"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"imgwatchd/internal/codec"
	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that must come.
const patience = 30 * time.Second

// A house is a daemon at work on folders of its own.
type house struct {
	*testing.T
	dir    string
	daemon *Daemon
	logs   *observer.ObservedLogs
	lines  chan string // messages of the log
	stop   context.CancelFunc
	ended  chan error
}

// open starts a daemon on dir/in; load is what a reload gives.
func open(t *testing.T, dir string, load func() (*config.Config, error), more ...string) *house {
	t.Helper()
	h := &house{T: t, dir: dir}
	h.begin(h.config("thumbnail", more...), load)
	h.await("folder watched")
	return h
}

// begin starts the daemon with a configuration.
func (h *house) begin(cfg *config.Config, load func() (*config.Config, error)) {
	h.daemon = New(Options{Config: cfg, Load: load, Log: h.log(), Version: "test"})
	intake, stop := context.WithCancel(h.Context())
	h.stop, h.ended = stop, make(chan error, 1)
	go func() { h.ended <- h.daemon.Run(intake, h.Context()) }()
}

// log returns a log whose lines can be awaited.
func (h *house) log() *zap.Logger {
	h.lines = make(chan string, 10000)
	var core zapcore.Core
	core, h.logs = observer.New(zapcore.DebugLevel)
	return zap.New(core, zap.Hooks(func(e zapcore.Entry) error { h.lines <- e.Message; return nil }))
}

// config returns a configuration of dir/in with one preset and more keys.
func (h *house) config(preset string, more ...string) *config.Config {
	h.Helper()
	keys := strings.Join(append([]string{"presets: [" + preset + "]"}, more...), ", ")
	text := "{state_dir: state, http: {listen: ''}, folders: [{name: f, path: in, stable_for: 10ms, " + keys + ", output: {dir: out, durability: none}}]}"
	cfg, err := config.Parse("test.yaml", []byte(text), h.dir, nil)
	if err != nil {
		h.Fatal(err)
	}
	return cfg
}

// await waits for a line of the log.
func (h *house) await(message string) {
	h.Helper()
	deadline := time.After(patience)
	for {
		select {
		case got := <-h.lines:
			if got == message {
				return
			}
		case <-deadline:
			h.Fatalf("waited in vain for the log to say %q; it says\n%v", message, h.logs.All())
		}
	}
}

// close stops the daemon and waits for its end.
func (h *house) close() {
	h.Helper()
	h.stop()
	select {
	case err := <-h.ended:
		if err != nil {
			h.Error(err)
		}
	case <-time.After(patience):
		h.Fatal("the daemon does not end")
	}
}

// picture returns a sound PNG.
func picture(t *testing.T) []byte {
	t.Helper()
	data, err := codec.Encode(image.NewGray(image.Rect(0, 0, 300, 200)), codec.PNG, codec.EncodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// drop moves a picture into the folder.
func (h *house) drop(name string) {
	h.Helper()
	data := picture(h.T)
	temp := filepath.Join(h.dir, "moving")
	if err := errors.Join(os.WriteFile(temp, data, 0o666), os.Rename(temp, filepath.Join(h.dir, "in", name))); err != nil {
		h.Fatal(err)
	}
}

func (h *house) wantDone(n int) {
	h.Helper()
	if got := h.logs.FilterMessage("done").Len(); got != n {
		h.Errorf("%d jobs were done, want %d", got, n)
	}
}

func newDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestEachFileOnce(t *testing.T) {
	h := open(t, newDir(t), nil)
	h.drop("a.png")
	h.await("done")
	h.daemon.Reload() // without a file there is nothing to reload
	h.await("reload refused, the former configuration stays")
	h.drop("b.png")
	h.await("done")
	h.close()
	h.wantDone(2)
	entry := h.logs.FilterMessage("done").All()[0]
	fields := entry.ContextMap()
	if entry.Level != zapcore.InfoLevel || fields["path"] != "a.png" || fields["folder"] != "f" ||
		fields["bytes_in"].(int64) <= 0 || fields["bytes_out"].(int64) <= 0 || fields["duration"].(time.Duration) <= 0 {
		t.Errorf("the line of a file is %v %v", entry.Level, fields)
	}
}

func TestReloadRunsWhatItAffects(t *testing.T) {
	dir := newDir(t)
	preset := "thumbnail"
	var h *house
	h = open(t, dir, func() (*config.Config, error) { return h.config(preset), nil })
	h.drop("a.png")
	h.await("done")

	h.daemon.Reload() // nothing is different: nothing is done again
	h.await("configuration reloaded")
	h.await("folder watched")
	h.drop("b.png")
	h.await("done")
	h.wantDone(2)

	preset = "square"
	h.daemon.Reload()
	h.await("configuration reloaded")
	h.await("done")
	h.await("done")
	h.close()
	h.wantDone(4)
	for _, name := range []string{"a.png", "b.png", "a_thumbnail.jpg", "b_thumbnail.jpg"} {
		if _, err := os.Stat(filepath.Join(dir, "out", name)); err != nil {
			t.Error(err)
		}
	}
}

// TestUnfinishedUpload comes in pieces with pauses in which it looks damaged.
func TestUnfinishedUpload(t *testing.T) {
	dir := newDir(t)
	h := open(t, dir, nil)
	whole := picture(t)
	name := filepath.Join(dir, "in", "a.png")
	if err := os.WriteFile(name, whole[:len(whole)/2], 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("not finished yet")
	if err := os.WriteFile(name, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("done")
	if err := os.WriteFile(name, whole[:len(whole)/2], 0o666); err != nil { // and stays so
		t.Fatal(err)
	}
	h.await("failed")
	h.close()
	h.wantDone(1)
}

// TestSickOutputHoldsTheIntake blocks the output folder for a while: sources stay,
// one job at a time tries, and everything is made once it can be.
func TestSickOutputHoldsTheIntake(t *testing.T) {
	dir := newDir(t)
	out := filepath.Join(dir, "out")
	if err := os.WriteFile(out, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, nil)
	const files = 60
	for i := range files {
		h.drop(strconv.Itoa(i) + ".png")
	}
	h.await("held, will try again")
	h.await("held, will try again")
	if err := os.Remove(out); err != nil {
		t.Fatal(err)
	}
	for range files {
		h.await("done")
	}
	h.close()
	h.wantDone(files)
}

// TestOneSickFileHoldsNoOther has a file that can never be archived, because a file
// stands where its folder would have to be.
func TestOneSickFileHoldsNoOther(t *testing.T) {
	dir := newDir(t)
	err := errors.Join(
		os.Mkdir(filepath.Join(dir, "in", "sub"), 0o777),
		os.Mkdir(filepath.Join(dir, "archive"), 0o777),
		os.WriteFile(filepath.Join(dir, "archive", "sub"), nil, 0o666),
	)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t, dir, nil, "on_success: move", "archive_dir: archive")
	h.drop("sub/x.png")
	h.await("done, but the source stays")
	for i := range 20 {
		h.drop(strconv.Itoa(i) + ".png")
	}
	for range 20 {
		h.await("done")
	}
	h.close()
	if entries, err := os.ReadDir(filepath.Join(dir, "archive")); err != nil || len(entries) != 21 {
		t.Errorf("the archive holds %d entries, %v", len(entries), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "in", "sub", "x.png")); err != nil {
		t.Error(err)
	}
}

// TestPresetRenamedByAReload makes nothing of the file a conflict with itself.
func TestPresetRenamedByAReload(t *testing.T) {
	dir := newDir(t)
	load := func() (*config.Config, error) {
		return config.Parse("test.yaml", []byte(`
http: {listen: ''}
folders: [{name: g, path: in, stable_for: 10ms, presets: [tiny], output: {dir: out}}]
presets: [{name: tiny, steps: [{resize: {width: 9}}], output: {name: "{stem}_thumbnail.{ext}", format: jpeg}}]
`), dir, nil)
	}
	h := open(t, dir, load)
	h.drop("a.png")
	h.await("done")
	h.daemon.Reload()
	h.await("done")
	h.close()
	h.wantDone(2)
}

func TestSystemdIsTold(t *testing.T) {
	dir := newDir(t)
	address := filepath.Join(dir, "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", address)
	t.Setenv("WATCHDOG_USEC", "20000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	told := make(chan string, 10000)
	go func() { // all the time, as systemd does: who tells it waits while a few messages are unread
		buf := make([]byte, 4096)
		for n, err := socket.Read(buf); err == nil; n, err = socket.Read(buf) {
			told <- string(buf[:n])
		}
	}()
	expect := func(want string) {
		t.Helper()
		late := time.After(patience)
		for {
			select {
			case got := <-told:
				if strings.Contains(got, want) {
					return
				}
			case <-late:
				t.Fatalf("waited in vain for %s", want)
			}
		}
	}
	h := open(t, dir, func() (*config.Config, error) { return nil, errors.New("refused") })
	expect("READY=1")
	expect("WATCHDOG=1")
	expect("STATUS=1 folder, 0 queued, 0 in work, 0 files/s")
	expect("WATCHDOG=1")
	h.daemon.Reload()
	expect("RELOADING=1")
	expect("READY=1")
	h.stop()
	expect("STOPPING=1")
	h.close()
}

func TestStuck(t *testing.T) {
	now := time.Unix(1e9, 0)
	for _, test := range []struct {
		name  string
		quiet time.Duration
		stats queue.Stats
		want  bool
	}{
		{"idle for hours", 5 * time.Hour, queue.Stats{}, false},
		{"in work and moving", time.Second, queue.Stats{InWork: 3}, false},
		{"in work and still", time.Hour, queue.Stats{InWork: 1}, true},
		{"queued, nothing taken up", time.Hour, queue.Stats{Queued: 9}, false},
	} {
		var p pulse
		p.beat(now.Add(-test.quiet))
		if got := p.stuck(test.stats, now, time.Minute); got != test.want {
			t.Errorf("%s: stuck is %v", test.name, got)
		}
	}
}

// TestJournal looks at the level of each end, and at the flood that a fault of
// the machine would be.
func TestJournal(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	j := newJournal(zap.New(core))
	end := func(s job.State, c job.Class) job.Outcome {
		o := job.Outcome{Job: job.Job{Folder: "f", Path: "p"}, State: s}
		if c != "" {
			o.Err = job.Reject(c, "test", errors.New("cause"))
		}
		return o
	}
	for _, o := range []job.Outcome{
		end(job.Done, ""), {State: job.Done, Left: errors.New("archive is full")}, end(job.Failed, job.Malformed),
		end(job.Skipped, job.NotImage), end(job.Skipped, job.Vanished), end(job.Changed, job.Modified), end(job.Aborted, job.Stopping),
	} {
		j.finished(o)
	}
	for range 1000 {
		j.finished(end(job.Held, job.Transient))
	}
	var got []string
	for _, e := range logs.All() {
		got = append(got, e.Level.String()+" "+e.Message)
	}
	want := "info done, warn done, but the source stays, warn failed, info skipped, info not finished yet, warn held, will try again"
	if len(got) < 6 || len(got) > 11 || strings.Join(got[:6], ", ") != want {
		t.Errorf("the log says %q, want %q and no flood", got, want)
	}
}

// TestLedgerComplains does not let a full disk fill the log as well.
func TestLedgerComplains(t *testing.T) {
	core, logs := observer.New(zapcore.WarnLevel)
	o := ledgerOptions(zap.New(core))
	for range 50 {
		o.Warn("ledger cannot be written", errors.New("no space left on device"))
	}
	if n := logs.Len(); n == 0 || n > 25 { // one in a second, on a machine however slow
		t.Errorf("%d lines about 50 complaints", n)
	}
}
