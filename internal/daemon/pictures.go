package daemon

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"imgwatchd/internal/atomicfile"
	"imgwatchd/internal/codec"
	"imgwatchd/internal/config"
	"imgwatchd/internal/job"
	"imgwatchd/internal/ledger"
	"imgwatchd/internal/pipeline"
	"imgwatchd/internal/render"
	"imgwatchd/internal/web"
)

const (
	thumbWait   = time.Minute     // for the way to its turn
	thumbTime   = 5 * time.Second // for one to be made
	thumbMemory = 128 << 20       // bytes that one may take, besides the pipeline's budget
	thumbStore  = 8 << 20         // bytes of thumbnails that are kept
)

// thumbPreset makes a thumbnail for the page: small, quick to make and to send.
var thumbPreset = &render.Preset{
	Name:  "page",
	Steps: []render.Step{&render.Resize{Fit: render.Inside, Width: 160, Height: 160}},
	Output: render.Output{
		Format: codec.JPEG, Quality: 75, Scaling: render.Fast, FlattenOn: white(),
	},
}

func white() (c render.Color) {
	c.R, c.G, c.B, c.A = 255, 255, 255, 255
	return c
}

// pictures are what the page shows of sources and renditions. It opens what the
// ledger names and only beneath the folders of the configuration, regular files
// only. A thumbnail is made from bytes that the pipeline has made renditions of before,
// and no others: what failed is not decoded once more because somebody looks at a page.
// One is made at a time, first come, first served; who waits holds nothing but a
// connection, of which there are only so many. Those that were made are kept in bounded
// memory.
type pictures struct {
	config func() *config.Config
	ledger func() *ledger.Ledger // nil: it is not open
	turn   chan struct{}         // whoever has sent to it works
	store  thumbs
}

var _ web.Pictures = (*pictures)(nil)

func newPictures(config func() *config.Config, ledger func() *ledger.Ledger) *pictures {
	return &pictures{
		config: config, ledger: ledger,
		turn:  make(chan struct{}, 1),
		store: thumbs{bound: thumbStore},
	}
}

// Thumbnail implements web.Pictures. Where the source is gone, the smallest of its
// renditions serves.
func (p *pictures) Thumbnail(ctx context.Context, id int64) (web.Thumbnail, error) {
	e, found, err := p.entry(id)
	if err != nil || !found || e.State != job.Done || e.SHA256 == "" {
		return web.Thumbnail{}, errors.Join(web.ErrNoPicture, err)
	}
	tag := fmt.Sprintf("%d-%.16s", e.ID, e.SHA256)
	if data, ok := p.store.get(tag); ok {
		return web.Thumbnail{Data: data, Tag: tag}, nil
	}
	data, err := p.inTurn(ctx, func(ctx context.Context) ([]byte, error) {
		if data, ok := p.store.get(tag); ok { // made while this one waited
			return data, nil
		}
		return p.make(ctx, e)
	})
	if err != nil {
		return web.Thumbnail{}, err
	}
	p.store.put(tag, data)
	return web.Thumbnail{Data: data, Tag: tag}, nil
}

func (p *pictures) entry(id int64) (ledger.Entry, bool, error) {
	l := p.ledger()
	if l == nil {
		return ledger.Entry{}, false, nil
	}
	return l.Entry(id)
}

// inTurn does work when nobody else does, unless ctx ends before.
func (p *pictures) inTurn(ctx context.Context, work func(context.Context) ([]byte, error)) ([]byte, error) {
	late := time.NewTimer(thumbWait)
	defer late.Stop()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-late.C:
		return nil, web.ErrBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, thumbTime)
	defer cancel()
	return work(ctx)
}

// make makes the thumbnail of a source, of itself or of what was made of it.
func (p *pictures) make(ctx context.Context, e ledger.Entry) ([]byte, error) {
	limits := p.config().Pipeline().Limits
	data, err := p.readSource(e)
	if err == nil {
		data, err = shrink(ctx, data, limits)
	}
	if err == nil || ctx.Err() != nil {
		return data, err
	}
	smallest := smallestOf(e.Outputs)
	if smallest == nil {
		return nil, err
	}
	if data, err = p.readRendition(*smallest, limits.MaxFileSize); err != nil {
		return nil, err
	}
	return shrink(ctx, data, limits)
}

// smallestOf returns the rendition of the fewest bytes, or nil.
func smallestOf(outputs []ledger.Rendition) *ledger.Rendition {
	var least *ledger.Rendition
	for i, r := range outputs {
		if r.State == job.Done && r.Path != "" && (least == nil || r.Size < least.Size) {
			least = &outputs[i]
		}
	}
	return least
}

