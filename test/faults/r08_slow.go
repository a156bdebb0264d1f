package main

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

var _ = register(scenario{
	name:      "R8",
	criterion: "slow writers that pause for longer than the quiet period, the file kept open or re-opened for each chunk: never processed truncated",
	needs:     []need{leases},
	run:       writeSlowly,
})

func writeSlowly(t *trial) {
	quiet := time.Duration(t.size(1000, 300)) * time.Millisecond
	u := setup{folders: []string{"stable_for: " + quiet.String()}}
	s := t.newSite(u)
	d := s.serve()
	o := s.observe()
	writers := slowWriters(quiet, t.size(25, 3))
	t.check(s.letWrite(writers))
	judged := slices.DeleteFunc(slices.Clone(writers), (*slowWriter).late)
	sources := make(map[string][]byte)
	for _, w := range judged {
		sources[w.name] = w.data
	}
	s.awaitOutputs(slices.Collect(maps.Keys(sources)))
	d.awaitIdle()
	d.stop()
	saw := o.stop()

	early, again := d.judgeSlow(judged)
	unfinished := d.count(msg("not finished yet"))
	got := t.sums(s.out)
	maps.DeleteFunc(got, func(output, _ string) bool {
		return slices.ContainsFunc(writers, func(w *slowWriter) bool { return w.late() && thumbnailOf(w.name) == output })
	})
	same, different := compare(got, t.reference(u, sources))
	t.figure("files", len(writers))
	t.figure("late", len(writers)-len(judged))   // by fault of the machine
	t.figure("taken_for_unfinished", unfinished) // one in a second is told of
	t.figure("early", early)
	t.figure("again", again)
	t.figure("partial", len(saw.partials))
	t.figure("same_bytes", same)
	t.expect(len(judged) > len(writers)/2, "the machine was too slow for %d of %d writers", len(writers)-len(judged), len(writers))
	t.expect(unfinished > 0, "no file was looked at while it grew: that proves little")
	t.expect(early == 0, "%d files were worked on before they were written to the end", early)
	t.expect(again == 0, "%d files did not end with one line of done", again)
	t.expect(len(different) == 0, "%d outputs differ from those of files written at once, such as %.99q", len(different), different)
	saw.judge(t)
}

// judgeSlow returns how many files came to an end before they were written to theirs, and how
// many ended otherwise than done, once. That something seems not to be finished is no end.
func (d *service) judgeSlow(writers []*slowWriter) (early, again int) {
	ends := make(map[string][]event)
	for _, e := range d.find(func(e event) bool { return e.Msg != "not finished yet" }) {
		ends[e.Path] = append(ends[e.Path], e)
	}
	for _, w := range writers {
		switch all := ends[w.name]; {
		case len(all) > 0 && all[0].at.Before(w.last):
			early++
			d.t.logf("too early: %s", all[0].line)
		case len(all) != 1 || all[0].Msg != "done":
			again++
			d.t.logf("%s ended %d times", w.name, len(all))
		}
	}
	return early, again
}

// A slowWriter writes a file in chunks.
type slowWriter struct {
	name     string
	data     []byte
	how      func(path string, size int, chunks iter.Seq[[]byte]) error
	pauses   []time.Duration // between the chunks
	patience time.Duration   // the longest pause that it may make; 0: any

	last    time.Time     // when it began with the last chunk
	longest time.Duration // from the begin of a chunk to the end of the next
}

// slowWriters returns writers of n files for each format and each way to write.
func slowWriters(quiet time.Duration, n int) []*slowWriter {
	const chunks = 7
	var all []*slowWriter
	for i := range n {
		for ext, data := range picturesByExt(i) {
			for way, how := range map[string]func(string, int, iter.Seq[[]byte]) error{"open": keepOpen, "sized": keepOpenSized, "again": openAgain} {
				w := &slowWriter{name: fmt.Sprintf("%s-%s-%d.%s", way, ext, i, ext), data: data, how: how}
				for range chunks - 1 {
					w.pauses = append(w.pauses, quiet*6/5+rand.N(2*quiet))
				}
				if way == "again" {
					// A damaged file that nobody has open is taken for one that grows for ten
					// times the quiet period. Who pauses for longer is out of luck.
					w.patience = 10 * quiet
				} else {
					w.pauses[rand.IntN(len(w.pauses))] = 12 * quiet
				}
				all = append(all, w)
			}
		}
	}
	return all
}

