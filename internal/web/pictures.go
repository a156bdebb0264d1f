package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Pictures are the images that the page shows, by the IDs of the ledger.
type Pictures interface {
	// Thumbnail returns a small JPEG of a source. It may wait for its turn until ctx ends.
	Thumbnail(ctx context.Context, id int64) (Thumbnail, error)
	// Rendition opens what was published of a source for a preset, as long as the same
	// file stands there. The caller closes it.
	Rendition(id int64, preset string) (RenditionFile, error)
}

// ErrNoPicture says that there is none, or none to be shown.
var ErrNoPicture = errors.New("no such picture")

// ErrBusy says that so many ask at the same time that the turn of one did not come.
var ErrBusy = errors.New("too many pictures are asked for")

// A Thumbnail is a small JPEG, and a tag that changes with it.
type Thumbnail struct {
	Data []byte
	Tag  string
}

// A RenditionFile is a published rendition.
type RenditionFile struct {
	io.ReadSeekCloser
	Name    string // without folders
	Format  string // as the ledger has it
	ModTime time.Time
	Tag     string
}

// pictureTypes are the content types by format: what the ledger does not call one of
// these is not served.
var pictureTypes = map[string]string{
	"jpeg": "image/jpeg",
	"png":  "image/png",
	"gif":  "image/gif",
	"webp": "image/webp",
	"tiff": "image/tiff",
	"bmp":  "image/bmp",
}

// picturePolicy lets a picture that is opened by itself do nothing, whatever is in it.
const picturePolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

func (p *Page) source(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || p.pictures == nil {
		http.NotFound(w, r)
		return
	}
	thumb, err := patient(w, func() (Thumbnail, error) { return p.pictures.Thumbnail(r.Context(), id) })
	if err != nil {
		refusePicture(w, r, err)
		return
	}
	pictureHeaders(w.Header(), "image/jpeg", thumb.Tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(thumb.Data))
}

func (p *Page) rendition(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || p.pictures == nil {
		http.NotFound(w, r)
		return
	}
	file, err := p.pictures.Rendition(id, r.PathValue("preset"))
	if err != nil {
		refusePicture(w, r, err)
		return
	}
	defer file.Close()
	kind, ok := pictureTypes[file.Format]
	if !ok {
		http.NotFound(w, r)
		return
	}
	pictureHeaders(w.Header(), kind, file.Tag)
	w.Header().Set("Cache-Control", "private, no-cache") // whether it still is what was published is asked each time
	w.Header().Set("Content-Disposition", disposition(file.Name))
	http.ServeContent(w, r, "", file.ModTime, file)
}

func refusePicture(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, ErrBusy), errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "5")
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default: // the cause may name paths, which are no business of who guesses IDs
		http.NotFound(w, r)
	}
}

func pictureHeaders(h http.Header, kind, tag string) {
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", picturePolicy)
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Cache-Control", "private, max-age=3600")
}

// disposition has a picture shown, and saved under a name that does no harm.
func disposition(name string) string {
	safe := []rune(plainText(name))
	for i, r := range safe {
		if strings.ContainsRune("/\\\"\ufffd", r) {
			safe[i] = '_'
		}
	}
	text := mime.FormatMediaType("inline", map[string]string{"filename": string(safe)})
	if text == "" {
		return "inline"
	}
	return text
}
