package config

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// unprivileged reports whether the test goes on here. Root may do everything, so
// that it runs the test once more as nobody instead.
func unprivileged(t *testing.T) bool {
	t.Helper()
	if os.Getuid() != 0 {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir, cmd.Env = "/", []string{"TMPDIR=/tmp"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
	return false
}

func TestCheckPaths(t *testing.T) {
	if !unprivileged(t) {
		return
	}
	const readOnly, writeOnly = 0o555, 0o333
	for _, tt := range []struct {
		name  string
		modes map[string]os.FileMode // what there is: a file when its mode has no x
		keys  string                 // further ones
		want  []string               // paths and problems; D is the folder of all
	}{
		{"all there", map[string]os.FileMode{"in": 0o755, "out": 0o755, "failed": 0o755}, "", nil},
		{"targets are made later", map[string]os.FileMode{"in": 0o755}, "", nil},
		{"no drop folder", nil, "", []string{`folders[0].path: "D/in" does not exist (create it: mkdir -p "D/in")`}},
		{"drop folder is a file", map[string]os.FileMode{"in": 0o644}, "", []string{`folders[0].path: "D/in" is not a folder`}},
		{"drop folder cannot be read", map[string]os.FileMode{"in": writeOnly}, "", []string{`folders[0].path: "D/in" cannot be read (allow it: setfacl`}},
		{"drop folder cannot be written", map[string]os.FileMode{"in": readOnly}, "", []string{`folders[0].path: "D/in" cannot be written, so no source can be taken out of it`}},
		{"drop folder need not be written", map[string]os.FileMode{"in": readOnly}, ", on_failure: keep", nil},
		{"sources are to be deleted", map[string]os.FileMode{"in": readOnly}, ", on_failure: keep, on_success: delete", []string{`folders[0].path: "D/in" cannot be written`}},
		{"output cannot be written", map[string]os.FileMode{"in": 0o755, "out": readOnly}, "", []string{`folders[0].output.dir: "D/out" cannot be written`}},
		{"output cannot be made", map[string]os.FileMode{"in": 0o755, "ro": readOnly}, ", failed_dir: ro/x/y", []string{
			`folders[0].failed_dir: "D/ro/x/y" does not exist and cannot be made in "D/ro" (create it: mkdir -p "D/ro/x/y" && chown`}},
		{"output is a file", map[string]os.FileMode{"in": 0o755, "out": 0o644}, "", []string{`folders[0].output.dir: "D/out" is not a folder`}},
		{"output is below a file", map[string]os.FileMode{"in": 0o755, "f": 0o644}, ", on_success: move, archive_dir: f/x", []string{`folders[0].archive_dir: "D/f" is not a folder`}},
		{"two at once", map[string]os.FileMode{"out": readOnly}, "", []string{`folders[0].path: "D/in" does not`, `folders[0].output.dir: "D/out" cannot`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, mode := range tt.modes {
				make := os.Mkdir
				if mode&0o111 == 0 {
					make = func(name string, mode os.FileMode) error { return os.WriteFile(name, nil, mode) }
				}
				if err := make(filepath.Join(dir, name), mode); err != nil {
					t.Fatal(err)
				}
			}
			text := fmt.Sprintf("{state_dir: state, folders: [{name: a, path: in, presets: [web], output: {dir: out}%s}]}", tt.keys)
			c, err := Parse("f", []byte(text), dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			var faults Faults
			if err := c.CheckPaths(); err != nil {
				faults = err.(Faults)
			}
			if len(faults) != len(tt.want) {
				t.Fatalf("%d faults, want %d:\n%v", len(faults), len(tt.want), faults)
			}
			for i, f := range faults {
				got := strings.ReplaceAll(f.Error(), dir, "D")
				if !strings.HasPrefix(got, "f:1: "+tt.want[i]) {
					t.Errorf("got  %s\nwant f:1: %s…", got, tt.want[i])
				}
			}
		})
	}
}
