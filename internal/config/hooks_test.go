package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"imgwatchd/internal/hooks"
	"imgwatchd/internal/job"
)

func TestHooks(t *testing.T) {
	c, err := Parse("f", []byte(sound+`
hooks:
  on_done:
    - {name: notify, command: [/usr/bin/notify, --quiet], folders: [photos], timeout: 5s, concurrency: 4, expire: 2h}
    - {name: local, webhook: "http://[::1]:8080/hook"}
  on_failed:
    - {name: notify, webhook: "http://inside/hook", allow_http: true, secret_file: hook.secret}
`), "/etc/imgwatchd", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []hooks.Hook{
		{Name: "on_done/notify", On: job.Done, Folders: []string{"photos"}, Command: []string{"/usr/bin/notify", "--quiet"},
			Timeout: 5 * time.Second, Concurrency: 4, Expire: 2 * time.Hour},
		{Name: "on_done/local", On: job.Done, Folders: []string{}, Command: []string{}, Webhook: "http://[::1]:8080/hook",
			Timeout: 30 * time.Second, Concurrency: 2, Expire: 24 * time.Hour},
		{Name: "on_failed/notify", On: job.Failed, Folders: []string{}, Command: []string{}, Webhook: "http://inside/hook",
			SecretFile: "/etc/imgwatchd/hook.secret", Timeout: 30 * time.Second, Concurrency: 2, Expire: 24 * time.Hour},
	}
	if got := c.Hooks(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCheckHookFiles(t *testing.T) {
	if !unprivileged(t) {
		return
	}
	for _, tt := range []struct {
		name, keys string
		want       string // the fault; D is the folder of all
	}{
		{"program", "command: [D/program]", ""},
		{"no program", "command: [D/none]", `hooks.on_done[0].command[0]: "D/none" does not exist`},
		{"program is a folder", "command: [D]", `hooks.on_done[0].command[0]: "D" is not a program`},
		{"program cannot be executed", "command: [D/secret]", `hooks.on_done[0].command[0]: "D/secret" cannot be executed (allow it: setfacl`},
		{"secret", "webhook: https://a, secret_file: secret", ""},
		{"no secret", "webhook: https://a, secret_file: none", `hooks.on_done[0].secret_file: "D/none" does not exist (make one: (umask 077; openssl rand -hex 32 >"D/none"))`},
		{"secret cannot be read", "webhook: https://a, secret_file: closed", `hooks.on_done[0].secret_file: "D/closed" cannot be read (allow it: setfacl`},
		{"short secret", "webhook: https://a, secret_file: short", `hooks.on_done[0].secret_file: "D/short": a key of 5 bytes is too short, 16 is the least`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, mode := range map[string]os.FileMode{"program": 0o755, "secret": 0o600, "closed": 0o200, "short": 0o600} {
				text := "0123456789abcdef\n"
				if name == "short" {
					text = "12345\n"
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(filepath.Join(dir, "in"), 0o755); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("{state_dir: state, folders: [{name: a, path: in, presets: [web], output: {dir: out}}], hooks: {on_done: [{name: h, %s}]}}",
				strings.ReplaceAll(tt.keys, "D", dir))
			c, err := Parse("f", []byte(text), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if err := c.CheckPaths(); err != nil {
				got = strings.ReplaceAll(err.Error(), dir, "D")
			}
			if want := "f:1: " + tt.want; tt.want == "" && got != "" || !strings.HasPrefix(got, want) && tt.want != "" {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}
