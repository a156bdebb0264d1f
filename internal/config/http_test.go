package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSocket(t *testing.T) {
	for _, tt := range []struct{ keys, want string }{
		{"", "/run/imgwatchd/control.sock"},
		{"state_dir: /srv/state", "/srv/state/control.sock"},
		{"state_dir: state", "/etc/x/state/control.sock"},
		{"socket: run/my.sock", "/etc/x/run/my.sock"},
	} {
		c, err := Parse("f", []byte(sound+tt.keys+"\n"), "/etc/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Socket(); got != tt.want {
			t.Errorf("%q: the socket is %q, want %q", tt.keys, got, tt.want)
		}
	}
}

// TestListen has the addresses that are taken; those that are not are in broken.
func TestListen(t *testing.T) {
	for _, listen := range []string{"", "127.0.0.1:8077", "127.8.9.10:1", "localhost:65535", "'[::1]:80'", "127.0.0.1:0"} {
		if _, err := Parse("f", []byte(sound+"http: {listen: "+listen+"}\n"), "/", nil); listen != "" && err != nil {
			t.Error(err)
		}
		if _, err := Parse("f", []byte(sound+"http: {listen: '"+strings.Trim(listen, "'")+"', token_file: t}\n"), "/", nil); err != nil {
			t.Error(err)
		}
	}
	for _, listen := range []string{":8077", "0.0.0.0:8077", "[::]:8077", "192.168.1.5:8077", "photos.example.org:80"} {
		c, err := Parse("f", []byte(sound+"http: {listen: '"+listen+"', token_file: t, hosts: [photos.example.org, 10.1.2.3]}\n"), "/etc", nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := (HTTP{listen, "/etc/t", []string{"photos.example.org", "10.1.2.3"}}); !reflect.DeepEqual(c.HTTP(), want) {
			t.Errorf("HTTP() = %+v, want %+v", c.HTTP(), want)
		}
	}
}

func TestToken(t *testing.T) {
	const word = "correct-horse-battery"
	for _, tt := range []struct {
		name, text string
		mode       os.FileMode
		want       Token
		problem    string
	}{
		{"first line", word + "\nmore\n", 0o600, Token{word, false}, ""},
		{"space around it", "  " + word + " \r\n", 0o640, Token{word, false}, ""},
		{"no end of line", word, 0o600, Token{word, false}, ""},
		{"everyone may read it", word, 0o644, Token{word, true}, ""},
		{"short", "secret\n", 0o600, Token{}, "has 6 characters, 16 are the least"},
		{"empty", "", 0o600, Token{}, "has 0 characters"},
		{"first line empty", "\n" + word, 0o600, Token{}, "has 0 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(file, []byte(tt.text), tt.mode); err != nil {
				t.Fatal(err)
			}
			got, err := HTTP{TokenFile: file}.Token()
			if got != tt.want || fmt.Sprint(err) != "<nil>" && (tt.problem == "" || !strings.Contains(err.Error(), tt.problem)) || err == nil && tt.problem != "" {
				t.Errorf("%+v, %v; want %+v, %q", got, err, tt.want, tt.problem)
			}
		})
	}
	if got, err := (HTTP{}).Token(); got != (Token{}) || err != nil {
		t.Errorf("without a file: %+v, %v", got, err)
	}
}

func TestCheckPathsReadsTheToken(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, err := Parse("f", []byte("state_dir: state\nfolders: [{name: a, path: in, presets: [web], on_failure: keep, output: {dir: out}}]\nhttp: {token_file: none}\n"), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckPaths(); err == nil || !strings.Contains(err.Error(), "f:3: http.token_file: read token: ") {
		t.Errorf("without the file of the token: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "none"), []byte(strings.Repeat("x", minToken)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.CheckPaths(); err != nil {
		t.Error(err)
	}
}

// TestTokenIsNoPipe has a pipe stand where the token is to be, which nobody writes to.
func TestTokenIsNoPipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := unix.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := (HTTP{TokenFile: file}).Token(); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("%+v, %v", got, err)
	}
}
