package atomicfile

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "root")
	for _, d := range []string{"outside", "root/inside"} {
		if err := os.MkdirAll(filepath.Join(base, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	secret := put(t, base, "outside", "secret", "stays")
	for link, target := range map[string]string{
		"escape": "../outside", "absolute": filepath.Join(base, "outside"), "within": "inside",
		"file": "../outside/secret", "dangling": "../outside/new", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	root := openRoot(t, dir)
	for _, name := range []string{"escape/x", "escape/d/x", "absolute/x", "loop/x", "dangling/x"} {
		if err := Write(root, name, []byte("x"), Options{}); err == nil {
			t.Errorf("Write(%q) went through a link out of the root", name)
		}
	}
	if err := Remove(root, "escape/secret", nil); err == nil {
		t.Error("Remove went through a link out of the root")
	}
	for _, name := range []string{"within/f", "file", "dangling", "loop"} {
		if err := Write(root, name, []byte("mine"), Options{}); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"inside/f", "file", "dangling", "loop"} {
		wantFile(t, filepath.Join(dir, name), "mine")
	}
	wantFile(t, secret, "stays")
	if entries, err := os.ReadDir(filepath.Join(base, "outside")); err != nil || len(entries) != 1 {
		t.Errorf("outside holds %v (%v), want only the secret", entries, err)
	}
}

// Whatever the name, Write either publishes exactly there or changes nothing
// outside the root.
func FuzzWrite(f *testing.F) {
	for _, name := range []string{
		"a", "a/b", "../a", "..", "/etc/passwd", "a/../../b", "out/x", "in/x", "\x00", "\xff/\n", "a//b", "a/./b",
		strings.Repeat("x", 255), strings.Repeat("x/", 50) + "y", TempPrefix + "0", "in/../out/x", "%2e%2e/x",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		base := t.TempDir()
		dir := filepath.Join(base, "root")
		if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
			t.Fatal(err)
		}
		for link, target := range map[string]string{"out": "..", "i": "in", "r": "/"} {
			if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		err := Write(openRoot(t, dir), name, []byte(name), Options{Durability: None, Replace: NoReplace})
		if err == nil {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || !bytes.Equal(got, []byte(name)) {
				t.Errorf("Write(%q) published %q, error %v", name, got, err)
			}
		}
		if entries, err := os.ReadDir(base); err != nil || len(entries) != 1 {
			t.Errorf("Write(%q) left %v outside the root, error %v", name, entries, err)
		}
		wantNoTemps(t, base)
	})
}