// shrink makes a thumbnail of an encoded picture. A decoder that panics is a picture
// that cannot be shown.
func shrink(ctx context.Context, data []byte, limits codec.Limits) (small []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("make thumbnail: panic: %v\n%s", v, debug.Stack())
		}
	}()
	h, err := codec.ReadHeader(bytes.NewReader(data), int64(len(data)), limits)
	if err != nil {
		return nil, fmt.Errorf("make thumbnail: %w", err)
	}
	plan, err := render.NewPlan(thumbPreset, h, limits.MaxPixels)
	if err != nil {
		return nil, fmt.Errorf("make thumbnail: %w", err)
	}
	plans := []render.Plan{plan}
	if need := int64(len(data)) + render.Memory(h, plans); need > thumbMemory {
		return nil, fmt.Errorf("make thumbnail: it would take %d MiB of memory", need>>20)
	}
	made, err := render.Render(ctx, data, h, plans)
	if err != nil {
		return nil, fmt.Errorf("make thumbnail: %w", err)
	}
	return bytes.Clone(made[0].Data), nil
}

// readSource reads a source where it stands or was moved to, if it is still what was
// worked on.
func (p *pictures) readSource(e ledger.Entry) ([]byte, error) {
	for _, f := range p.config().Pipeline().Folders {
		if f.Name != e.Folder {
			continue
		}
		f, err := openSource(f, e)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return readSum(f, e.Size, e.SHA256)
	}
	return nil, web.ErrNoPicture
}

func openSource(f pipeline.Folder, e ledger.Entry) (*os.File, error) {
	switch {
	case !e.Gone:
		return openBeneath(f.Root, e.Path)
	case e.MovedTo != "":
		return openBeneath(f.Archive, e.MovedTo)
	default:
		return nil, web.ErrNoPicture
	}
}

func (p *pictures) readRendition(r ledger.Rendition, most int64) ([]byte, error) {
	f, err := p.openRendition(r)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if most = cmp.Or(most, codec.DefaultLimits().MaxFileSize); r.Size > most {
		return nil, web.ErrNoPicture
	}
	return readSum(f, r.Size, r.SHA256)
}

// readSum reads a file that must have this size and digest.
func readSum(f *os.File, size int64, sum string) ([]byte, error) {
	if size > thumbMemory {
		return nil, fmt.Errorf("%w: %d MiB are too many", web.ErrNoPicture, size>>20)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
		return nil, fmt.Errorf("%w: %q has changed", web.ErrNoPicture, f.Name())
	}
	return data, nil
}

// Rendition implements web.Pictures.
func (p *pictures) Rendition(id int64, preset string) (web.RenditionFile, error) {
	e, found, err := p.entry(id)
	if err != nil || !found {
		return web.RenditionFile{}, errors.Join(web.ErrNoPicture, err)
	}
	for _, r := range e.Outputs {
		if r.Preset != preset || r.State != job.Done || r.Path == "" {
			continue
		}
		f, err := p.openRendition(r)
		if err != nil {
			return web.RenditionFile{}, err
		}
		return web.RenditionFile{
			ReadSeekCloser: f, Name: filepath.Base(r.Path), Format: r.Format,
			ModTime: time.Unix(0, r.Fingerprint.ModTime), Tag: fmt.Sprintf("%d-%.16s", id, r.SHA256),
		}, nil
	}
	return web.RenditionFile{}, web.ErrNoPicture
}

// openRendition opens a rendition beneath an output folder of the configuration, if
// the file is still the one that was published.
func (p *pictures) openRendition(r ledger.Rendition) (*os.File, error) {
	for _, folder := range p.config().Pipeline().Folders {
		if !beneath(folder.Output, r.Path) {
			continue
		}
		f, err := openBeneath(folder.Output, r.Path)
		if err != nil {
			return nil, err
		}
		fi, err := f.Stat()
		if err == nil && job.FingerprintOf(fi) != r.Fingerprint {
			err = fmt.Errorf("%w: %q was replaced", web.ErrNoPicture, r.Path)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	}
	return nil, web.ErrNoPicture
}

func beneath(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

// openBeneath opens a regular file below a root, without following a link in its last
// part, and without ever waiting for a pipe.
func openBeneath(root, path string) (*os.File, error) {
	if root == "" || !beneath(root, path) {
		return nil, fmt.Errorf("%w: %q is in no folder of the configuration", web.ErrNoPicture, path)
	}
	dir, err := atomicfile.OpenRoot(root)
	if err != nil {
		return nil, errors.Join(web.ErrNoPicture, err)
	}
	defer dir.Close()
	name, _ := filepath.Rel(root, path)
	before, err := dir.Lstat(name)
	if err == nil && !before.Mode().IsRegular() {
		err = fs.ErrInvalid
	}
	if err != nil {
		return nil, errors.Join(web.ErrNoPicture, err)
	}
	f, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, errors.Join(web.ErrNoPicture, err)
	}
	if fi, err := f.Stat(); err != nil || !os.SameFile(before, fi) {
		f.Close()
		return nil, errors.Join(web.ErrNoPicture, err)
	}
	return f, nil
}
