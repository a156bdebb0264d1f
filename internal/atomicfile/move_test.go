package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// eachPlace runs test with a destination that a rename reaches, and with two
// that it does not.
func eachPlace(t *testing.T, test func(t *testing.T, src, dst string)) {
	t.Run("one filesystem", func(t *testing.T) { test(t, t.TempDir(), t.TempDir()) })
	t.Run("another filesystem", func(t *testing.T) { test(t, t.TempDir(), otherFilesystem(t)) })
	t.Run("another mount of one filesystem", func(t *testing.T) {
		dst := t.TempDir()
		if err := unix.Mount(t.TempDir(), dst, "", unix.MS_BIND, ""); err != nil {
			t.Skipf("mounting needs root: %v", err)
		}
		t.Cleanup(func() { unix.Unmount(dst, 0) })
		test(t, t.TempDir(), dst)
	})
}

func TestMove(t *testing.T) {
	eachPlace(t, func(t *testing.T, src, dst string) {
		setUmask(t, 0o077)
		content := string(version(0))
		name := put(t, src, "f", content)
		old := time.Date(2009, 11, 10, 23, 0, 0, 123456789, time.UTC)
		if err := errors.Join(os.Chmod(name, 0o604), os.Chtimes(name, old, old)); err != nil {
			t.Fatal(err)
		}
		ignored := Options{Mode: 0o777, ModTime: time.Unix(0, 0), DirMode: 0o755}
		if err := Move(openRoot(t, src), "f", openRoot(t, dst), "new/dir/g", ignored); err != nil {
			t.Fatal(err)
		}
		wantNoFile(t, name)
		moved := filepath.Join(dst, "new/dir/g")
		wantFile(t, moved, content)
		fi, err := os.Stat(moved)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode() != 0o604 || !fi.ModTime().Equal(old) {
			t.Errorf("mode and time are %v and %v, want %v and %v", fi.Mode(), fi.ModTime(), fs.FileMode(0o604), old)
		}
		wantNoTemps(t, dst)
	})
}

func TestMoveReplaces(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    error
	}{
		{"never by itself", Options{}, fs.ErrExist},
		{"never when told so", Options{Replace: NoReplace, Durability: None}, fs.ErrExist},
		{"when asked to", Options{Replace: Overwrite}, nil},
	}
	eachPlace(t, func(t *testing.T, src, dst string) {
		from, to := openRoot(t, src), openRoot(t, dst)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				put(t, src, "f", "new")
				put(t, dst, "g", "old")
				if err := Move(from, "f", to, "g", tt.options); !errors.Is(err, tt.want) {
					t.Fatalf("error is %v, want %v", err, tt.want)
				}
				if tt.want == nil {
					wantNoFile(t, filepath.Join(src, "f"))
					wantFile(t, filepath.Join(dst, "g"), "new")
				} else {
					wantFile(t, filepath.Join(src, "f"), "new")
					wantFile(t, filepath.Join(dst, "g"), "old")
				}
				wantNoTemps(t, dst)
			})
		}
	})
}

func TestMoveRefuses(t *testing.T) {
	eachPlace(t, func(t *testing.T, src, dst string) {
		put(t, src, "file", "stays")
		err := errors.Join(
			os.Symlink("file", filepath.Join(src, "link")),
			os.Mkdir(filepath.Join(src, "dir"), 0o755),
			unix.Mkfifo(filepath.Join(src, "fifo"), 0o600),
		)
		if err != nil {
			t.Fatal(err)
		}
		tests := []struct {
			from, to string
			want     error
		}{
			{"link", "x", fs.ErrInvalid},
			{"dir", "x", fs.ErrInvalid},
			{"fifo", "x", fs.ErrInvalid},
			{"gone", "x", fs.ErrNotExist},
			{"../file", "x", fs.ErrInvalid},
			{"file", "../x", fs.ErrInvalid},
			{"file", TempPrefix + "x", fs.ErrInvalid},
		}
		for _, tt := range tests {
			if err := Move(openRoot(t, src), tt.from, openRoot(t, dst), tt.to, Options{}); !errors.Is(err, tt.want) {
				t.Errorf("Move(%q, %q) = %v, want %v", tt.from, tt.to, err, tt.want)
			}
		}
		wantFile(t, filepath.Join(src, "file"), "stays")
		if entries, err := os.ReadDir(dst); err != nil || len(entries) != 0 {
			t.Errorf("destination holds %v (%v), want nothing", entries, err)
		}
	})
}

// A file may be moved aside because nobody can read it.
func TestMoveUnreadable(t *testing.T) {
	src, dst := t.TempDir(), t.TempDir()
	from, to := openRoot(t, src), openRoot(t, dst)
	name := put(t, src, "f", "secret")
	if err := errors.Join(os.Chmod(name, 0), os.Chmod(src, 0o777), os.Chmod(dst, 0o777)); err != nil {
		t.Fatal(err)
	}
	asNobody(func() {
		if err := Move(from, "f", to, "f", Options{}); err != nil {
			t.Error(err)
		}
	})
	wantNoFile(t, name)
}

func TestMoveToFullDiskKeepsTheSource(t *testing.T) {
	src, dst := t.TempDir(), mountTmpfs(t, "size=64k")
	content := strings.Repeat("x", 1<<20)
	name := put(t, src, "f", content)
	if err := Move(openRoot(t, src), "f", openRoot(t, dst), "f", Options{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("error is %v, want %v", err, unix.ENOSPC)
	}
	wantFile(t, name, content)
	wantNoFile(t, filepath.Join(dst, "f"))
	wantNoTemps(t, dst)
}

// What was written to the source after it was looked at must not be lost.
func TestPublishCopyNoticesChange(t *testing.T) {
	changes := map[string]func(t *testing.T, name string){
		"grown":  func(t *testing.T, name string) { put(t, name, "content and more") },
		"shrunk": func(t *testing.T, name string) { put(t, name, "con") },
		"rewritten": func(t *testing.T, name string) {
			put(t, name, "CONTENT")
			if err := os.Chtimes(name, time.Time{}, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		},
	}
	for change, apply := range changes {
		t.Run(change, func(t *testing.T) {
			src, dst := t.TempDir(), t.TempDir()
			name := put(t, src, "f", "content")
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			before, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			d, err := openDir(openRoot(t, dst), ".")
			if err != nil {
				t.Fatal(err)
			}
			defer d.close()
			apply(t, name)
			if err := publishCopy(f, before, d, "g", Options{Replace: NoReplace}); !errors.Is(err, ErrChanged) {
				t.Errorf("error is %v, want %v", err, ErrChanged)
			}
			if entries, err := os.ReadDir(dst); err != nil || len(entries) != 0 {
				t.Errorf("destination holds %v (%v), want nothing", entries, err)
			}
		})
	}
}
