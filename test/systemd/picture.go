package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// picture returns a JPEG, the same for the same number.
func picture(width, height int, number uint64) []byte {
	rnd := rand.New(rand.NewPCG(number, 5))
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	slope := 1 + rnd.IntN(7)
	for i := range img.Y {
		img.Y[i] = uint8(i/width*slope + i%width/3)
	}
	tint := color.YCbCr{Cb: uint8(rnd.Uint32()), Cr: uint8(rnd.Uint32())}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = tint.Cb, tint.Cr
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// A file is what became of a rendition.
type file struct {
	size image.Point
	uid  int
	mode os.FileMode
}

// rendition decodes a rendition of the container from its first to its last byte.
func (t *trial) rendition(path string) file {
	data, err := os.ReadFile(t.at(path))
	t.must(err)
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.fatalf("decode %s: %v", path, err)
	}
	info, err := os.Stat(t.at(path))
	t.must(err)
	return file{img.Bounds().Size(), int(info.Sys().(*syscall.Stat_t).Uid), info.Mode()}
}

// stands reports whether a file exists in the container.
func (t *trial) stands(path string) bool {
	_, err := os.Lstat(t.at(path))
	return err == nil
}

// different is how many different pictures are dropped at most: to make them takes longer
// than to work on them.
const different = 8

// drop has a user of the container copy pictures into a folder: as many as there
// are names.
func (t *trial) drop(user, folder string, width, height int, names ...string) {
	var pictures [different][]byte
	for i := range min(different, len(names)) {
		pictures[i] = picture(width, height, uint64(i))
	}
	aside := fmt.Sprintf("/var/tmp/of-%s-%x", user, rand.Uint32())
	t.must(os.Mkdir(t.at(aside), 0o755))
	for i, name := range names {
		t.must(os.WriteFile(filepath.Join(t.at(aside), name), pictures[i%different], 0o644))
	}
	t.as(user, "cp "+aside+"/* "+folder)
	t.must(os.RemoveAll(t.at(aside)))
}

// numbered returns n names: pattern is for fmt, such as "%03d.jpg".
func numbered(pattern string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(pattern, i)
	}
	return names
}

// awaitRenditions waits until a rendition of each source stands in a folder, and
// decodes them all.
func (t *trial) awaitRenditions(folder, suffix string, sources ...string) time.Duration {
	path := func(source string) string { return filepath.Join(folder, strings.TrimSuffix(source, ".jpg")+suffix) }
	took := t.until("renditions in "+folder, func() bool {
		return !slices.ContainsFunc(sources, func(s string) bool { return !t.stands(path(s)) })
	})
	for _, s := range sources {
		t.rendition(path(s))
	}
	return took
}
