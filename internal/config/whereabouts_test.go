package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocketOf(t *testing.T) {
	for _, test := range []struct {
		name, text, want string
		environ          []string
	}{
		{"the service's", "folders: 1\n", serviceSocket, nil},
		{"state directory", "state_dir: st\nfoldrs: []\n", "DIR/st/control.sock", nil},
		{"socket", "state_dir: /x\nsocket: my.sock\nlog: {level: loud}\n", "DIR/my.sock", nil},
		{"of another kind", "state_dir: [1]\nsocket: /y.sock\n", "/y.sock", nil},
		{"broken", "state_dir: \"/x\n", serviceSocket, nil},
		{"variables", "state_dir: /x\n", "/z/control.sock", []string{"IMGWATCHD_STATE_DIR=/z"}},
		{"variable of the socket", "", "/z.sock", []string{"A=b", "IMGWATCHD_SOCKET=/z.sock"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "test.yaml")
			if err := os.WriteFile(file, []byte(test.text), 0o666); err != nil {
				t.Fatal(err)
			}
			want := test.want
			if rest, ok := strings.CutPrefix(want, "DIR/"); ok {
				want = filepath.Join(dir, rest)
			}
			if got := SocketOf(file, test.environ); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	if got := SocketOf(filepath.Join(t.TempDir(), "none.yaml"), nil); got != serviceSocket {
		t.Errorf("of no file: %q", got)
	}
}
