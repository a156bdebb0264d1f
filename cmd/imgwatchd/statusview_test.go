package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rivo/uniseg"

	"imgwatchd/internal/web"
)

// noon is the moment at which the statuses of the tests were asked for.
var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)

// busyStatus is that of a daemon with folders in every state.
func busyStatus() web.Status {
	s := web.Status{
		Version: "v1.4.0", PID: 4242, Started: noon.Add(-76 * time.Hour), Now: noon,
		Config: web.Loaded{File: "/etc/imgwatchd/imgwatchd.yaml", At: noon.Add(-time.Hour)},
		Listen: "127.0.0.1:8077",
		Queue:  web.QueueLength{Queued: 1204, InWork: 6, Size: 100000, Oldest: 12300 * time.Millisecond},
		Rate:   38.2, Ended: web.Counts{Done: 104233, Failed: 12, Skipped: 3},
		Memory: web.Memory{Used: 312 << 20, Budget: 1536 << 20},
		Stages: []web.StageTimes{
			{Stage: "read", Items: 9000, Wait: 300 * time.Microsecond, Busy: 1200 * time.Microsecond},
			{Stage: "transform", Items: 9000, Wait: 4100 * time.Microsecond, Busy: 22 * time.Millisecond},
			{Stage: "write", Items: 9000, Wait: 2 * time.Millisecond, Busy: 9 * time.Millisecond},
		},
		Folders: []web.Folder{
			{Name: "photos", Path: "/srv/imgwatchd/photos", OK: true, Mode: "events", Watches: 214, Settling: 3,
				Queued: 1200, InWork: 5, Rate: 38.2, Ended: web.Counts{Done: 104100, Failed: 3}},
			{Name: "nas", Path: "/mnt/nas/studio/incoming", OK: true, Mode: "events+poll", Watches: 2, Polled: 40,
				Reason: "nfs sends no events", Queued: 4, InWork: 1, Rate: 0.05, Ended: web.Counts{Done: 130}},
			{Name: "archive", Path: "/srv/imgwatchd/archive-of-all-that-was-dropped-by-agencies/in", Mode: "events", Watches: 1,
				Reason: "publish: write /mnt/full/a_web.jpg: no space left on device; tried again in 8s", Ended: web.Counts{Failed: 9}},
			{Name: "wall", Path: "/srv/imgwatchd/wall", Paused: true, Mode: "events", Watches: 1, Reason: "paused by an operator"},
		},
	}
	for i := range 60 {
		m := web.Minute{Start: noon.Add(time.Duration(i-59) * time.Minute), Done: int64(i*i%97) * 24}
		if i == 40 {
			m.Failed = 9
		}
		s.Minutes = append(s.Minutes, m)
	}
	return s
}

// hostileStatus has in it what would take a terminal over.
func hostileStatus() web.Status {
	s := web.Status{Version: "\x1b]0;owned\a", Now: noon, Started: noon, Listen: "127.0.0.1:8077", Problem: "listen: \x1b[2J"}
	s.Config = web.Loaded{File: "/etc/\x1b[31m.yaml", At: noon, Refused: "imgwatchd.yaml:3: folders[0].nmae: unknown key\x1b[0m\nimgwatchd.yaml:9: too bad"}
	s.Folders = []web.Folder{
		{Name: "two\nlines", Path: "/in/\r\x1b[1Acaf\xe9/" + strings.Repeat("long/", 40), Reason: "\x1b[5mblink " + strings.Repeat("x", 200)},
		{Name: "写真フォルダとても長い名前です", Path: "/写真", OK: true, Mode: "poll", Polled: 1},
	}
	return s
}

func TestStatusView(t *testing.T) {
	idle := web.Status{Version: "v1.4.0", PID: 7, Started: noon.Add(-5 * time.Second), Now: noon, Config: web.Loaded{At: noon},
		Folders: []web.Folder{{Name: "inbox", Path: "/home/ada/inbox", OK: true, Mode: "events", Watches: 1}}}
	for _, test := range []struct {
		name  string
		s     web.Status
		width int
		lines int
		palette
	}{
		{"busy", busyStatus(), 80, 1000, palette{}},
		{"busy-wide", busyStatus(), 132, 1000, palette{}},
		{"busy-colours", busyStatus(), 80, 1000, palette{true}},
		{"busy-low", busyStatus(), 80, 20, palette{}},
		{"idle", idle, 80, 1000, palette{}},
		{"hostile", hostileStatus(), 80, 1000, palette{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := newStatusView(test.width, test.palette).lines(test.s, test.lines)
			if len(lines) > test.lines {
				t.Errorf("%d lines, want at most %d", len(lines), test.lines)
			}
			for _, l := range lines {
				if w := uniseg.StringWidth(l); !test.colours && w > test.width {
					t.Errorf("line is %d wide: %q", w, l)
				}
				if !test.colours && strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == 0x7f }) {
					t.Errorf("line with control characters: %q", l)
				}
			}
			golden(t, "testdata/status/"+test.name+".txt", strings.Join(lines, "\n")+"\n")
		})
	}
}

// golden compares text with a file; IMGWATCHD_GOLDEN=write makes the file anew.
func golden(t *testing.T, file, text string) {
	t.Helper()
	if os.Getenv("IMGWATCHD_GOLDEN") == "write" {
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, text, want)
	}
}

func TestFigures(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{short(0), "0s"},
		{short(300 * time.Microsecond), "0.3ms"},
		{short(999 * time.Millisecond), "999ms"},
		{short(12340 * time.Millisecond), "12.3s"},
		{short(time.Hour - 1), "59m 59s"},
		{short(49 * time.Hour), "2d 1h"},
		{rateOf(0), "0/s"},
		{rateOf(0.05), "3.0/min"},
		{rateOf(38.21), "38.2/s"},
		{rateOf(1234.5), "1,235/s"},
		{when(noon.Add(-time.Hour), noon), "11:00:00"},
		{when(noon.Add(-24*time.Hour), noon), "2026-11-25 12:00:00"},
		{left("é写真", 4), "é写…"},
		{left("ab", 4), "ab  "},
		{right("ab", 4), "  ab"},
		{clipStart("/a/long/path/写", 7), "…ath/写"},
		{clipStart("ab", 1), "…"},
		{clipEnd("ab", 0), ""},
		{strings.Join(wrap("one two three fourteen", 7), "|"), "one two|three|fourtee|n"},
		{strings.Join(sparkline([]int64{0, 1, 50, 100}), ""), " ▁▄█"},
		{strings.Join(sparkline([]int64{0, 0}), ""), "  "},
		{joined(gauge(1, 1000, 4)), "█|░░░"},
		{joined(gauge(5, 0, 4)), "█|░░░"},
		{joined(gauge(9, 5, 4)), "████|"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

func joined(full, empty string) string { return full + "|" + empty }
