package atomicfile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPowerCut takes the power from a filesystem while a group publishes on it. What
// was answered with success is there afterwards, and every final name stands for a
// whole file.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	image := makeExt4(t)
	for cut := range 4 {
		dir := mountImage(t, image)
		published := publishUntilCut(t, dir, cut, 20+40*cut)
		unmount(t, dir)
		dir = mountImage(t, image)
		for n := range published {
			wantFile(t, filepath.Join(dir, nameInCut(cut, n)), string(version(n)))
		}
		wantAllWhole(t, dir)
		unmount(t, dir)
	}
}

// nameInCut returns the nth name that is published before a cut.
func nameInCut(cut, n int) string { return fmt.Sprintf("cut%d/dir%d/%d", cut, n%3, n) }

// publishUntilCut publishes in dir until nothing works any more, because the power
// was cut after that many answers, and returns the numbers that were published.
func publishUntilCut(t *testing.T, dir string, cut, answers int) map[int]bool {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	const writers = 8
	group := Group{Size: writers / 2}
	defer group.Close()
	published := make(map[int]bool)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := w; ; n += writers {
				if err := group.Write(root, nameInCut(cut, n), version(n), Options{}); err != nil {
					return // the power is gone
				}
				mu.Lock()
				published[n] = true
				if len(published) == answers {
					cutPower(t, root)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(published) < answers {
		t.Errorf("publishing failed after %d files, before the cut", len(published))
	}
	return published
}

// cutPower has the kernel forget what is not on the disk.
func cutPower(t *testing.T, root *os.Root) {
	const (
		ext4Shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN
		noLogFlush   = 2
	)
	d, err := root.Open(".")
	if err != nil {
		t.Error(err)
		return
	}
	defer d.Close()
	if err := unix.IoctlSetPointerInt(int(d.Fd()), ext4Shutdown, noLogFlush); err != nil {
		t.Errorf("cut the power: %v", err)
	}
}

// makeExt4 returns an image file with an empty filesystem.
func makeExt4(t *testing.T) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 64<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", image).CombinedOutput(); err != nil {
		t.Skipf("no ext4 can be made here: %v %s", err, out)
	}
	return image
}

// mountImage mounts the filesystem in the image, for as long as the test at most.
func mountImage(t *testing.T, image string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Skipf("mounting an image needs root and a loop device: %v %s", err, out)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// wantAllWhole fails when a final name stands for anything but a whole file.
func wantAllWhole(t *testing.T, dir string) {
	t.Helper()
	var cut, n, in int
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		if got, _ := fmt.Sscanf(rel, "cut%d/dir%d/%d", &cut, &in, &n); got == 3 {
			wantFile(t, name, string(version(n)))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
