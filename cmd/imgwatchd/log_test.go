package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// hostile are names that want to be more than a name in a log.
var hostile = []string{
	"two\nlines.jpg",
	"return\rover.jpg",
	"\x1b[31mred\x1b[0m\x07.jpg",
	"c1 \u009b31m.jpg",
	"turned \u202egpj.exe",
	"isolate \u2066\u2069 mark \u200f.jpg",
	"line separator \u2028 and \u2029.jpg",
	"invisible \u200b\ufeff\U000e0041.jpg",
	"not UTF-8 \xff\xfe\xc0\xaf.jpg",
	`quote " brace } backslash \.jpg`,
	`","level":"error","msg":"forged`,
	"<0>priority.jpg",
	"delete \x7f nul \x00.jpg",
}

func TestHostileNamesStayInTheirLine(t *testing.T) {
	for kind, encoder := range map[string]zapcore.Encoder{"json": jsonEncoder(), "console": consoleEncoder()} {
		for _, name := range hostile {
			var out bytes.Buffer
			log := zap.New(zapcore.NewCore(lineEncoder{encoder, priority}, zapcore.AddSync(&out), zapcore.DebugLevel))
			log.With(zap.String("folder", name)).Info("message "+name, zap.String("path", name), zap.Strings("outputs", []string{name}),
				zap.Error(fmt.Errorf("open %s: %w", name, errors.New("denied"))))
			line := out.String()
			if !strings.HasPrefix(line, "<6>") || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
				t.Errorf("%s: not one line of priority 6: %q", kind, line)
			}
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsPrint(r) {
					t.Errorf("%s: %U is in %q", kind, r, line)
				}
			}
			if kind == "json" {
				checkFields(t, strings.TrimPrefix(line, "<6>"), name)
			}
		}
	}
}

// checkFields makes sure that a line is JSON that holds exactly the name, or what is left
// of it in UTF-8.
func checkFields(t *testing.T, line, name string) {
	t.Helper()
	var got struct {
		Level, Msg, Folder, Path, Error string
		Outputs                         []string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%q is no JSON: %v", line, err)
	}
	want := name
	if !utf8.ValidString(name) {
		want = string([]rune(name))
	}
	if got.Level != "info" || got.Msg != "message "+want || got.Folder != want || got.Path != want ||
		len(got.Outputs) != 1 || got.Outputs[0] != want || got.Error != "open "+want+": denied" {
		t.Errorf("of %q came %+v", name, got)
	}
}

func TestConsoleReadsWell(t *testing.T) {
	var out bytes.Buffer
	log := zap.New(zapcore.NewCore(lineEncoder{consoleEncoder(), noPrefix}, zapcore.AddSync(&out), zapcore.DebugLevel))
	log.Warn("failed", zap.String("path", "Zoë/été 日本.jpg"))
	if _, rest, _ := strings.Cut(out.String(), "  "); rest != "WARN  failed  {\"path\": \"Zoë/été 日本.jpg\"}\n" {
		t.Errorf("the line is %q", out.String())
	}
}

func TestPriorities(t *testing.T) {
	for level, want := range map[zapcore.Level]string{
		zapcore.DebugLevel: "<7>", zapcore.InfoLevel: "<6>", zapcore.WarnLevel: "<4>", zapcore.ErrorLevel: "<3>", zapcore.FatalLevel: "<2>",
	} {
		if got := priority(level); got != want {
			t.Errorf("%v has the priority %s, want %s", level, got, want)
		}
	}
}

func TestOnlyTheJournalIsTheJournal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := fi.Sys().(*syscall.Stat_t)
	for stream, want := range map[string]bool{
		fmt.Sprintf("%d:%d", stat.Dev, stat.Ino):   true,
		fmt.Sprintf("%d:%d", stat.Dev, stat.Ino+1): false,
		fmt.Sprintf("%d:%d", stat.Dev+1, stat.Ino): false,
		"":                       false,
		"0:0":                    false,
		"no:stream":              false,
		"99999999999999999999:1": false,
	} {
		if got := isJournal(f, stream); got != want {
			t.Errorf("JOURNAL_STREAM=%q: %v, want %v", stream, got, want)
		}
	}
	f.Close()
	if isJournal(f, fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)) {
		t.Error("a closed file is taken for the journal")
	}
}
