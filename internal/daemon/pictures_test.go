package daemon

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/web"
)

// show lets look at pictures while no daemon runs.
func (h *house) show(look func(*pictures, *ledger.Ledger), more ...string) {
	h.Helper()
	cfg := h.config("thumbnail", more...)
	h.offlineWith(cfg, func(c *Control) {
		look(newPictures(func() *config.Config { return cfg }, func() *ledger.Ledger { return c.ledger }), c.ledger)
	})
}

// idOf returns the ID of what was dropped as name.
func (h *house) idOf(l *ledger.Ledger, name string) int64 {
	h.Helper()
	e, found, err := l.Find(filepath.Join(h.dir, "in", name))
	if err != nil || !found {
		h.Fatalf("%s is not in the ledger: %v", name, err)
	}
	return e.ID
}

func (h *house) wantThumb(p *pictures, id int64, width int) {
	h.Helper()
	thumb, err := p.Thumbnail(h.Context(), id)
	if err != nil {
		h.Errorf("thumbnail: %v", err)
		return
	}
	c, format, err := image.DecodeConfig(bytes.NewReader(thumb.Data))
	if err != nil || format != "jpeg" || c.Width != width || thumb.Tag == "" {
		h.Errorf("a %s of %d×%d, tag %q, %v; want %d wide", format, c.Width, c.Height, thumb.Tag, err, width)
	}
}

func (h *house) wantNone(p *pictures, id int64) {
	h.Helper()
	if thumb, err := p.Thumbnail(h.Context(), id); !errors.Is(err, web.ErrNoPicture) {
		h.Errorf("thumbnail: %d bytes, %v", len(thumb.Data), err)
	}
}

// at runs a daemon until it has done what is dropped as name.
func (h *house) done(name string) {
	h.Helper()
	h.drop(name)
	h.await("done")
	h.close()
}

func TestThumbnail(t *testing.T) {
	h := open(t, newDir(t), nil)
	h.done("a.png")
	source, away := filepath.Join(h.dir, "in", "a.png"), filepath.Join(h.dir, "away.png")
	h.show(func(p *pictures, l *ledger.Ledger) {
		h.wantThumb(p, h.idOf(l, "a.png"), 160)
		if err := os.Rename(source, away); err != nil {
			t.Fatal(err)
		}
		h.wantThumb(p, h.idOf(l, "a.png"), 160) // it is kept
		h.wantNone(p, 999)
	})
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantThumb(p, h.idOf(l, "a.png"), 128) }) // the rendition
	if err := os.Symlink(away, source); err != nil {
		t.Fatal(err)
	}
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantThumb(p, h.idOf(l, "a.png"), 128) })
	if err := errors.Join(os.Remove(source), os.WriteFile(source, []byte("another"), 0o666), os.RemoveAll(filepath.Join(h.dir, "out"))); err != nil {
		t.Fatal(err)
	}
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantNone(p, h.idOf(l, "a.png")) })
}

func TestThumbnailOfMoved(t *testing.T) {
	archive := []string{"on_success: move", "archive_dir: archive"}
	h := open(t, newDir(t), nil, archive...)
	h.done("a.png")
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantThumb(p, h.idOf(l, "a.png"), 160) }, archive...)
	// The ledger names the archive that was; the configuration another.
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantThumb(p, h.idOf(l, "a.png"), 128) }, "on_success: move", "archive_dir: other")
}

// TestNoThumbnailOfFailed holds that what failed is not decoded for a look.
func TestNoThumbnailOfFailed(t *testing.T) {
	h := open(t, newDir(t), nil, "on_failure: keep")
	if err := os.WriteFile(filepath.Join(h.dir, "in", "bad.png"), picture(t)[:100], 0o666); err != nil {
		t.Fatal(err)
	}
	h.await("failed")
	h.close()
	h.show(func(p *pictures, l *ledger.Ledger) { h.wantNone(p, h.idOf(l, "bad.png")) })
}

