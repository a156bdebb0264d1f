package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	for _, content := range []string{"first", "second, and longer", "", "4th"} {
		if err := Write(root, "a/b/c.jpg", []byte(content), Options{}); err != nil {
			t.Fatal(err)
		}
		wantFile(t, filepath.Join(dir, "a/b/c.jpg"), content)
	}
	if err := Write(root, "top.jpg", []byte("x"), Options{Durability: None}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "top.jpg"), "x")
	wantNoTemps(t, dir)
}

func TestWriteTakesEveryName(t *testing.T) {
	longest := strings.Repeat("n", 255)
	for _, name := range []string{
		longest,
		strings.Repeat("d", 255) + "/" + longest,
		strings.Repeat("deep/", 200) + "file",
		"latin1-\xe9\xff.jpg",
		"two\nlines.jpg",
		"-rf",
		"...",
		"..hidden",
		`back\slash`,
		"caf\u00e9", "cafe\u0301", // composed and decomposed: two files
	} {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(openRoot(t, dir), name, []byte("content"), Options{}); err != nil {
				t.Fatal(err)
			}
			wantFile(t, filepath.Join(dir, name), "content")
			wantNoTemps(t, dir)
		})
	}
}

func TestWriteRefusesNames(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "root")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	root := openRoot(t, dir)
	for _, name := range []string{
		"", ".", "..", "/", "/etc/x", "../x", "a/../../x", "a/../x", "./x", "a//x", "x/", "a/.", "nul\x00byte",
		TempPrefix + "mine", "a/" + tempName(),
	} {
		if err := Write(root, name, []byte("x"), Options{}); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Write(%q) = %v, want %v", name, err, fs.ErrInvalid)
		}
	}
	if err := Write(root, strings.Repeat("n", 256), nil, Options{}); !errors.Is(err, unix.ENAMETOOLONG) {
		t.Errorf("256 bytes: %v, want %v", err, unix.ENAMETOOLONG)
	}
	wantNoTemps(t, base)
}

func TestWriteModes(t *testing.T) {
	setUmask(t, 0o027)
	tests := []struct {
		name      string
		options   Options
		file, dir fs.FileMode
	}{
		{"zero obeys the umask", Options{}, 0o640, fs.ModeDir | 0o750},
		{"explicit does not", Options{Mode: 0o666, DirMode: 0o777}, 0o666, fs.ModeDir | 0o777},
		{"narrow", Options{Mode: 0o400, DirMode: 0o700}, 0o400, fs.ModeDir | 0o700},
		{"shared directory", Options{DirMode: 0o775 | fs.ModeSetgid}, 0o640, fs.ModeDir | fs.ModeSetgid | 0o775},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := Write(openRoot(t, dir), "a/b/f", []byte("x"), tt.options); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]fs.FileMode{"a": tt.dir, "a/b": tt.dir, "a/b/f": tt.file} {
				fi, err := os.Stat(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if fi.Mode() != want {
					t.Errorf("%s has mode %v, want %v", name, fi.Mode(), want)
				}
			}
		})
	}
}

func TestWriteModTime(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	for _, want := range []time.Time{
		time.Date(2009, 11, 10, 23, 0, 0, 123456789, time.UTC),
		time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if err := Write(root, "f", []byte("x"), Options{ModTime: want}); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(filepath.Join(dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		if !fi.ModTime().Equal(want) {
			t.Errorf("modification time is %v, want %v", fi.ModTime(), want)
		}
	}
}

func TestWriteNoReplace(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	if err := Write(root, "f", []byte("first"), Options{Replace: NoReplace}); err != nil {
		t.Fatal(err)
	}
	if err := Write(root, "f", []byte("second"), Options{Replace: NoReplace}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("name taken: %v, want %v", err, fs.ErrExist)
	}
	wantFile(t, filepath.Join(dir, "f"), "first")
	wantNoTemps(t, dir)
}

// On a filesystem without RENAME_NOREPLACE a hard link decides.
func TestRelink(t *testing.T) {
	path := t.TempDir()
	d, err := openDir(openRoot(t, path), ".")
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	put(t, path, "new", "new")
	put(t, path, "taken", "old")
	if err := d.relink("new", d, "taken"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("name taken: %v, want %v", err, fs.ErrExist)
	}
	wantFile(t, filepath.Join(path, "taken"), "old")
	if err := d.relink("new", d, "free"); err != nil {
		t.Error(err)
	}
	wantFile(t, filepath.Join(path, "free"), "new")
	wantNoFile(t, filepath.Join(path, "new"))
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	kept := put(t, dir, "d", "target", "stays")
	if err := os.Symlink("target", filepath.Join(dir, "d", "link")); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		want error
	}{
		{"d/link", nil},
		{"d/link", fs.ErrNotExist},
		{"none/f", fs.ErrNotExist},
		{"d", unix.EISDIR},
		{"../x", fs.ErrInvalid},
	}
	for _, tt := range tests {
		if err := Remove(root, tt.name, nil); !errors.Is(err, tt.want) {
			t.Errorf("Remove(%q) = %v, want %v", tt.name, err, tt.want)
		}
	}
	wantNoFile(t, filepath.Join(dir, "d", "link"))
	wantFile(t, kept, "stays")
}