// late reports whether a writer paused for longer than it wanted to, which the machine is to
// blame for, and which is too long.
func (w *slowWriter) late() bool { return w.patience > 0 && w.longest >= w.patience }

// letWrite has all write at the same time.
func (s *site) letWrite(writers []*slowWriter) error {
	var all errgroup.Group
	for _, w := range writers {
		all.Go(func() error { return w.how(filepath.Join(s.in, w.name), len(w.data), w.chunks(s.t)) })
	}
	return all.Wait()
}

// chunks cuts the data at random and pauses before each piece but the first, which may be empty.
func (w *slowWriter) chunks(t *trial) iter.Seq[[]byte] {
	cuts := make([]int, len(w.pauses))
	for i := range cuts {
		cuts[i] = rand.IntN(len(w.data))
	}
	slices.Sort(cuts)
	return func(yield func([]byte) bool) {
		from := 0
		for i, to := range append(cuts, len(w.data)) {
			former := w.last
			w.last = time.Now()
			if !yield(w.data[from:to]) {
				return
			}
			if i > 0 {
				w.longest = max(w.longest, time.Since(former))
			}
			from = to
			if i < len(w.pauses) {
				select {
				case <-time.After(w.pauses[i]):
				case <-t.ctx.Done():
				}
			}
		}
	}
}

// keepOpen writes to a file that it keeps open.
func keepOpen(path string, _ int, chunks iter.Seq[[]byte]) error {
	return keepOpenSized(path, 0, chunks)
}

// keepOpenSized does so after it has given the file its size.
func keepOpenSized(path string, size int, chunks iter.Seq[[]byte]) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(int64(size)); err != nil {
		return err
	}
	for chunk := range chunks {
		if _, err := f.Write(chunk); err != nil {
			return err
		}
	}
	return f.Close()
}

// openAgain opens the file for each chunk. It must find it where it left it.
func openAgain(path string, _ int, chunks iter.Seq[[]byte]) error {
	mode := os.O_CREATE | os.O_EXCL
	for chunk := range chunks {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|mode, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(chunk)
		if err := cmp.Or(err, f.Close()); err != nil {
			return err
		}
		mode = 0
	}
	return nil
}

// picturesByExt returns a picture in each format that there is an encoder for.
func picturesByExt(number int) map[string][]byte {
	img := pattern(160, 120, number)
	encoded := func(encode func(io.Writer, image.Image) error) []byte {
		var buf bytes.Buffer
		if err := encode(&buf, img); err != nil {
			panic(err) // a buffer takes everything
		}
		return buf.Bytes()
	}
	return map[string][]byte{
		"jpg":  smallPicture(number),
		"png":  smallPNG(number),
		"bmp":  encoded(bmp.Encode),
		"tiff": encoded(func(w io.Writer, m image.Image) error { return tiff.Encode(w, m, nil) }),
		"gif":  encoded(encodeAnimation),
	}
}

// encodeAnimation encodes three frames: a file that ends after the first is a picture to some.
func encodeAnimation(w io.Writer, m image.Image) error {
	frame := image.NewPaletted(m.Bounds(), palette.WebSafe)
	draw.Draw(frame, m.Bounds(), m, image.Point{}, draw.Src)
	return gif.EncodeAll(w, &gif.GIF{Image: []*image.Paletted{frame, frame, frame}, Delay: make([]int, 3)})
}

// leases is the need to learn from the kernel whether someone writes to a file.
func leases() string {
	return inScratch(func(dir string) string {
		f, err := os.Create(filepath.Join(dir, "file"))
		if err != nil {
			return err.Error()
		}
		defer f.Close()
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_RDLCK); err != unix.EAGAIN {
			return fmt.Sprintf("a lease on a file that is written to: %v", err)
		}
		return ""
	})
}