func TestRenditionFile(t *testing.T) {
	h := open(t, newDir(t), nil)
	h.done("a.png")
	rendition := filepath.Join(h.dir, "out", "a_thumbnail.jpg")
	h.show(func(p *pictures, l *ledger.Ledger) {
		id := h.idOf(l, "a.png")
		f, err := p.Rendition(id, "thumbnail")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := io.ReadAll(f)
		want, _ := os.ReadFile(rendition)
		if err != nil || !bytes.Equal(got, want) || f.Format != "jpeg" || f.Name != "a_thumbnail.jpg" {
			t.Errorf("%d bytes of %s called %q, %v", len(got), f.Format, f.Name, err)
		}
		for _, no := range []struct {
			id     int64
			preset string
		}{{id, "web"}, {id, ""}, {id, "../thumbnail"}, {id + 1, "thumbnail"}, {-1, "thumbnail"}} {
			if _, err := p.Rendition(no.id, no.preset); !errors.Is(err, web.ErrNoPicture) {
				t.Errorf("%+v: %v", no, err)
			}
		}
		// The same name and bytes, but another file.
		if err := errors.Join(os.Remove(rendition), os.WriteFile(rendition, want, 0o666)); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Rendition(id, "thumbnail"); !errors.Is(err, web.ErrNoPicture) {
			t.Errorf("of a file that was replaced: %v", err)
		}
	})
}

func TestNoPictureBeforeTheLedgerIsOpen(t *testing.T) {
	p := newPictures(nil, func() *ledger.Ledger { return nil })
	_, thumb := p.Thumbnail(t.Context(), 1)
	_, rendition := p.Rendition(1, "web")
	if !errors.Is(thumb, web.ErrNoPicture) || !errors.Is(rendition, web.ErrNoPicture) {
		t.Errorf("%v, %v", thumb, rendition)
	}
}

// TestThumbnailsWaitTheirTurn has more ask at once than a page has pictures: each gets
// its own, one after the other.
func TestThumbnailsWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPictures(nil, nil)
		var asking sync.WaitGroup
		var working atomic.Int32
		for range 500 {
			asking.Go(func() {
				_, err := p.inTurn(t.Context(), func(context.Context) ([]byte, error) {
					if n := working.Add(1); n > 1 {
						t.Errorf("%d are made at a time", n)
					}
					defer working.Add(-1)
					<-time.After(100 * time.Millisecond)
					return nil, nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
	})
}

// TestThumbnailsDoNotWaitForEver behind one that never ends, nor when nobody wants them
// any more.
func TestThumbnailsDoNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPictures(nil, nil)
		p.turn <- struct{}{}
		if _, err := p.inTurn(t.Context(), nil); !errors.Is(err, web.ErrBusy) {
			t.Errorf("one who waits: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		if _, err := p.inTurn(gone, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("one who has gone: %v", err)
		}
	})
}

func TestSmallestOf(t *testing.T) {
	made := func(preset string, size int64, state job.State) ledger.Rendition {
		return ledger.Rendition{Output: job.Output{Preset: preset, Path: "/" + preset, Size: size}, State: state}
	}
	outputs := []ledger.Rendition{made("a", 30, job.Done), made("b", 10, job.Failed), made("c", 20, job.Done)}
	if r := smallestOf(outputs); r == nil || r.Preset != "c" {
		t.Errorf("%+v", r)
	}
	if r := smallestOf(outputs[1:2]); r != nil {
		t.Errorf("%+v", r)
	}
}

func TestThumbsAreBounded(t *testing.T) {
	store := thumbs{bound: 10}
	for _, tag := range []string{"a", "b", "c"} {
		store.put(tag, []byte("1234"))
		store.get("a") // which is asked for again and again
	}
	store.put("huge", make([]byte, 11))
	for tag, want := range map[string]bool{"a": true, "b": false, "c": true, "huge": false} {
		if _, ok := store.get(tag); ok != want {
			t.Errorf("%s: %v, want %v", tag, ok, want)
		}
	}
	if store.size != 8 {
		t.Errorf("%d bytes are kept", store.size)
	}
}
